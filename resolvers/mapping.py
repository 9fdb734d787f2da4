"""Maps records of the domain to types of the contract."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import strawberry

from provisioner.domain import cluster, engines, identities, stores
from provisioner.domain.errors import NotFoundError, RefusedError
from provisioner.domain.pod_events import pod_status
from provisioner.storage import event_pages
from provisioner.storage.listing import StoreOrder, StorePage, encode_cursor
from provisioner.storage.paging import Page
from provisioner.streams.list_stream import StoresChange
from provisioner.streams.updates import StoreUpdate
from resolvers.context import Context
from resolvers.errors import public, require_caller
from schema import enums, types
from schema.codes import ReasonCode
from schema.connections import StoreConnection, StoreEdge
from schema.events import StoreEvent, StoreEventConnection, StoreEventEdge
from schema.page_info import PageInfo

_ID_PREFIX = "store_"
TOKEN_PREFIX = "token_"  # noqa: S105 - of ids, which are no secrets
T = TypeVar("T")


def to_global_id(store_id: str) -> strawberry.ID:
    """Return the contract's id of a store."""
    return strawberry.ID(_ID_PREFIX + store_id)


def from_global_id(global_id: str) -> str:
    """Return the domain's id of a store; other text becomes an empty id, which no store has."""
    # So a wrong id is simply not found, and callers need no error of its own for it.
    return global_id[len(_ID_PREFIX) :] if global_id.startswith(_ID_PREFIX) else ""


def to_token_id(token_id: str) -> strawberry.ID:
    """Return the contract's id of a token."""
    return strawberry.ID(TOKEN_PREFIX + token_id)


def from_token_id(global_id: str) -> str:
    """Return the domain's id of a token."""
    return global_id.removeprefix(TOKEN_PREFIX)


class _Details:
    """Reads a store's steps, pods and events on demand. Implements ``types.StoreDetails``."""

    def __init__(
        self,
        context: Context,
        store: stores.Store,
        load: Callable[[], Awaitable[stores.StoreSnapshot]],
    ) -> None:
        self._context = context
        self._store = store
        self._load = load

    async def steps(self) -> list[types.Step]:
        return [step(item) for item in (await self._load()).steps]

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
        cursor=record.cursor, stores=[_snapshot(context, item) for item in record.snapshots]
    )


def _snapshot(context: Context, record: stores.StoreSnapshot) -> types.Store:
    """Return a store whose steps and pods come from the same snapshot."""

    # Read later, they could be newer than the store beside them.
    async def load() -> stores.StoreSnapshot:
        return record

    return _store(context, record.store, load)


def _store(
    context: Context, record: stores.Store, load: Callable[[], Awaitable[stores.StoreSnapshot]]
) -> types.Store:
    # The engine may be missing: one that was removed from the charts still has stores.
    engine = context.platform.stores.engines.get(record.engine)
    return types.Store(
        id=to_global_id(record.id),
        details=_Details(context, record, load),
        name=record.name,
        owner=record.owner.subject,
        owner_source=record.owner.source,
        owner_name=record.owner.name,
        engine=record.engine,
        engine_version=record.engine_version,
        contact_email=record.contact_email,
        status=enums.StoreStatus[record.status],
        target=enums.StoreTarget[record.target],
        reason=_reason(record.reason) if record.reason else None,
        version=record.version,
        queue_position=context.platform.stores.queue_position(record),
        url=record.url,
        admin_url=record.url.rstrip("/") + engine.admin_path if engine else None,
        created_at=record.created_at,
        updated_at=record.updated_at,
        ready_at=record.ready_at,
        deleted_at=record.deleted_at,
        diagnostics=types.Diagnostics(
            namespace=record.namespace, release=record.release, attempt=record.attempt
        ),
    )


def _reason(record: stores.Reason) -> types.Reason:
    return types.Reason(code=ReasonCode[record.code], message=record.message)


def step(record: stores.Step) -> types.Step:
    return types.Step(
        name=enums.StepName[record.name],
        status=enums.StepStatus[record.status],
        message=record.message or None,
        output=record.output or None,
        started_at=record.started_at,
        finished_at=record.finished_at,
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


def engine(record: engines.Engine) -> types.Engine:
    return types.Engine(
        name=record.name,
        display_name=record.display_name,
        description=record.description,
        versions=[
            types.EngineVersion(name=item.name, is_default=item.is_default)
            for item in record.versions
        ],
        resources=types.EngineResources(
            cpu=record.resources.get("cpu", "0"),
            memory=record.resources.get("memory", "0"),
            storage=record.resources.get("storage", "0"),
        ),
        is_available=record.unavailable_reason is None,
        unavailable_reason=record.unavailable_reason,
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


def page_info(cursors: Sequence[str], *, has_next: bool, after: str | None) -> PageInfo:
    """Return the page info for a page with these cursors, which was requested with ``after``."""
    return PageInfo(
        has_next_page=has_next,
        # Pages only go forward, so a page has one before it exactly if it has a start.
        has_previous_page=after is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
