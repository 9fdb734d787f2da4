"""The list of stores as it changes, over a real websocket."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest
from gql import gql
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportQueryError

from tests.e2e.service import Service

pytestmark = pytest.mark.both_databases

CHANGES = """subscription ($after: String) { storesChanged(after: $after) {
  cursor stores { name status version steps { name } } } }"""


async def changes(
    session: AsyncClientSession, after: str | None = None
) -> AsyncGenerator[dict[str, Any], None]:
    request = gql(CHANGES)
    request.variable_values = {"after": after}
    async for frame in session.subscribe(request):
        yield frame["storesChanged"]


async def test_each_sees_their_own_and_resumes(api: Service) -> None:
    merchant, rival = api.token("merchant"), api.token("rival")
    async with api.websocket(merchant) as session, aclosing(changes(session)) as stream:
        start = await anext(stream)
        assert start["stores"] == []
        await asyncio.to_thread(api.create, rival, "not-yours")
        await asyncio.to_thread(api.create, merchant, "first-shop")
        (store,) = (await anext(stream))["stores"]
    assert (store["name"], store["status"]) == ("first-shop", "QUEUED")
    assert store["steps"][0] == {"name": "NAMESPACE"}

    api.create(merchant, "second-shop")
    api.stop()
    api.start(wait_until_ready=False)
    async with (
        api.websocket(merchant) as session,
        aclosing(changes(session, start["cursor"])) as stream,
    ):
        since = await anext(stream)
    assert [store["name"] for store in since["stores"]] == ["first-shop", "second-shop"]


async def test_a_cursor_that_is_not_ours(api: Service) -> None:
    async with api.websocket(api.token("merchant")) as session:
        with pytest.raises(TransportQueryError) as refused:
            await anext(changes(session, "WyJhbm90aGVyIiwgMF0="))
    assert refused.value.errors is not None
    assert [error["extensions"] for error in refused.value.errors] == [
        {"code": "CURSOR_INVALID", "field": "after"}
    ]
