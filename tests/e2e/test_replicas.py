"""Several replicas on one PostgreSQL: one works on stores, all answer, and none is missed."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.conftest import METRICS_TOKEN
from tests.api.test_operations import scrape
from tests.e2e.conftest import NewService
from tests.e2e.service import Service, events_of
from tests.e2e.test_main_job import PROVISION, ended_steps
from tests.e2e.test_recovery import Follower, a_store, release_states
from tests.postgres import PostgresServer

PATIENCE_SECONDS = 120.0
LONG_LEASE = "600"


@dataclass
class Replicas:
    """Services that share a database; the first was started first."""

    services: list[Service]

    def start(self) -> None:
        for service in self.services:
            service.start()

    @property
    def epoch(self) -> int:
        """How often the lead was taken."""
        ((epoch,),) = self.services[0].sql("SELECT epoch FROM lease")
        return int(epoch)

    def break_listening(self) -> None:
        """Cut the connections through which the replicas are notified."""
        self.services[0].sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE '%(listening)' AND datname = current_database()"
        )


@pytest.fixture
def replicas(
    postgres: PostgresServer, new_service: NewService, request: pytest.FixtureRequest
) -> Iterator[Replicas]:
    """Two replicas that are not started yet; parametrised by the length of the lease."""
    with postgres.database() as name:
        settings = {
            "STORE_PLATFORM_DATABASE_URL": postgres.url(name),
            "STORE_PLATFORM_METRICS_TOKEN": METRICS_TOKEN,
            "STORE_PLATFORM_LEASE_SECONDS": getattr(request, "param", "10"),
        }
        services = [new_service(**settings) for _ in range(2)]
        yield Replicas(services)
        for service in services:
            if service.process is not None:  # one that was left frozen does not end
                with suppress(ProcessLookupError):
                    service.process.send_signal(signal.SIGCONT)
            service.stop()


def leads(service: Service) -> bool:
    """Whether a service says of itself that it works on stores."""
    return scrape(service)["store_platform_leader"] == {(): 1.0}


async def until_installing(store: Follower) -> None:
    """Wait until helm has begun to install the store, or has done so already."""

    def is_reached(update: dict[str, Any]) -> bool:
        return any(event["subject"] == "HELM_INSTALL" for event in update["events"])

    await store.until_update(is_reached)


def assert_worked_on_once(store: Follower) -> None:
    """Nothing was done twice but what the takeover interrupted; each step ended once, in order."""
    events = events_of(store.updates)
    statuses = [event["status"] for event in events if event["kind"] == "STATUS"]
    assert statuses == ["QUEUED", "PROVISIONING", "READY"]
    assert list(dict.fromkeys(ended_steps(events))) == PROVISION
    assert release_states(store.service.cluster, store.namespace).count("deployed") == 1


@pytest.mark.parametrize("replicas", [LONG_LEASE], indirect=True)
async def test_any_replica_answers_and_tells(replicas: Replicas) -> None:
    replicas.start()
    _, other = replicas.services
    assert [leads(service) for service in replicas.services] == [True, False]

    # Created and followed where no work is done, and notices are lost in the middle
    async with a_store(other, "by-the-other") as store:
        await until_installing(store)
        replicas.break_listening()
        await store.until("READY", "FAILED")
        assert_worked_on_once(store)
        assert ended_steps(events_of(store.updates)) == PROVISION
        asked = "{ platform { problem runningProvisions queuedProvisions storesUsed } }"
        answers = [service.execute(store.token, asked) for service in replicas.services]
        assert answers[0] == answers[1]
    assert other.status("/readyz")[0] == 200
    assert [leads(service) for service in replicas.services] == [True, False]
    assert replicas.epoch == 1


@pytest.mark.parametrize(
    ("replicas", "how"),
    [
        ("10", signal.SIGKILL),
        # It gives the lease back: the end of that, in ten minutes, is not waited for
        (LONG_LEASE, signal.SIGTERM),
    ],
    indirect=["replicas"],
    ids=["killed", "stopped"],
)
async def test_the_leader_ends_in_the_middle(replicas: Replicas, how: signal.Signals) -> None:
    replicas.start()
    leader, other = replicas.services
    async with a_store(other, "handed-over") as store:
        await until_installing(store)
        leader.stop(how)
        await asyncio.to_thread(until, lambda: leads(other))
        ended = await store.until("READY", "FAILED")
        assert ended["status"] == "READY", ended["reason"]
        assert_worked_on_once(store)
        leader.start()
        assert leader.status("/readyz")[0] == 200
    assert [leads(service) for service in replicas.services] == [False, True]
    assert replicas.epoch >= 2


async def test_the_leader_is_frozen_and_comes_back(replicas: Replicas) -> None:
    replicas.start()
    leader, other = replicas.services
    assert leader.process is not None
    async with a_store(other, "frozen") as store:
        await until_installing(store)
        leader.process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.to_thread(until, lambda: leads(other))
            ended = await store.until("READY", "FAILED")
            assert ended["status"] == "READY", ended["reason"]
            written = records(other)
        finally:
            leader.process.send_signal(signal.SIGCONT)

        await asyncio.to_thread(until, lambda: "leadership_lost" in leader.log.read_text())
        assert leader.status("/readyz")[0] == 200
        assert [leads(service) for service in replicas.services] == [False, True]
        assert records(other) == written
        asked = "query ($id: ID!) { store(id: $id) { status } }"
        for service in replicas.services:
            answer = service.execute(store.token, asked, id=store.store_id)
            assert answer["store"]["status"] == "READY"
        assert_worked_on_once(store)


def records(service: Service) -> list[tuple[Any, ...]]:
    """Return what work on stores writes; a pod may change by itself at any time."""
    stores = service.sql("SELECT id, status, target, attempt, reason_code FROM stores ORDER BY id")
    steps = service.sql("SELECT * FROM steps ORDER BY store_id, attempt, position")
    events = service.sql(
        "SELECT kind, subject, status, message, at FROM events WHERE kind <> 'POD' ORDER BY version"
    )
    return stores + steps + events


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)
