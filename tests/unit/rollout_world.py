"""Many shops of version 1 that can be upgraded to 2, in a simulated cluster."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import EngineCatalogue, EngineVersion
from provisioner.domain.identities import Identity, Role
from provisioner.domain.owners import local
from provisioner.domain.rollouts import Rollout, RolloutStatus, RolloutTerms
from provisioner.domain.stores import (
    BUILT,
    Reason,
    Store,
    StoreStatus,
    StoreTarget,
    StoreTask,
    Upgrade,
)
from provisioner.reconcile.deletion import delete
from provisioner.reconcile.namespaces import namespace_labels
from provisioner.reconcile.provisioning import provision
from provisioner.reconcile.rollout_work import RolloutWork
from provisioner.reconcile.tasks import Tasks
from provisioner.reconcile.upgrading import upgrade
from provisioner.services.rollouts import ManyUpgrades, WantedRollout
from provisioner.storage.audit_log import AuditedAction, AuditLog, AuditOutcome, AuditRecord
from provisioner.storage.database import Database
from provisioner.storage.rollout_candidates import RolloutCandidates
from provisioner.storage.rollouts import Rollouts, encode_cursor
from provisioner.streams.rollout_stream import RolloutFeed
from tests.stores import a_store
from tests.unit.backup_world import ENGINE, World, a_ready_shop

_S = StoreStatus
ADMIN = Identity(local("chris"), Role.ADMIN)
TERMS = RolloutTerms("tiny", "2", canaries=1, parallel=2, stop_after_failures=1)


class Fleet:
    """Shops ``shop-0``, ``shop-1`` and so on. Those in ``broken`` do not bear version 2.

    ``at_once`` has how many upgrades were under way in each round that began some.
    """

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self._database = database
        self._patch = monkeypatch
        self.ids: list[str] = []
        self.broken: set[str] = set()
        self.at_once: list[int] = []

    async def open(self, number: int) -> None:
        """Have so many shops open."""
        world = await a_ready_shop(self._database)
        world.cluster.reports["load"] = world.cluster.reports["dump"]
        versions = (
            EngineVersion("1", is_default=True, values={"version": 1}),
            EngineVersion("2", is_default=False, values={"version": 2}, follows=("1",)),
        )
        engine = replace(ENGINE, versions=versions, closed_by=("web",))
        self.context = replace(world.context, engines={"tiny": engine})
        self.records, self.tasks_of = world.records, world.task_records
        await self._remove(world)
        for index in range(number):
            self.ids.append(await self._shop(world, f"shop-{index}"))
        self._note_installs(world)
        self.rollouts = Rollouts(self._database, self.context.clock)
        self.service = ManyUpgrades(
            rollouts=self.rollouts,
            candidates=RolloutCandidates(self._database),
            feed=RolloutFeed(self.rollouts.get),
            engines=EngineCatalogue([engine]),
            keeps_backups=True,
        )
        self.restart()

    def restart(self) -> None:
        """Have another service do the work."""
        tasks = Tasks(self.context, self.tasks_of, lambda _: None)
        self.work = RolloutWork(
            self.rollouts, self.records, self.tasks_of, tasks, self.context.engines
        )

    async def begin(self, terms: RolloutTerms) -> Rollout:
        return await self.service.begin(ADMIN, self.wanted(terms), audit=self.action())

    def wanted(self, terms: RolloutTerms) -> WantedRollout:
        return WantedRollout(terms)

    def action(self) -> AuditedAction:
        record = AuditRecord(
            "upgradeStores", AuditOutcome.ACCEPTED, "::1", actor=ADMIN.owner, role=Role.ADMIN
        )
        return AuditedAction(AuditLog(self._database, self.context.clock), record)

    async def settle(self, rollout: Rollout) -> Rollout:
        """Do what a service does until nothing more is to be done; return the rollout."""
        while True:
            before = await self._under_way()
            await self.work.go_round()
            begun = await self._under_way()
            if begun and begun != before:
                self.at_once.append(len(begun))
            is_done = not [store for store in await self.stores() if await self._do(store)]
            found = await self.rollouts.get(rollout.id)
            if found.status is not RolloutStatus.RUNNING and is_done:
                return found
            await asyncio.sleep(0)

    async def upgrade_alone(self, store_id: str) -> None:
        """Have one shop upgraded, whatever becomes of that."""
        await self.tasks_of.begin(store_id, StoreTask.UPGRADE, "Asked for.", upgrade=Upgrade("2"))
        while await self._do(await self.records.get(store_id)):
            pass

    async def become(self, store_id: str, status: StoreStatus) -> None:
        store = await self.records.get(store_id)
        await self.records.transition(store, status, reason=Reason(ReasonCode.OTHER, "Broken."))

    async def stores(self) -> list[Store]:
        return [await self.records.get(store_id) for store_id in self.ids]

    def cursor_of(self, rollout: Rollout) -> str:
        return encode_cursor(rollout)

    async def _under_way(self) -> set[str]:
        return {s.id for s in await self.stores() if s.task is StoreTask.UPGRADE}

    async def _do(self, store: Store) -> bool:
        """Do the next thing for a store; return whether there was one."""
        if store.target is StoreTarget.DELETED:
            if store.status is _S.DELETED:
                return False
            await delete(self.context, store)
        elif store.task is StoreTask.UPGRADE:
            await upgrade(self.context, self.tasks_of, lambda _: None, store)
        elif store.task is StoreTask.BACKUP:
            await self.tasks_of.succeed(store, "Done.")
        elif store.status in {_S.QUEUED, *BUILT}:
            await provision(self.context, store)
        else:
            return False
        return True

    async def _remove(self, world: World) -> None:
        going = await self.records.request_delete(world.store.id, "Asked for.")
        await delete(self.context, going)

    async def _shop(self, world: World, name: str) -> str:
        store = await self.records.create(a_store(name=name))
        for status in (_S.PROVISIONING, _S.READY):
            store = await self.records.transition(store, status)
        await world.cluster.ensure_namespace(store.namespace, namespace_labels(store))
        await world.cluster.install(
            release=store.release, namespace=store.namespace, chart=Path("/nowhere"), values={}
        )
        return store.id

    def _note_installs(self, world: World) -> None:
        install = world.cluster.install

        async def noted(*, values: Mapping[str, object], **given: object) -> str:
            given_to = cast("Mapping[str, str]", values["store"])["id"]
            is_bad = values["version"] == 2 and given_to in self.broken
            world.cluster.is_image_missing = is_bad
            return await install(values=values, **given)  # type: ignore[arg-type]

        self._patch.setattr(world.cluster, "install", noted)
