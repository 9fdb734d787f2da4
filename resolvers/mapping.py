"""Maps records of the domain to types of the contract."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from provisioner.domain import cluster, identities, stores, transfers
from provisioner.domain.backups import Backup as BackupRecord
from provisioner.domain.errors import NotFoundError, RefusedError
from provisioner.domain.pod_events import pod_status
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.storage import event_pages
from provisioner.storage.listing import StoreOrder, StorePage, encode_cursor
from provisioner.storage.paging import Page
from provisioner.streams.list_stream import StoresChange
from provisioner.streams.updates import StoreUpdate
from resolvers import backup_mapping, engine_mapping, ids, operations
from resolvers.context import Context
from resolvers.errors import public, require_caller
from resolvers.pages import page_info
from schema import enums, types
from schema.backups import Backup, BackupConnection
from schema.connections import StoreConnection, StoreEdge
from schema.engines import PlanChange
from schema.events import StoreEvent, StoreEventConnection, StoreEventEdge
from schema.operations import Operation, OperationConnection, Step
from schema.transfers import TransferOffer


class _Details:
    """Reads what belongs to a store on demand. Implements ``types.StoreDetails``."""

    def __init__(
        self,
        context: Context,
        store: stores.Store,
        load: Callable[[], Awaitable[StoreSnapshot]],
    ) -> None:
        self._context = context
        self._store = store
        self._load = load

    async def operation(self) -> Operation | None:
        snapshot = await self._load()
        latest = snapshot.operation
        if latest is None:
            return None
        return operations.operation(latest, snapshot.steps, snapshot.store)

    async def operations(self, *, first: int, after: str | None) -> OperationConnection:
        caller, store_id = require_caller(self._context), self._store.id
        try:
            page = await self._context.platform.stores.operations(
                caller, store_id, first=first, after=after
            )
        except (NotFoundError, RefusedError) as error:
            raise public(error) from error
        return operations.connection(page, self._store, after=after)

    async def backups(self, *, first: int, after: str | None) -> BackupConnection:
        caller, store_id = require_caller(self._context), self._store.id
        try:
            page = await self._context.platform.backups.page(
                caller, store_id, first=first, after=after
            )
        except (NotFoundError, RefusedError) as error:
            raise public(error) from error
        newest = await self._context.newest_backups().load(store_id)
        return backup_mapping.connection(page, self._kept_until, newest, after=after)

    async def last_backup(self) -> Backup | None:
        newest = await self._context.newest_backups().load(self._store.id)
        if newest is None:
            return None
        return backup_mapping.backup(newest, self._kept_until(newest), newest)

    async def way_back(self) -> Backup | None:
        found = await self._context.platform.upgrades.way_back(self._store)
        if found is None:
            return None
        newest = await self._context.newest_backups().load(self._store.id)
        return backup_mapping.backup(found, self._kept_until(found), newest)

    async def plan_changes(self) -> list[PlanChange]:
        try:
            offers = await self._context.platform.plan_changes.offers(self._store)
        except RefusedError as error:
            raise public(error) from error
        return [engine_mapping.plan_change(item) for item in offers]

    def _kept_until(self, backup: BackupRecord) -> datetime | None:
        return self._context.platform.backups.kept_until(backup, self._store)

    async def steps(self) -> list[Step]:
        return [operations.step(item) for item in (await self._load()).steps]

    async def pods(self) -> list[types.Pod]:
        return [pod(item) for item in (await self._load()).pods]

    async def events(self, *, first: int, after: str | None) -> StoreEventConnection:
        caller, store_id = require_caller(self._context), self._store.id
        try:
            page = await self._context.platform.stores.events(
                caller, store_id, first=first, after=after
            )
        except (NotFoundError, RefusedError) as error:
            raise public(error) from error
        return _event_connection(store_id, page, after=after)


def store(context: Context, record: stores.Store) -> types.Store:
    """Return a store whose steps and pods are read from the database if they are selected."""
    return _store(context, record, lambda: context.details().load(record.id))


def update(context: Context, record: StoreUpdate) -> types.StoreUpdate:
    """Return an update of a followed store."""
    return types.StoreUpdate(
        version=record.version,
        store=_snapshot(context, record.snapshot),
        events=[event(item) for item in record.events],
        has_gap=record.has_gap,
    )


def change(context: Context, record: StoresChange) -> types.StoresChange:
    """Return the changed stores of a list."""
    return types.StoresChange(
        cursor=record.cursor,
        stores=[_snapshot(context, item) for item in record.snapshots],
        gone_store_ids=[ids.to_global_id(store_id) for store_id in record.gone],
    )


def _snapshot(context: Context, record: StoreSnapshot) -> types.Store:
    """Return a store whose steps and pods come from the same snapshot."""

    # Read later, they could be newer than the store beside them.
    async def load() -> StoreSnapshot:
        return record

    return _store(context, record.store, load)


def _store(
    context: Context, record: stores.Store, load: Callable[[], Awaitable[StoreSnapshot]]
) -> types.Store:
    # The engine may be missing: one that was removed from the charts still has stores.
    engine = context.platform.stores.engines.get(record.engine)
    return types.Store(
        id=ids.to_global_id(record.id),
        details=_Details(context, record, load),
        name=record.name,
        title=record.title,
        owner=record.owner.subject,
        owner_source=record.owner.source,
        owner_name=record.owner.name,
        engine=record.engine,
        engine_version=record.engine_version,
        next_version=record.upgrade.version if record.upgrade else None,
        upgrades=[
            engine_mapping.engine_version(item)
            for item in context.platform.upgrades.on_offer(record)
        ],
        next_plan=record.plan_change.plan if record.plan_change else None,
        plan=engine_mapping.store_plan(record, engine),
        offer=_offer(record.offer),
        contact_email=record.contact_email,
        is_copy=record.is_copy,
        status=enums.StoreStatus[record.status],
        target=enums.StoreTarget[record.target],
        reason=operations.reason(record.reason),
        version=record.version,
        queue_position=context.platform.stores.queue_position(record),
        url=record.url,
        admin_url=record.url.rstrip("/") + engine.admin_path if engine else None,
        created_at=record.created_at,
        updated_at=record.updated_at,
        ready_at=record.ready_at,
        suspended_at=record.suspended_at,
        deleted_at=record.deleted_at,
        diagnostics=types.Diagnostics(
            namespace=record.namespace, release=record.release, attempt=record.operation_number
        ),
    )


def _offer(record: transfers.Offer | None) -> TransferOffer | None:
    if record is None:
        return None
    return TransferOffer(
        to=record.to,
        to_source=record.to_source,
        offered_by=record.by.label,
        offered_at=record.offered_at,
        expires_at=record.ends_at,
    )


def pod(record: cluster.Pod) -> types.Pod:
    return types.Pod(
        name=record.name,
        component=record.component or None,
        phase=enums.PodPhase[record.phase.name],
        status=pod_status(record),
        reason=record.reason or None,
        message=record.message or None,
        is_ready=record.is_ready,
        restarts=record.restarts,
        node=record.node or None,
        containers=[_container(item) for item in record.containers],
        created_at=record.created_at,
    )


def _container(record: cluster.Container) -> types.Container:
    return types.Container(
        name=record.name,
        image=record.image,
        state=enums.ContainerState[record.state.name],
        reason=record.reason or None,
        message=record.message or None,
        is_ready=record.is_ready,
        is_init=record.is_init,
        restarts=record.restarts,
        exit_code=record.exit_code,
    )


def event(record: stores.StoreEvent) -> StoreEvent:
    return StoreEvent(
        version=record.version,
        kind=enums.EventKind[record.kind],
        subject=record.subject,
        status=record.status,
        message=record.message or None,
        occurred_at=record.at,
    )


def _event_connection(
    store_id: str, page: Page[stores.StoreEvent], *, after: str | None
) -> StoreEventConnection:
    edges = [
        StoreEventEdge(cursor=event_pages.encode_cursor(store_id, item), node=event(item))
        for item in page.items
    ]
    cursors = [edge.cursor for edge in edges]
    return StoreEventConnection(
        edges=edges, page_info=page_info(cursors, has_next=page.has_next, after=after)
    )


def viewer(context: Context, caller: identities.Identity) -> types.Viewer:
    """Return the caller; their stores are counted only if the quota is selected."""

    async def load_quota() -> types.StoreQuota:
        usage = await context.platform.stores.quota_of(caller)
        return types.StoreQuota(
            stores_used=usage.used, stores_limit=usage.limit, stores_left=usage.left
        )

    return types.Viewer(
        name=caller.owner.subject,
        source=caller.owner.source,
        display_name=caller.owner.name,
        role=enums.Role[caller.role],
        tokens_end_by=context.platform.access.latest_end(caller),
        load_quota=load_quota,
    )


def connection(
    context: Context, page: StorePage, order: StoreOrder, *, after: str | None
) -> StoreConnection:
    edges = [
        StoreEdge(cursor=encode_cursor(record, order), node=store(context, record))
        for record in page.stores
    ]
    cursors = [edge.cursor for edge in edges]
    return StoreConnection(
        edges=edges,
        page_info=page_info(cursors, has_next=page.has_next, after=after),
        total_count=page.total,
    )
