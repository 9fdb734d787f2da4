"""What a caller can do with stores: the one door for resolvers.

Everybody sees and touches their own stores, admins all; another's store is "not found", so that
nobody learns of it. A mutation only writes the target and wakes whoever works on stores.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from structlog.contextvars import bind_contextvars

from provisioner.domain.engines import Engine, EngineCatalogue, EngineVersion
from provisioner.domain.errors import ConflictError, NotFoundError, Refusal, RefusedError
from provisioner.domain.identities import Identity, Role
from provisioner.domain.instrumentation import Activity
from provisioner.domain.names import is_store_id, new_store_id, refuse_name, release_for
from provisioner.domain.owners import Owner
from provisioner.domain.ports import Clock, Measurements
from provisioner.domain.stores import Store, StoreEvent, StoreSnapshot, StoreStatus, StoreTarget
from provisioner.domain.transitions import PROVISION_STEPS
from provisioner.reconcile.dispatcher import Dispatcher
from provisioner.services.admin_login import AdminLogin, AdminLogins
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.kept_names import NameRules
from provisioner.storage.listing import StoreFilter, StoreListing, StoreOrder, StorePage
from provisioner.storage.quota import Quota, Usage
from provisioner.storage.stores import StoreRepository, new_store
from provisioner.streams.broadcaster import Broadcaster
from provisioner.streams.store_stream import MAX_EVENTS, StoreStreams, StoreUpdate, Telling, Told

T = TypeVar("T", bound=Told)

_MAX_KEY = 128
_UNFINISHED = (StoreStatus.QUEUED, StoreStatus.PROVISIONING)


@dataclass(frozen=True, slots=True)
class Load:
    """How busy and how full the platform is."""

    running: int
    queued: int
    limit: int
    stores: Mapping[StoreStatus, int]
    max_stores: int | None

    @property
    def stores_used(self) -> int:
        """How many stores count against ``max_stores``."""
        return sum(n for status, n in self.stores.items() if status is not StoreStatus.DELETED)


class StoreService:
    """Stores, for a known caller."""

    def __init__(
        self,
        *,
        records: StoreRepository,
        listing: StoreListing,
        broadcaster: Broadcaster,
        dispatcher: Dispatcher,
        engines: EngineCatalogue,
        logins: AdminLogins,
        clock: Clock,
        measurements: Measurements,
        shop_url: str,
        max_concurrent_provisions: int,
        quota: Quota,
        names: NameRules,
    ) -> None:
        self._records = records
        self._listing = listing
        self._streams = StoreStreams(records, broadcaster)
        self._dispatcher = dispatcher
        self._engines = engines
        self._logins = logins
        self._clock = clock
        self._measurements = measurements
        self._shop_url = shop_url
        self._limit = max_concurrent_provisions
        self._quota = quota
        self._names = names

    @property
    def engines(self) -> EngineCatalogue:
        """The engines on offer."""
        return self._engines

    @property
    def shop_url(self) -> str:
        """The pattern of a shop's address; ``{name}`` stands for the store's name."""
        return self._shop_url

    async def create(
        self,
        caller: Identity,
        *,
        name: str,
        engine: str,
        version: str | None = None,
        idempotency_key: str | None = None,
        audit: AuditedAction,
    ) -> Store:
        """Record a store to be made. The same idempotency key gives the same store again.

        Raises RefusedError with everything that is wrong, each with code and field.
        """
        # Only names of ours are counted by: a caller's words would be series without end.
        known = engine if engine in self._engines else "unknown"
        with self._measurements.measure(Activity.REQUEST, engine=known) as measured:
            store = await self._create(
                caller,
                name=name,
                engine=engine,
                version=version,
                idempotency_key=idempotency_key,
                audit=audit,
            )
            measured.outcome = "ACCEPTED"
        bind_contextvars(store_id=store.id)
        return store

    async def _create(
        self,
        caller: Identity,
        *,
        name: str,
        engine: str,
        version: str | None,
        idempotency_key: str | None,
        audit: AuditedAction,
    ) -> Store:
        _require_operator(caller)
        chosen, chosen_version = self._checked(name, engine, version, idempotency_key)
        store_id = new_store_id()
        url = self._shop_url.format(name=name)
        store = await self._records.create(
            new_store(
                store_id=store_id,
                name=name,
                owner=caller.owner,
                engine=chosen.name,
                engine_version=chosen_version.name,
                release=release_for(chosen.release_prefix, store_id),
                host=url.split("://", 1)[1].split("/", 1)[0].split(":", 1)[0],
                url=url,
                now=self._clock.now(),
            ),
            idempotency_key=idempotency_key,
            quota=self._quota,
            names_kept_for=self._names.kept_for,
            audit=audit,
        )
        self._dispatcher.wake(store)
        return store

    async def delete(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> Store:
        """Set the store's target to deleted; asking again changes nothing.

        Only a delete that makes no progress is tried at once then, not when its time has come.
        """
        _require_operator(caller)
        before = await self.get(caller, store_id)
        message = f"{caller.owner.label} asked for the store to be deleted."
        store = await self._records.request_delete(store_id, message, audit=audit)
        if before.target is StoreTarget.DELETED and store.status is StoreStatus.FAILED:
            again = f"{caller.owner.label} asked again for the store to be deleted."
            with suppress(ConflictError):  # it has just gone on by itself
                store = await self._records.transition(store, StoreStatus.QUEUED, message=again)
        self._dispatcher.wake(store)
        return store

    async def cancel(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> Store:
        """Give up a store that is not ready yet, and remove what was made of it.

        Raises RefusedError (NOT_CANCELLABLE) for one that has got further: that would be a delete.
        """
        _require_operator(caller)
        store = await self.get(caller, store_id)
        try:
            store = await self._records.request_delete(
                store_id,
                f"{caller.owner.label} cancelled the store.",
                only_in=_UNFINISHED,
                audit=audit,
            )
        except ConflictError as error:
            message = (
                "Only a store that is queued or being provisioned can be cancelled; this one is"
                f" {store.status}. To remove it, delete it."
            )
            raise RefusedError(Refusal("NOT_CANCELLABLE", message, "id")) from error
        self._dispatcher.wake(store)
        return store

    async def retry(self, caller: Identity, store_id: str, *, audit: AuditedAction) -> Store:
        """Try a failed store again: what is there is kept, and what failed is done anew.

        Raises RefusedError (NOT_RETRYABLE) for any other.
        """
        _require_operator(caller)
        store = await self.get(caller, store_id)
        if store.target is StoreTarget.DELETED:
            raise RefusedError(_not_retryable("about to be deleted"))
        try:
            store = await self._records.transition(
                store,
                StoreStatus.QUEUED,
                steps=PROVISION_STEPS,
                message=f"{caller.owner.label} asked to try again.",
                audit=audit,
            )
        except ConflictError as error:
            raise RefusedError(_not_retryable(store.status)) from error
        self._dispatcher.wake(store)
        return store

    async def get(self, caller: Identity, store_id: str) -> Store:
        """Return a store. Raises NotFoundError, also when it is another's."""
        if not is_store_id(store_id):
            raise NotFoundError("There is no such store.")
        store = await self._records.get(store_id)
        if store.owner != caller.owner and not caller.sees_all_stores:
            raise NotFoundError(f"There is no store {store_id}.")
        bind_contextvars(store_id=store.id)  # whatever is logged of this request from here on
        return store

    async def get_by_name(self, caller: Identity, name: str) -> Store:
        """Return the live store of that name. Raises NotFoundError, also when it is another's."""
        return await self._records.get_by_name(name, _owner_of(caller))

    async def admin_login(
        self, caller: Identity, store_id: str, *, audit: AuditedAction
    ) -> AdminLogin:
        """Return how the owner signs in to the shop as its administrator.

        Raises NotFoundError, or RefusedError (FORBIDDEN, NOT_AVAILABLE).
        """
        login = await self._logins.read(caller, await self.get(caller, store_id))
        await audit.accept_alone()
        return login

    async def details(self, store_ids: Sequence[str]) -> Mapping[str, StoreSnapshot]:
        """Return the steps and pods of stores that the caller was shown already, in one read."""
        return await self._records.snapshots(store_ids)

    async def page(
        self,
        caller: Identity,
        *,
        first: int,
        after: str | None,
        filter_by: StoreFilter,
        order: StoreOrder,
        descending: bool,
    ) -> StorePage:
        """Return a page of the stores that the caller may see."""
        seen = StoreFilter(
            owner=_owner_of(caller),
            statuses=filter_by.statuses,
            engine=filter_by.engine,
            name_contains=filter_by.name_contains,
        )
        return await self._listing.page(
            first=first, after=after, filter_by=seen, order=order, descending=descending
        )

    async def events(
        self, caller: Identity, store_id: str, *, after: int, limit: int
    ) -> list[StoreEvent]:
        """Return the store's events above version ``after``, oldest first."""
        await self.get(caller, store_id)
        return await self._records.events_after(store_id, after, limit=min(limit, MAX_EVENTS))

    async def follow(
        self,
        caller: Identity,
        store_id: str,
        telling: Telling[T],
        *,
        after: int | None,
    ) -> AsyncGenerator[T, None]:
        """Return the stream of a store; see ``StoreStreams``. Raises NotFoundError."""
        await self.get(caller, store_id)
        return self._streams.follow(store_id, telling, after=after)

    async def update(self, above: int, snapshot: StoreSnapshot) -> StoreUpdate:
        """Return an update of a store that is followed; see ``StoreStreams``."""
        return await self._streams.update(above, snapshot)

    def queue_position(self, store: Store) -> int | None:
        """Return the store's place among those that wait to be provisioned, from 1."""
        return self._dispatcher.position(store)

    async def quota_of(self, caller: Identity) -> Usage:
        """Return how many stores the caller has and may have, those being removed included."""
        return await self._records.usage(caller.owner, self._quota)

    async def load(self) -> Load:
        """Return how busy and how full the platform is."""
        stores = await self._records.counts()  # not the queue: only the leader has one
        return Load(
            running=stores.get(StoreStatus.PROVISIONING, 0),
            queued=stores.get(StoreStatus.QUEUED, 0),
            limit=self._limit,
            stores=stores,
            max_stores=self._quota.in_all,
        )

    def _checked(
        self, name: str, engine: str, version: str | None, key: str | None
    ) -> tuple[Engine, EngineVersion]:
        refused = (refuse_name(name, self._names.reserved), _refuse_key(key))
        refusals = [refusal for refusal in refused if refusal]
        chosen = self._engines.get(engine)
        chosen_version = None
        if chosen is None:
            offered = ", ".join(self._engines)
            message = f"There is no engine {engine!r}; choose one of: {offered}."
            refusals.append(Refusal("ENGINE_UNKNOWN", message, "engine"))
        else:
            chosen_version = chosen.version(version) if version else chosen.default_version
            if chosen_version is None:
                offered = ", ".join(item.name for item in chosen.versions)
                message = (
                    f"{chosen.display_name} has no version {version!r}; choose one of: {offered}."
                )
                refusals.append(Refusal("VERSION_UNKNOWN", message, "version"))
        if refusals or chosen is None or chosen_version is None:
            raise RefusedError(*refusals)
        return chosen, chosen_version


def _owner_of(caller: Identity) -> Owner | None:
    return None if caller.sees_all_stores else caller.owner


def _require_operator(caller: Identity) -> None:
    if caller.role is Role.VIEWER:
        raise RefusedError(
            Refusal("FORBIDDEN", "Your role is viewer; ask an admin for the operator role.")
        )


def _not_retryable(state: str) -> Refusal:
    return Refusal(
        "NOT_RETRYABLE", f"Only a failed store can be retried; this one is {state}.", "id"
    )


def _refuse_key(key: str | None) -> Refusal | None:
    if key is None or 1 <= len(key) <= _MAX_KEY:
        return None
    return Refusal(
        "IDEMPOTENCY_KEY_INVALID",
        f"The idempotency key must have 1 to {_MAX_KEY} characters; leave it out to have none.",
        "idempotencyKey",
    )
