"""Subscriptions as server-sent events, read by real curl."""

import asyncio
import time

import httpx
import pytest

from tests.api.test_operations import scrape
from tests.e2e.curl import Event, EventStream, events
from tests.e2e.service import NO_TLS, Service

FOLLOW = """subscription ($id: ID!, $after: Int) { storeStatus(id: $id, after: $after) {
  version events { version } } }"""
CHANGES = """subscription ($after: String) { storesChanged(after: $after) {
  cursor stores { name } } }"""


async def take(stream: EventStream, number: int) -> list[Event]:
    found: list[Event] = []
    async with asyncio.timeout(30):
        async for event in stream:
            if event.name:
                found.append(event)
            if len(found) == number:
                return found
    raise AssertionError(f"The stream ended after {found}.")


async def until_followed_by(api: Service, number: int) -> None:
    deadline = time.monotonic() + 30
    while sum((await asyncio.to_thread(scrape, api))["store_platform_subscribers"].values()) != (
        number
    ):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def test_followed_left_and_resumed(api: Service) -> None:
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    async with events(api, token, FOLLOW, id=store_id, after=0) as stream:
        (first,) = await take(stream, 1)
        assert first == Event(
            "next", {"data": {"storeStatus": {"version": 1, "events": [{"version": 1}]}}}, "1"
        )
        await until_followed_by(api, 1)
    # A client that is gone is not kept,
    await until_followed_by(api, 0)
    api.delete(token, store_id)
    # and one that comes back as browsers do, with the same request, goes on where it was.
    async with events(api, token, FOLLOW, last_event_id=first.id, id=store_id, after=0) as stream:
        (second,) = await take(stream, 1)
    assert second == Event(
        "next", {"data": {"storeStatus": {"version": 2, "events": [{"version": 2}]}}}, "2"
    )


async def test_the_list(api: Service) -> None:
    token = api.token("merchant")
    async with events(api, token, CHANGES) as stream:
        (first,) = await take(stream, 1)
        api.create(token, "my-shop")
        (second,) = await take(stream, 1)
    assert second.data["data"]["storesChanged"]["stores"] == [{"name": "my-shop"}]
    assert second.id == second.data["data"]["storesChanged"]["cursor"]
    async with events(api, token, CHANGES, last_event_id=first.id) as stream:
        (again,) = await take(stream, 1)
    assert again == second


async def test_a_proxy_does_not_think_it_idle(api: Service) -> None:
    async with events(api, api.token("merchant"), CHANGES) as stream, asyncio.timeout(30):
        async for event in stream:
            if event == Event(""):
                break


@pytest.mark.parametrize(
    ("token", "given", "code"),
    [("sp_wrong", None, "UNAUTHENTICATED"), (None, "nonsense", "CURSOR_INVALID")],
)
async def test_refusals(api: Service, token: str | None, given: str | None, code: str) -> None:
    valid = api.token("merchant")
    store_id = api.create(valid, "my-shop")["store"]["id"]
    async with events(api, token or valid, FOLLOW, last_event_id=given, id=store_id) as stream:
        refusal, end = await take(stream, 2)
        assert await stream.process.wait() == 0
    assert [error["extensions"]["code"] for error in refusal.data["errors"]] == [code]
    assert (refusal.id, end) == (None, Event("complete"))


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("application/json, text/event-stream", "application/json"),
        ("text/event-stream;q=0.1, */*;q=0.5", "application/json"),
        ("text/event-stream, application/json", "text/event-stream"),
        ("application/json;q=0.5, text/event-stream", "text/event-stream"),
    ],
)
def test_a_query_is_answered_as_it_is_liked_best(
    api: Service, accept: str, content_type: str
) -> None:
    answer = httpx.post(
        f"{api.url}/graphql",
        json={"query": "{ viewer { name } }"},
        headers={"Accept": accept, "Authorization": f"Bearer {api.token('merchant')}"},
        verify=NO_TLS,
    )
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (
        200,
        content_type,
    )


async def test_a_subscription_is_a_stream_wherever_events_are_taken(api: Service) -> None:
    headers = {"Authorization": f"Bearer {api.token('merchant')}"}
    async with httpx.AsyncClient(base_url=api.url, headers=headers, timeout=60) as client:
        asked = {"query": CHANGES}
        accept = {"Accept": "application/json, text/event-stream;q=0.1"}
        async with client.stream("POST", "/graphql", json=asked, headers=accept) as answer:
            assert answer.headers["content-type"].partition(";")[0] == "text/event-stream"
            assert (await anext(answer.aiter_lines())).startswith("id: ")
        accept = {"Accept": "application/json, */*"}
        refusal = await client.post("/graphql", json=asked, headers=accept)
    assert refusal.status_code == 406
    assert "Accept: text/event-stream" in refusal.text


async def test_a_service_that_stops_ends_the_stream(api: Service) -> None:
    async with events(api, api.token("merchant"), CHANGES) as stream:
        await take(stream, 1)
        await asyncio.to_thread(api.stop)
        # An orderly end, not one by force when the grace is over; but without a `complete`, so the
        # client knows that there may be more.
        assert [event async for event in stream if event.name] == []
        assert await stream.process.wait() == 0
    api.start(wait_until_ready=False)
