"""The restore of a backup in place of its shop, as people see it from its beginning to its end.

No cluster answers here, so what a worker records is recorded by the test.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.clock import SystemClock
from provisioner.domain.codes import ReasonCode
from provisioner.domain.stores import Reason, Store, StoreStatus
from provisioner.storage.database import Database
from provisioner.storage.store_tasks import TaskRepository
from provisioner.storage.stores import StoreRepository
from provisioner.testing import RecordedAnnouncements
from tests.api.conftest import BACKUPS, running_service
from tests.api.test_backups import a_store, add_backups
from tests.api.test_restore_in_place import (
    ACCEPTED,
    NOT_CANCELLABLE,
    REPLACING,
    SAVING,
    UNSAVED,
    restore,
)
from tests.api.test_retry_and_cancel import call
from tests.backups import a_backup
from tests.e2e.service import Service

SHOWN = """query ($id: ID!) { store(id: $id) {
  status reason { message } engineVersion lastBackup { number }
  operation { number kind status askedBy isCancellable reason { message } steps { name } }
  operations(first: 9) { edges { node { number kind status askedBy reason { message } } } } } }"""
REASON = Reason(ReasonCode.OTHER, "The backup does not load.")


class Worker:
    """Records what a worker does with the store, which has a backup."""

    def __init__(self, database: Database, store_id: str) -> None:
        given = (database, SystemClock(), RecordedAnnouncements())
        self.records, self.tasks = StoreRepository(*given), TaskRepository(*given)
        self.store_id = store_id.removeprefix("store_")

    async def store(self) -> Store:
        return await self.records.get(self.store_id)

    async def fail(self) -> None:
        await self.tasks.start(await self.store())
        await self.tasks.fail(await self.store(), REASON)

    async def save(self) -> None:
        store = await self.store()
        await self.tasks.start(store)
        backup = a_backup(store.id, store.operation_number, SystemClock().now())
        await self.tasks.hand_over(store, "It has 3 orders.", backup)

    async def remove(self) -> None:
        store = await self.records.transition(await self.store(), StoreStatus.PROVISIONING)
        await self.records.record_removed(store)

    async def bring_back(self) -> None:
        await self.records.bring_back(await self.store(), REASON)

    async def finish(self) -> None:
        await self.records.transition(await self.store(), StoreStatus.READY)

    async def give_up(self) -> None:
        await self.records.transition(await self.store(), StoreStatus.FAILED, reason=REASON)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("in-place-told")
    with running_service(folder, **BACKUPS) as made:
        yield made


class Scene:
    """A shop with a backup, whose restore in place was asked for."""

    def __init__(self, service: Service, name: str, given: dict[str, Any]) -> None:
        self.service, self.token = service, service.token("mira")
        self.store_id = a_store(service, self.token, name, engine="medusa")
        add_backups(service, self.store_id, 1)
        self.backup = f"backup_{self.store_id.removeprefix('store_')}_1"
        assert restore(service, self.token, self.backup, **given)["errors"] == []

    def do(self, *work: Callable[[Worker], Awaitable[None]]) -> None:
        asyncio.run(self._do(work))

    async def _do(self, work: tuple[Callable[[Worker], Awaitable[None]], ...]) -> None:
        database = Database(self.service.database_url)
        await database.connect()
        try:
            for step in work:
                await step(Worker(database, self.store_id))
        finally:
            await database.close()

    def shown(self) -> dict[str, Any]:
        """Return what is shown of the store, with its operations since the restore."""
        found: dict[str, Any] = self.service.execute(self.token, SHOWN, id=self.store_id)["store"]
        nodes = [edge["node"] for edge in found.pop("operations")["edges"]]
        return found | {"operations": [node for node in nodes if node["number"] > 1]}

    def cancelled(self) -> str:
        (error,) = call(self.service, self.token, "cancel", self.store_id)["errors"]
        assert error["code"] == "NOT_CANCELLABLE"
        message: str = error["message"]
        return message


def operation(number: int, status: str, asked_by: str | None, reason: str | None) -> dict[str, Any]:
    told = None if reason is None else {"message": reason}
    return {
        "number": number, "kind": "RESTORE", "status": status, "askedBy": asked_by, "reason": told,
    }  # fmt: skip


def test_from_the_saving_to_the_end(service: Service) -> None:
    scene = Scene(service, "all-the-way", ACCEPTED)
    scene.do(Worker.save)
    saved = scene.shown()
    assert (saved["status"], saved["engineVersion"]) == ("QUEUED", "2.21")
    assert saved["lastBackup"] == {"number": 2}
    assert saved["operations"] == [operation(2, "RUNNING", "mira", None)]
    assert saved["operation"]["isCancellable"] is False
    assert [step["name"] for step in saved["operation"]["steps"]] == SAVING + REPLACING
    assert scene.cancelled() == NOT_CANCELLABLE

    scene.do(Worker.remove)
    assert scene.shown()["status"] == "PROVISIONING"
    assert scene.cancelled() == NOT_CANCELLABLE

    scene.do(Worker.finish)
    assert scene.shown()["operations"] == [operation(2, "SUCCEEDED", "mira", None)]
    assert scene.cancelled() == (
        "Only a store that is queued or being provisioned can be cancelled; this one is READY. To"
        " remove it, delete it."
    )


def test_a_shop_that_cannot_be_saved(service: Service) -> None:
    scene = Scene(service, "not-saved", ACCEPTED)
    scene.do(Worker.fail)
    shown = scene.shown()
    assert (shown["status"], shown["reason"]) == ("READY", None)
    assert shown["operations"] == [operation(2, "FAILED", "mira", REASON.message)]
    # And it may be asked for again
    again = restore(service, scene.token, scene.backup, **ACCEPTED)
    assert (again["errors"], again["operation"]["number"]) == ([], 3)


def test_a_shop_that_is_brought_back(service: Service) -> None:
    scene = Scene(service, "brought-back", ACCEPTED)
    scene.do(Worker.save, Worker.remove, Worker.bring_back)
    shown = scene.shown()
    assert (shown["status"], shown["reason"]) == ("QUEUED", None)
    failed = operation(2, "FAILED", "mira", REASON.message)
    assert shown["operations"] == [operation(3, "QUEUED", None, None), failed]
    assert shown["operation"]["isCancellable"] is False
    assert [step["name"] for step in shown["operation"]["steps"]] == REPLACING
    assert scene.cancelled() == NOT_CANCELLABLE

    scene.do(Worker.remove, Worker.finish)
    shown = scene.shown()
    assert (shown["status"], shown["reason"]) == ("READY", None)
    assert shown["operations"] == [operation(3, "SUCCEEDED", None, None), failed]


def test_one_that_was_not_saved_is_tried_again(service: Service) -> None:
    scene = Scene(service, "tried-again", UNSAVED)
    scene.do(Worker.remove, Worker.give_up)
    shown = scene.shown()
    assert (shown["status"], shown["reason"]) == ("FAILED", {"message": REASON.message})
    assert shown["operations"] == [operation(2, "FAILED", "mira", REASON.message)]

    assert call(service, scene.token, "retry", scene.store_id)["errors"] == []
    retried = scene.shown()["operation"]
    assert (retried["kind"], retried["isCancellable"]) == ("RETRY", False)
    assert [step["name"] for step in retried["steps"]] == REPLACING[1:]
    assert scene.cancelled() == NOT_CANCELLABLE
    assert service.delete(scene.token, scene.store_id)["errors"] == []
    assert scene.shown()["operation"]["kind"] == "DELETE"
