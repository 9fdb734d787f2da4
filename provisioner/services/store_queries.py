"""Reads of stores, limited to those that the caller may see.

Callers can see their own stores, and admins can see all. A store of somebody else is "not found",
so that nobody learns that it exists.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace

from structlog.contextvars import bind_contextvars

from provisioner.domain.engines import EngineCatalogue
from provisioner.domain.errors import NotFoundError
from provisioner.domain.identities import Identity
from provisioner.domain.names import is_store_id
from provisioner.domain.operations import OperationWithSteps
from provisioner.domain.owners import Owner
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import BUILT, Store, StoreEvent, StoreStatus
from provisioner.reconcile.dispatcher import Dispatcher
from provisioner.services.closed_shops import ClosedShop, closed_shop, name_at
from provisioner.storage import event_pages
from provisioner.storage.listing import StoreFilter, StoreListing, StoreOrder, StorePage
from provisioner.storage.operation_pages import OperationPages
from provisioner.storage.paging import Page
from provisioner.storage.quota import Quota, Usage
from provisioner.storage.stores import StoreRepository
from provisioner.streams.broadcaster import Broadcaster
from provisioner.streams.store_stream import StoreStreams
from provisioner.streams.updates import Sink, StoreUpdate

_WITHOUT_PODS = {StoreStatus.DELETED, StoreStatus.SUSPENDED}


@dataclass(frozen=True, slots=True)
class Load:
    """How busy and how full the platform is.

    ``running`` and ``queued`` count the stores that are being provisioned, and that wait for it;
    ``max_running`` is how many are provisioned at a time. ``stores`` has the number of stores in
    each status. ``max_stores`` is the quota of the whole platform, or None for no limit, and
    ``counts_suspended`` says whether suspended stores count against it.
    """

    running: int
    queued: int
    max_running: int
    stores: Mapping[StoreStatus, int]
    max_stores: int | None
    counts_suspended: bool

    @property
    def stores_used(self) -> int:
        """How many stores count against ``max_stores``."""
        free = {StoreStatus.DELETED} if self.counts_suspended else _WITHOUT_PODS
        return sum(number for status, number in self.stores.items() if status not in free)


class StoreQueries:
    """Reads stores for a known caller."""

    def __init__(
        self,
        *,
        records: StoreRepository,
        listing: StoreListing,
        operations: OperationPages,
        broadcaster: Broadcaster,
        dispatcher: Dispatcher,
        engines: EngineCatalogue,
        shop_url: str,
        is_address_checked: bool,
        max_concurrent_provisions: int,
        quota: Quota,
    ) -> None:
        self._records = records
        self._listing = listing
        self._operations = operations
        self._streams = StoreStreams(records, broadcaster)
        self._dispatcher = dispatcher
        self._engines = engines
        self._shop_url = shop_url
        self._is_address_checked = is_address_checked
        self._max_running = max_concurrent_provisions
        self._quota = quota

    @property
    def engines(self) -> EngineCatalogue:
        """The engines that stores can be created with."""
        return self._engines

    @property
    def shop_url(self) -> str:
        """The pattern of a shop's address; ``{name}`` stands for the store's name."""
        return self._shop_url

    @property
    def is_address_checked(self) -> bool:
        """Whether a store becomes ready only once its shop's address has answered."""
        return self._is_address_checked

    async def get(self, caller: Identity, store_id: str) -> Store:
        """Return a store. Raises NotFoundError, also for a store that the caller may not see."""
        # Any text may come here, so only a real id is quoted in the message.
        if not is_store_id(store_id):
            raise NotFoundError("There is no such store.")
        store = await self._records.get(store_id)
        # The message is the same as for an unknown id, which tells nobody that the store exists.
        if store.owner != caller.owner and not caller.sees_all_stores:
            raise NotFoundError(f"There is no store {store_id}.")
        bind_contextvars(store_id=store.id)  # for all that is logged about this request from now on
        return store

    async def get_by_name(self, caller: Identity, name: str) -> Store:
        """Return the store of that name that is not deleted.

        Raises NotFoundError, also for a store that the caller may not see.
        """
        return await self._records.get_by_name(name, _owner_of(caller))

    async def closed_shop(self, host: str) -> ClosedShop | None:
        """Return what visitors may know of the shop at a host in small letters, or None.

        This does not check who the caller is: visitors do not sign in. So it returns nothing but
        what anybody may know.
        """
        name = name_at(host, self._shop_url)
        if name is None:
            return None
        try:
            # By the name, which has an index. The host is compared afterwards: it stays the store's
            # own when the pattern changes.
            store = await self._records.get_by_name(name, None)
        except NotFoundError:
            return None
        return closed_shop(store) if store.host.lower() == host else None

    async def details(self, store_ids: Sequence[str]) -> Mapping[str, StoreSnapshot]:
        """Return the operations, steps and pods of several stores in one read.

        This does not check who the caller is: pass only ids of stores that were returned to them.
        """
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
        # The owner is not the caller's to choose: an admin's is None, which lists all stores.
        seen = replace(filter_by, owner=_owner_of(caller))
        return await self._listing.page(
            first=first, after=after, filter_by=seen, order=order, descending=descending
        )

    async def events(
        self, caller: Identity, store_id: str, *, first: int, after: str | None
    ) -> Page[StoreEvent]:
        """Return a page of what happened to the store, oldest first.

        Raises NotFoundError, or RefusedError for a wrong size or cursor.
        """
        await self.get(caller, store_id)
        return await event_pages.read_page(self._records, store_id, first=first, after=after)

    async def operations(
        self, caller: Identity, store_id: str, *, first: int, after: str | None
    ) -> Page[OperationWithSteps]:
        """Return a page of the store's operations, newest first.

        Raises NotFoundError, or RefusedError for a wrong size or cursor.
        """
        await self.get(caller, store_id)
        return await self._operations.page(store_id, first=first, after=after)

    async def operation(self, caller: Identity, store_id: str, number: int) -> OperationWithSteps:
        """Return the operation of the store with this number. Raises NotFoundError."""
        await self.get(caller, store_id)
        found = await self._operations.get(store_id, number)
        if found is None:
            raise NotFoundError(f"Store {store_id} has no operation {number}.")
        return found

    async def follow(
        self,
        caller: Identity,
        store_id: str,
        *,
        after: int | None,
        sink: Sink | None = None,
    ) -> AsyncGenerator[StoreUpdate, None]:
        """Return the stream of a store's updates; see ``StoreStreams``. Raises NotFoundError."""
        await self.get(caller, store_id)
        owner = _owner_of(caller)
        return self._streams.follow(store_id, after=after, sink=sink, owner=owner)

    async def update(self, above: int, snapshot: StoreSnapshot) -> StoreUpdate:
        """Return an update for followers who know the store's version ``above``."""
        return await self._streams.update(above, snapshot)

    def queue_position(self, store: Store) -> int | None:
        """Return the store's place in the queue for provisioning, from 1, or None."""
        return self._dispatcher.position(store)

    async def quota_of(self, caller: Identity) -> Usage:
        """Return how many stores the caller has and may have; those being deleted count too."""
        return await self._records.usage(caller.owner, self._quota)

    async def load(self) -> Load:
        """Return how busy and how full the platform is."""
        stores = await self._records.counts()  # from the database: only the leader has a queue
        return Load(
            running=sum(stores.get(status, 0) for status in BUILT),
            queued=stores.get(StoreStatus.QUEUED, 0),
            max_running=self._max_running,
            stores=stores,
            max_stores=self._quota.in_all,
            counts_suspended=self._quota.counts_suspended,
        )


def _owner_of(caller: Identity) -> Owner | None:
    return None if caller.sees_all_stores else caller.owner
