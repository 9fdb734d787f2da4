"""A platform of several clusters: the least of GROWTH.md's step 1 that can be measured.

What it has: one database and, for each cluster, a lease, a leader session with watches, queue,
workers and helm, and a line of waiting stores. A replica competes for all leases, so one replica
may lead several clusters. What it does not have: a table of clusters, and a column that says in
which of them a store is. A store's name begins with its cluster's name instead. Which cluster a
kubeconfig leads to is remembered by the process only.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from app import main
from provisioner import leader_session, platform
from provisioner.domain.engines import EngineCatalogue
from provisioner.domain.errors import OtherClusterError
from provisioner.domain.fence import Fence
from provisioner.domain.ports import Clock, Measurements
from provisioner.domain.stores import Store
from provisioner.domain.tasks import root_tasks
from provisioner.kubernetes.observer import ClusterObserver
from provisioner.leader_session import LeaderSession, Tools, leading
from provisioner.leadership.elector import Elector
from provisioner.leadership.lease import Fenced
from provisioner.platform import Platform
from provisioner.reconcile.dispatcher import Dispatcher
from provisioner.services.self_check import SelfCheck
from provisioner.settings import PlatformSettings
from provisioner.state import State, opened_state
from provisioner.storage.cluster_memory import ClusterMemory
from provisioner.storage.database import Database, Transactions
from provisioner.storage.stores import StoreRepository

SEVERAL_LEASES = "ALTER TABLE lease DROP CONSTRAINT lease_epoch_key, ADD UNIQUE (name, epoch)"
"""The statement that gives each lease epochs of its own.

An epoch is unique by itself in migration 0004, so a second lease, which begins with epoch 1 too, is
never granted: ``Lease.take`` takes the violation for a race that was lost.
"""


def cluster_of(store: Store) -> str:
    """Return the name of the cluster that a store is in; ``stores.cluster`` would say so."""
    return store.name.partition("-")[0]


class MemoryOfProcess(ClusterMemory):
    """Remembers a cluster until the process ends: the database has room for one cluster only."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._uid: str | None = None

    async def recognise(self, uid: str) -> None:
        """See ``ClusterMemory``."""
        self._uid = self._uid or uid
        if uid != self._uid:
            raise OtherClusterError(known=self._uid, found=uid)


class StoresOfCluster(StoreRepository):
    """Records of which a session sees those of its cluster, wherever it asks for all stores."""

    def __init__(self, database: Transactions, *rest: Any) -> None:
        super().__init__(database, *rest)
        assert isinstance(database, Fenced)
        self._cluster = str(database._held["name"])

    async def undeleted(self) -> list[Store]:
        """See ``StoreReader``."""
        return [store for store in await super().undeleted() if cluster_of(store) == self._cluster]

    async def failed_creations(self, before: datetime) -> list[Store]:
        """See ``StoreReader``."""
        failed = await super().failed_creations(before)
        return [store for store in failed if cluster_of(store) == self._cluster]


class Dispatchers(Dispatcher):
    """Passes each store on to the dispatcher of its cluster."""

    def __init__(self, names: Mapping[str, object]) -> None:
        super().__init__()
        self.of = {name: Dispatcher() for name in names}

    def wake(self, store: Store) -> None:
        """See ``Dispatcher``."""
        self.of[cluster_of(store)].wake(store)

    def hear(self, store: Store) -> None:
        """See ``Dispatcher``."""
        self.of[cluster_of(store)].hear(store)

    def position(self, store: Store) -> int | None:
        """See ``Dispatcher``."""
        return self.of[cluster_of(store)].position(store)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a replica has for one cluster."""

    tools: Tools
    elector: Elector[LeaderSession]


@asynccontextmanager
async def running_clusters(
    kubeconfigs: Mapping[str, Path],
    settings: PlatformSettings,
    measurements: Measurements,
) -> AsyncIterator[Platform]:
    """Run the domain for several clusters by name, as ``running_platform`` does for one.

    What looks at a single cluster, such as the metrics, sees the first.
    """
    engines = EngineCatalogue.load(
        settings.engine_folders, settings.unavailable_engines, settings.work.values_files
    )
    async with AsyncExitStack() as stack:
        state = await opened_state(
            stack,
            settings.database_url,
            measurements,
            connections=settings.database_connections,
            issuer=settings.issuer,
        )
        dispatchers = Dispatchers(kubeconfigs)
        databases = [state.database]
        cells: dict[str, Cell] = {}
        for name, kubeconfig in kubeconfigs.items():
            own = replace(
                settings,
                kubeconfig=kubeconfig,
                helm=replace(settings.helm, state=settings.helm.state / name),
            )
            tools = await platform._tools(stack, own, state, engines, measurements)
            elector = await _elector(stack, own, state, databases, name, tools, dispatchers)
            cells[name] = Cell(tools, elector)
        yield await _running(stack, settings, state, databases, dispatchers, cells)


@contextmanager
def in_place(kubeconfigs: Mapping[str, Path]) -> Iterator[None]:
    """Have the service run this platform instead of its own while the context is open."""
    with (
        patch.object(main, "running_platform", partial(running_clusters, kubeconfigs)),
        patch.object(platform, "ClusterMemory", MemoryOfProcess),
        patch.object(leader_session, "StoreRepository", StoresOfCluster),
    ):
        yield


async def _elector(
    stack: AsyncExitStack,
    settings: PlatformSettings,
    state: State,
    databases: list[Database],
    name: str,
    tools: Tools,
    dispatchers: Dispatchers,
) -> Elector[LeaderSession]:
    lease = await platform._lease(stack, settings, databases)
    assert lease is not None, "several clusters need PostgreSQL"
    lease._name = {"name": name}

    @asynccontextmanager
    async def begin(database: Transactions, fence: Fence) -> AsyncIterator[LeaderSession]:
        assert isinstance(database, Fenced)
        database._held["name"] = name
        async with leading(tools, database, fence) as session:
            yield session

    return Elector(
        state.database,
        lease,
        seconds=settings.lease_seconds,
        begin=begin,
        on_begun=dispatchers.of[name].begin,
        on_ended=dispatchers.of[name].end,
    )


async def _running(
    stack: AsyncExitStack,
    settings: PlatformSettings,
    state: State,
    databases: list[Database],
    dispatchers: Dispatchers,
    cells: Mapping[str, Cell],
) -> Platform:
    listener = await platform._listener(state, dispatchers)
    roots: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
        "listen": listener.listen,
        "read changes": listener.read,
        **{f"elector {name}": cell.elector.run for name, cell in cells.items()},
    }
    await stack.enter_async_context(root_tasks(roots))
    for cell in cells.values():
        await cell.elector.settled()
    first = next(iter(cells.values()))
    check = SelfCheck(
        databases=databases,
        observer=lambda: _worst(cells),
        helm=settings.helm.program,
        engines=first.tools.engines,
    )
    return platform._platform(settings, state, first.tools, dispatchers, first.elector, check)


def _worst(cells: Mapping[str, Cell]) -> ClusterObserver | None:
    """Return the observer that was out of touch for longest, of the clusters that are led here."""
    sessions = [cell.elector.session for cell in cells.values()]
    observers = [session.observer for session in sessions if session is not None]
    return max(observers, key=lambda observer: observer.staleness_seconds, default=None)
