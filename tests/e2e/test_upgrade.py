"""A shop gets another version of its engine in a cluster, or is back as it was by itself."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.local.cluster import LocalCluster
from provisioner.domain.transitions import REPLACING_STEPS, UPGRADE_STEPS
from tests.e2e import simulated_backups
from tests.e2e.conftest import NewService
from tests.e2e.service import Service, events_of
from tests.e2e.test_recovery import Follower, a_store
from tests.e2e.test_replicas import Replicas, leads, replicas, until
from tests.e2e.test_restart import OLDER_SECONDS, servers
from tests.e2e.test_suspension import left
from tests.e2e.versions import (
    BROKEN,
    ENGINE,
    MISSING,
    installed,
    look,
    offer_versions,
    recorded_version,
    roll_back,
    until_over,
    upgrade,
)

__all__ = ["replicas"]

SKIPPED = {"PROBE", "REACHABLE"}  # no shop's address is asked here
UPGRADED = {name: "SKIPPED" if name in SKIPPED else "SUCCEEDED" for name in UPGRADE_STEPS}
BROUGHT_BACK = {name: "SKIPPED" if name in SKIPPED else "SUCCEEDED" for name in REPLACING_STEPS}
PATIENCE_SECONDS = 240.0
BACKUPS = "SELECT number, engine_version FROM backups ORDER BY number"


@pytest.fixture
def place(local_cluster: LocalCluster) -> Iterator[None]:
    """The place of the backups."""
    simulated_backups.make_place(local_cluster)
    yield
    simulated_backups.remove_place(local_cluster)


@pytest.fixture
def service(new_service: NewService, place: None) -> Service:  # noqa: ARG001 - it has to be there
    """A running service that offers the versions."""
    made = new_service()
    offer_versions(made)
    made.start()
    return made


async def until_step(store: Follower, name: str, since: int) -> None:
    """Wait until a step has begun, unless it has since so many updates."""

    def is_told(update: dict[str, Any]) -> bool:
        return any((e["kind"], e["subject"]) == ("STEP", name) for e in update["events"])

    if not any(is_told(update) for update in store.updates[since:]):
        await store.until_update(is_told)


def told(store: Follower, since: int, kind: str) -> list[str]:
    """Return the statuses of a kind of events since so many updates."""
    return [event["status"] for event in events_of(store.updates[since:]) if event["kind"] == kind]


def possessions(store: Follower) -> dict[str, Any]:
    """Return what a shop keeps whatever its version: its data, passwords, addresses and clocks.

    Without the template of restores, which only a shop has that was brought back.
    """
    claims = store.service.cluster.kubectl_json("-n", store.namespace, "get", "pvc")["items"]
    lasting = left(store, "ingresses", "services", "cronjobs")
    return {
        "volumes": {item["metadata"]["name"]: item["metadata"]["uid"] for item in claims},
        "password": store.service.admin_password(store.namespace),
        "routes": [name for name in lasting if not name.endswith("-restore")],
    }


def routes(store: Follower) -> set[str]:
    """Return the identities of what leads visitors to a shop."""
    items = store.service.cluster.kubectl_json("-n", store.namespace, "get", "ingresses")["items"]
    return {item["metadata"]["uid"] for item in items}


def jobs(store: Follower) -> set[str]:
    """Return the components of the Jobs that there are, and of their pods."""
    label = "app.kubernetes.io/component"
    found = store.service.cluster.kubectl_json("-n", store.namespace, "get", "jobs,pods")["items"]
    return {
        item["metadata"]["labels"][label]
        for item in found
        if item["kind"] == "Job" or "job-name" in item["metadata"]["labels"]
    }


async def test_a_shop_gets_another_version_and_is_brought_back(service: Service) -> None:
    async with a_store(service, "upgraded", engine=ENGINE) as store:
        await store.until("READY")
        assert installed(store) == {"1"}
        kept, pods, seen = possessions(store), servers(store), len(store.updates)
        led = routes(store)
        assert led

        upgrade(store, "2")
        await until_over(store)

        after = look(store)
        assert (after.status, after.version, after.next_version) == ("READY", "2", None)
        assert after.ends == [("CREATE", "SUCCEEDED"), ("UPGRADE", "SUCCEEDED")]
        assert after.operations[-1].steps == UPGRADED
        assert told(store, seen, "STATUS") == ["QUEUED", "UPDATING", "READY"]
        assert told(store, seen, "REPAIR") == []
        assert installed(store) == {"2"}
        assert possessions(store) == kept
        assert recorded_version(store) == "2"
        assert jobs(store) == {"backup", "setup"}
        # Only what has another image is another pod.
        assert servers(store)["mysql"]["uid"] == pods["mysql"]["uid"]
        assert servers(store)["wordpress"]["uid"] != pods["wordpress"]["uid"]
        # Visitors were led away meanwhile.
        assert routes(store) & led == set()

        # Then the shop as it was is put back, once it is said what is lost with that.
        assert after.way_back is not None
        assert (after.way_back["number"], after.way_back["engineVersion"]) == (2, "1")
        assert roll_back(store, since=None) == ["LOSS_NOT_ACCEPTED"]
        assert roll_back(store, since=after.way_back["madeAt"]) == []
        await until_over(store)

        back = look(store)
        assert (back.status, back.version, back.way_back) == ("READY", "1", None)
        assert back.ends[2:] == [("RESTORE", "SUCCEEDED")]
        assert installed(store) == {"1"}
        assert possessions(store)["password"] == kept["password"]
        assert possessions(store)["routes"] == kept["routes"]
        assert recorded_version(store) == "1"
        # What was there meanwhile is saved too.
        assert service.sql(BACKUPS) == [(2, "1"), (3, "2")]


async def test_a_version_that_cannot_be_had_changes_nothing(service: Service) -> None:
    async with a_store(service, "missing", engine=ENGINE, version="2") as store:
        await store.until("READY")
        kept, pods, led, seen = (
            possessions(store),
            servers(store),
            routes(store),
            len(store.updates),
        )

        upgrade(store, MISSING)
        await until_over(store)

        after = look(store)
        assert (after.status, after.version, after.next_version) == ("READY", "2", None)
        failed = after.operations[-1]
        assert (failed.kind, failed.status, failed.reason) == (
            "UPGRADE", "FAILED", "IMAGE_NOT_FOUND",
        )  # fmt: skip
        assert failed.steps["PREFLIGHT"] == "FAILED"
        assert set(failed.steps.values()) == {"FAILED", "PENDING"}
        assert told(store, seen, "STATUS") == []
        # Visitors were led there all the time, and nothing of the shop was stopped.
        assert routes(store) == led
        assert {pod["uid"] for pod in servers(store).values()} == {
            pod["uid"] for pod in pods.values()
        }
        assert possessions(store) == kept
        assert installed(store) == {"2"}
        assert recorded_version(store) == "2"
        assert jobs(store) == {"setup"}
        assert service.sql(BACKUPS) == []


async def test_a_version_that_does_not_work_is_undone(service: Service) -> None:
    async with a_store(service, "broken", engine=ENGINE, version="2") as store:
        await store.until("READY")
        kept, seen = possessions(store), len(store.updates)

        upgrade(store, BROKEN)
        await until_over(store)

        after = look(store)
        assert (after.status, after.version, after.next_version) == ("READY", "2", None)
        assert after.ends[1:] == [("UPGRADE", "FAILED"), ("RESTORE", "SUCCEEDED")]
        failed, restored = after.operations[1:]
        assert failed.reason == "SETUP_JOB_FAILED"
        # The Job may fail before all pods are ready.
        assert "FAILED" in {failed.steps["WORKLOADS_READY"], failed.steps["SETUP_JOB"]}
        assert failed.steps["OPEN"] == "SKIPPED"
        assert restored.steps == BROUGHT_BACK
        assert told(store, seen, "STATUS") == [
            "QUEUED", "UPDATING", "FAILED", "QUEUED", "PROVISIONING", "READY",
        ]  # fmt: skip
        assert installed(store) == {"2"}
        assert recorded_version(store) == "2"
        now = possessions(store)
        assert (now["password"], now["routes"]) == (kept["password"], kept["routes"])
        assert after.way_back is None
        assert service.sql(BACKUPS) == [(2, "2")]

        # It can be upgraded again, and asked for the same.
        upgrade(store, MISSING)
        await until_over(store)
        assert look(store).ends[3:] == [("UPGRADE", "FAILED")]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("version", "steps", "ends"),
    [
        ("2", UPGRADE_STEPS, [("UPGRADE", "SUCCEEDED")]),
        (
            BROKEN,
            ("HELM_INSTALL", *REPLACING_STEPS),
            [("UPGRADE", "FAILED"), ("RESTORE", "SUCCEEDED")],
        ),
    ],
    ids=["upgraded", "brought back"],
)
async def test_killed_in_every_step(
    service: Service, version: str, steps: tuple[str, ...], ends: list[tuple[str, str]]
) -> None:
    before = "1" if version == "2" else "2"
    name = f"killed-for-{version}"
    store_of = a_store(
        service, name, engine=ENGINE, version=before, patience_seconds=PATIENCE_SECONDS
    )
    async with store_of as store:
        await store.until("READY")
        kept, since = possessions(store), len(store.updates)

        upgrade(store, version)
        for number, step in enumerate(steps):
            await until_step(store, step, since)
            if number == 0 and step != "PREFLIGHT":  # the steps of its undoing have other names
                await store.until("QUEUED")
                since = len(store.updates) - 1
            service.stop(signal.SIGKILL)
            service.start()
        if told(store, since, "STATUS")[-1:] != ["READY"]:
            await until_over(store)

        after = look(store)
        ended_at = "2"
        assert (after.status, after.version, after.next_version) == ("READY", ended_at, None)
        assert after.ends[1:] == ends
        assert installed(store) == {ended_at}
        assert recorded_version(store) == ended_at
        now = possessions(store)
        assert (now["password"], now["routes"]) == (kept["password"], kept["routes"])
        assert "pull" not in jobs(store)
        # However often it was tried: one backup, of the shop as it was.
        assert service.sql(BACKUPS) == [(2, before)]


async def test_deleted_in_the_middle(service: Service) -> None:
    async def deleted(name: str, reached: Callable[[Follower], Any]) -> None:
        async with a_store(service, name, engine=ENGINE) as store:
            await store.until("READY")
            await asyncio.to_thread(upgrade, store, "2")
            await reached(store)
        after = await asyncio.to_thread(look, store)
        assert after.ends[1:] == [("UPGRADE", "CANCELLED"), ("DELETE", "SUCCEEDED")]
        assert (after.status, after.version) == ("DELETED", "1")

    await asyncio.gather(
        deleted("while-open", lambda store: until_step(store, "PREFLIGHT", 0)),
        deleted("while-saved", lambda store: until_step(store, "SAVE", 0)),
        deleted("while-updated", lambda store: store.until("UPDATING")),
    )


@pytest.mark.timeout(600)
async def test_the_leader_is_killed_in_the_middle(replicas: Replicas, place: None) -> None:  # noqa: ARG001
    for service in replicas.services:
        offer_versions(service)
    replicas.start()
    first, second = replicas.services
    store_of = a_store(second, "taken-over", engine=ENGINE, patience_seconds=PATIENCE_SECONDS)
    async with store_of as store:
        await store.until("READY")
        await asyncio.sleep(OLDER_SECONDS)
        kept, since = possessions(store), len(store.updates)

        # Once while it is saved, and once while it is updated
        upgrade(store, "2")
        await until_step(store, "SAVE", since)
        first.stop(signal.SIGKILL)
        await store.until("UPDATING")
        assert leads(second)
        first.start()
        store.service = first
        second.stop(signal.SIGKILL)
        await until_over(store)
        await asyncio.to_thread(until, lambda: leads(first))

        after = look(store)
        assert (after.status, after.version) == ("READY", "2")
        assert after.ends[1:] == [("UPGRADE", "SUCCEEDED")]
        assert after.operations[-1].steps == UPGRADED
        assert installed(store) == {"2"}
        assert possessions(store) == kept
        assert first.sql(BACKUPS) == [(2, "1")]
        second.start()
