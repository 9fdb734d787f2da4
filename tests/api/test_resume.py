"""A client that comes back with its last version has missed nothing, wherever it was meanwhile."""

import asyncio
import signal
from datetime import UTC, datetime
from typing import Any

import pytest
from gql import gql
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportQueryError

from provisioner.domain.clock import SystemClock
from provisioner.domain.cluster import Pod, PodPhase
from provisioner.storage.database import Database
from provisioner.storage.stores import StoreRepository
from provisioner.testing import RecordedAnnouncements
from tests.e2e.service import FOLLOW, Service, events_of

pytestmark = pytest.mark.both_databases


async def next_updates(
    session: AsyncClientSession, store_id: str, after: int, number: int
) -> list[dict[str, Any]]:
    request = gql(FOLLOW)
    request.variable_values = {"id": store_id, "after": after}
    updates: list[dict[str, Any]] = []
    async for frame in session.subscribe(request):
        updates.append(frame["storeStatus"])
        if len(updates) == number:
            break
    return updates


async def record_events(service: Service, store_id: str, number: int) -> None:
    """Have things happen to a store of a service that is down."""
    database = Database(service.environment["STORE_PLATFORM_DATABASE_URL"])
    await database.connect()
    records = StoreRepository(database, SystemClock(), RecordedAnnouncements())
    now = datetime.now(UTC)
    for index in range(number):
        observed = Pod(
            name="web", uid="1", component="web", phase=PodPhase.PENDING, reason=f"Reason{index}",
            is_ready=False, created_at=now,
        )  # fmt: skip
        await records.record_pods(store_id.removeprefix("store_"), [observed])
    await database.close()


async def test_across_a_kill_with_more_events_than_one_update_holds(api: Service) -> None:
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    async with api.websocket(token) as session:
        first = await next_updates(session, store_id, 0, 1)
    assert [event["version"] for event in events_of(first)] == [1]

    api.stop(signal.SIGKILL)
    await record_events(api, store_id, 1200)
    api.start(wait_until_ready=False)

    async with api.websocket(token) as session:
        caught_up = await next_updates(session, store_id, first[-1]["version"], 2)
    # On another connection, from the middle of catching up
    async with api.websocket(token) as session:
        await asyncio.to_thread(api.delete, token, store_id)
        rest = await next_updates(session, store_id, caught_up[-1]["version"], 1)
    versions = [event["version"] for event in events_of(first + caught_up + rest)]
    assert versions == list(range(1, 1203))
    assert [update["version"] for update in first + caught_up + rest] == [1, 501, 1001, 1202]
    assert rest[-1]["store"]["pods"] == [
        {"name": "web", "component": "web", "status": "Reason1199", "isReady": False}
    ]


@pytest.mark.parametrize("after", [-1, 2])
async def test_a_version_that_never_was(api: Service, after: int) -> None:
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    async with api.websocket(token) as session:
        with pytest.raises(TransportQueryError, match="leave `after` out to begin") as refused:
            await next_updates(session, store_id, after, 1)
        assert refused.value.errors is not None
        assert [error["extensions"] for error in refused.value.errors] == [
            {"code": "CURSOR_INVALID", "field": "after"}
        ]
        # The connection goes on.
        assert len(await next_updates(session, store_id, 1, 1)) == 1
