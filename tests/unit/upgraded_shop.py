"""A shop of version 1 that can be upgraded to 2, in a simulated cluster."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from provisioner.domain.engines import EngineVersion
from provisioner.domain.operations import Operation, OperationKind, OperationStatus
from provisioner.domain.stores import BUILT, Store, StoreStatus, StoreTask, Upgrade
from provisioner.reconcile.provisioning import provision
from provisioner.reconcile.upgrading import upgrade
from provisioner.storage.database import Database
from provisioner.storage.operation_pages import OperationPages
from provisioner.testing.simulation import SimulatedNamespace
from tests.unit.backup_world import ENGINE, World

_S, _O, _K = StoreStatus, OperationStatus, OperationKind


CLOSED = {"ingress": {"enabled": False}}


class Shop:
    """A shop of version 1 that is open, and can be upgraded to 2.

    ``installed`` are the versions that were installed closed to visitors, and ``opened`` those that
    were installed with what leads to them.
    """

    def __init__(self, world: World, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.records = world.records
        self.tasks = world.task_records
        self.cluster = world.cluster
        versions = (
            EngineVersion("1", is_default=False, values={"version": 1}),
            EngineVersion("2", is_default=True, values={"version": 2}, follows=("1",)),
        )
        engine = replace(ENGINE, versions=versions, closed_by=("web",), while_closed=CLOSED)
        self.context = world.context = replace(world.context, engines={"tiny": engine})
        self.installed: list[object] = []
        self.opened: list[object] = []
        self.is_broken = False  # version 2
        self._pages = OperationPages(database)
        install = world.cluster.install

        async def noted(*, values: Mapping[str, object], **given: object) -> str:
            is_closed = CLOSED.items() <= values.items()
            (self.installed if is_closed else self.opened).append(values["version"])
            world.cluster.is_image_missing = self.is_broken and values["version"] == 2
            output = await install(values=values, **given)  # type: ignore[arg-type]
            # At once, and not when somebody hides it: the service may be killed in between.
            assert self.namespace.is_hidden is is_closed
            return output

        monkeypatch.setattr(world.cluster, "install", noted)

    async def begin(self) -> Store:
        """Ask for version 2."""
        self.world.store = await self.tasks.begin(
            self.id, StoreTask.UPGRADE, "Asked for.", upgrade=Upgrade("2")
        )
        return self.world.store

    async def upgrade(self) -> Store:
        """Have it upgraded; return the store when nothing more is to be done."""
        await self.begin()
        return await self.settle()

    async def settle(self) -> Store:
        """Do what a service does until nothing more is to be done; return the store."""
        while True:
            store = await self.world.read()
            if store.task is not None:
                store = await self.world.do_task()
            elif store.status in {_S.QUEUED, *BUILT}:
                await provision(self.context, store)
            else:
                return store

    async def go_on(self) -> None:
        """Do the same in one go, without a worker that tries again."""
        store = await self.world.read()
        while store.task is not None or store.status in {_S.QUEUED, *BUILT}:
            if store.task is not None:
                await upgrade(self.context, self.tasks, lambda _: None, store)
            else:
                await provision(self.context, store)
            store = await self.world.read()

    @property
    def id(self) -> str:
        return self.world.store.id

    async def operations(self) -> list[Operation]:
        """Return the operations since the shop was made, oldest first."""
        page = await self._pages.page(self.id, first=10, after=None)
        return [item.operation for item in reversed(page.items)][1:]

    @property
    def namespace(self) -> SimulatedNamespace:
        return self.cluster.namespaces[self.world.store.namespace]

    @property
    def is_open(self) -> bool:
        return len(self.namespace.pods) == 1 and not self.namespace.is_hidden


def is_upgraded(store: Store) -> bool:
    return (store.status, store.engine_version, store.upgrade, store.restore, store.task) == (
        _S.READY, "2", None, None, None,
    )  # fmt: skip


def is_as_it_was(store: Store) -> bool:
    return (store.status, store.engine_version, store.upgrade, store.restore, store.task) == (
        _S.READY, "1", None, None, None,
    )  # fmt: skip
