"""Whoever follows a rollout over a websocket, at any replica, sees it through; admins alone may."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from gql import gql
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportQueryError

from tests.api.conftest import BACKUPS, records_of, remove_stores, running_service
from tests.api.rolled_out import FOLLOW, become, change, counted, end_turn, start, upgrade_stores
from tests.api.test_backups import a_store
from tests.conftest import DATABASES
from tests.e2e.service import Service

PATIENCE_SECONDS = 60.0
SETTLED = {"reason": None, "counts": counted(PENDING=2)}


@pytest.fixture(scope="module", params=DATABASES)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with ExitStack() as stack:
        yield start(stack, request, tmp_path_factory.mktemp("followed"), request.param)


@pytest.fixture
def service(running: Service) -> Service:
    remove_stores(running)
    return running


def begin(service: Service) -> str:
    """Begin a rollout for two shops; return its id."""
    mira = service.token("mira")
    for number in range(2):
        a_store(service, mira, f"shop-{number}")
    payload = upgrade_stores(service, service.token("chris", "admin"))
    assert payload["errors"] == []
    rollout_id: str = payload["rollout"]["id"]
    return rollout_id


class States:
    """The states of a rollout, as they come."""

    def __init__(self, session: AsyncClientSession, rollout_id: str) -> None:
        request = gql(FOLLOW)
        request.variable_values = {"id": rollout_id}
        self._frames = session.subscribe(request)

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            frame = await anext(self._frames)
        found: dict[str, Any] = frame["rolloutStatus"]
        return found

    async def rest(self) -> list[dict[str, Any]]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return [frame["rolloutStatus"] async for frame in self._frames]


async def test_it_is_seen_through(service: Service) -> None:
    rollout_id, chris = begin(service), service.token("chris", "admin")
    async with service.websocket(chris) as session:
        states = States(session, rollout_id)
        assert await states.next() == {"status": "RUNNING", **SETTLED}

        end_turn(service, rollout_id, 1, "SUCCEEDED")
        counts = counted(SUCCEEDED=1, PENDING=1)
        assert await states.next() == {"status": "RUNNING", "reason": None, "counts": counts}

        # One that is stopped may be resumed, so it is followed on.
        change(service, chris, "stop", rollout_id)
        stopped = await states.next()
        assert (stopped["status"], stopped["reason"]) == ("STOPPED", "chris stopped it.")
        change(service, chris, "resume", rollout_id)
        assert (await states.next())["status"] == "RUNNING"

        end_turn(service, rollout_id, 2, "SUCCEEDED")
        become(service, rollout_id, "FINISHED")
        *_, last = await states.rest()
        assert last == {"status": "FINISHED", "reason": None, "counts": counted(SUCCEEDED=2)}


async def test_one_that_is_finished_is_told_once(service: Service) -> None:
    rollout_id = begin(service)
    become(service, rollout_id, "FINISHED")
    async with service.websocket(service.token("chris", "admin")) as session:
        assert await States(session, rollout_id).rest() == [{"status": "FINISHED", **SETTLED}]


async def refusal(service: Service, token: str, rollout_id: str) -> tuple[str, str]:
    async with service.websocket(token) as session:
        with pytest.raises(TransportQueryError) as refused:
            await States(session, rollout_id).next()
    (error,) = refused.value.errors or []
    return error["extensions"]["code"], error["message"]


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_admins_alone_follow_it(service: Service, role: str) -> None:
    rollout_id = begin(service)
    before = records_of(service)
    told = await refusal(service, service.token("mira", role), rollout_id)
    assert told == ("FORBIDDEN", "Only admins upgrade the shops of many stores.")
    assert records_of(service) == before


async def test_one_that_there_is_not(service: Service) -> None:
    told = await refusal(service, service.token("chris", "admin"), "rollout_" + "0" * 32)
    assert told == ("NOT_FOUND", "There is no such rollout.")


@pytest.fixture
def replicas(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, Service]]:
    with ExitStack() as stack:
        one = start(stack, request, tmp_path_factory.mktemp("one"), "postgresql")
        settings = {**BACKUPS, "STORE_PLATFORM_DATABASE_URL": one.database_url}
        settings["STORE_PLATFORM_CHARTS"] = one.settings["STORE_PLATFORM_CHARTS"]
        folder = tmp_path_factory.mktemp("other")
        yield one, stack.enter_context(running_service(folder, **settings))


async def test_another_replica_hears_of_it(replicas: tuple[Service, Service]) -> None:
    one, other = replicas
    rollout_id, chris = begin(one), one.token("chris", "admin")
    async with other.websocket(chris) as session:
        states = States(session, rollout_id)
        assert await states.next() == {"status": "RUNNING", **SETTLED}
        change(one, chris, "stop", rollout_id)
        stopped = await states.next()
        assert (stopped["status"], stopped["reason"]) == ("STOPPED", "chris stopped it.")
