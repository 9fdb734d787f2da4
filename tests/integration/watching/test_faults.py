"""Whatever the API server does, the cache comes to the truth, and no difference is told twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from provisioner.kubernetes.reflector import WatchTimings
from tests.integration.watching.following import (
    SETTINGS,
    TIMINGS,
    Following,
    following,
    silent_for,
)
from tests.integration.watching.scripted_api import (
    Fault,
    ScriptedApi,
    answers,
    drops,
    ends_with_error,
    hangs,
    line,
    says,
    shows_page,
)

GONE_IN_STREAM = ends_with_error(410)


class Follow(Protocol):
    def __call__(
        self, *, timings: WatchTimings = TIMINGS
    ) -> AbstractAsyncContextManager[Following]: ...


@pytest.fixture
async def server() -> AsyncIterator[ScriptedApi]:
    async with ScriptedApi() as made:
        for index in range(4):  # two pages
            await made.put(f"web-{index}")
        yield made


@pytest.fixture
async def watch(server: ScriptedApi, tmp_path: Path) -> AsyncIterator[Following]:
    """A reflector whose first list is in and whose watch is open."""
    async with following(tmp_path, server) as made:
        await made.reflector.synced.wait()
        await made.watching()
        yield made


async def change_everything(server: ScriptedApi) -> None:
    """A pod goes, one changes, one is made, and one is made again under its name."""
    await server.delete("web-0")
    await server.put("web-1", "Failed")
    await server.put("web-new")
    await server.delete("web-2")
    await server.put("web-2")


def gone(watch: Following, name: str) -> int:
    return [(n, there) for n, _, there in watch.ledger.reports].count((name, False))


async def assert_all_was_told(watch: Following) -> None:
    await watch.settled()
    assert gone(watch, "web-0") == 1
    assert gone(watch, "web-2") == 1
    assert watch.ledger.reports.count(("web-new", watch.server.truth["web-new"][0], True)) == 1


async def test_a_list_in_pages_then_changes(watch: Following) -> None:
    assert watch.server.requests == ["list", "list", "watch"]
    assert watch.ledger.state == watch.server.truth
    await change_everything(watch.server)
    await assert_all_was_told(watch)
    assert watch.server.requests == ["list", "list", "watch"]


@pytest.mark.parametrize(
    ("fault", "lists"),
    [
        (answers(410), True),
        (GONE_IN_STREAM, True),
        (answers(429, Retry_After="0"), False),
        (answers(500), False),
        (answers(401), False),
        (answers(403), False),
        (answers(404), False),
        (answers(409), False),
        (shows_page(500), False),
        (shows_page(502), False),
        (shows_page(200), False),
        (ends_with_error(500), False),
        (says('{"type": "ADDED", "obj', cut=True), False),
        (says('{"type": "ADDED", "obj'), False),
        (says("\x00\xff{]\n"), False),
        (says("[]\n"), False),
        (says(line({"type": "ADDED", "object": {}})), False),
        (says(line({"type": "ADDED", "object": {"metadata": {}}})), False),
        (says(line({"type": "TURNED", "object": {"metadata": {"uid": "u", "name": "n"}}})), False),
        (says(""), False),
        (drops, False),
    ],
)
async def test_a_watch_that_fails_in_the_gap(watch: Following, fault: Fault, lists: bool) -> None:  # noqa: FBT001
    before = len(watch.server.requests)
    # Given a watch that is cut, with changes while none is open
    watch.server.faults["watch"].append(fault)
    await watch.server.cut_watches()
    await change_everything(watch.server)
    # Then they are all told: from the history where it is there, else by the difference of a list
    await assert_all_was_told(watch)
    listing = ["list", "list"] if lists else []
    assert watch.requests_since(before) == ["watch", *listing, "watch"]


@pytest.mark.parametrize(
    "fault",
    [
        answers(410),
        answers(429, Retry_After="0"),
        answers(500),
        answers(409),
        shows_page(502),
        shows_page(200),
        says("{}"),
        says('{"kind": "Status", "metadata": {}, "status": "Failure"}'),
        says('{"metadata": {"resourceVersion": "1"}}'),
        says('{"metadata": {}, "items": []}'),
        says('{"metadata": {"resourceVersion": "1"}, "items": [{"metadata": {"name": "a"}}]}'),
        says('{"metadata": {"resourceVersion"', cut=True),
        drops,
    ],
)
@pytest.mark.parametrize("in_the_middle", [False, True])
async def test_a_list_that_fails(watch: Following, fault: Fault, in_the_middle: bool) -> None:  # noqa: FBT001
    # Given a new list is due, and fails on its first page or its second
    watch.server.faults["watch"].append(answers(410))
    if in_the_middle:
        watch.server.faults["list"].append(watch.server._list)
    watch.server.faults["list"].append(fault)
    reports = len(watch.ledger.reports)
    await watch.server.cut_watches()
    await watch.until(lambda: not watch.server.faults["list"])
    assert len(watch.ledger.reports) == reports  # a list that failed is not believed
    await change_everything(watch.server)
    await assert_all_was_told(watch)


async def test_a_history_that_is_compacted_in_the_gap(watch: Following) -> None:
    await watch.server.cut_watches()
    await change_everything(watch.server)
    watch.server.forget_history()
    await assert_all_was_told(watch)


async def test_an_empty_list_after_a_gap(watch: Following) -> None:
    await watch.server.cut_watches()
    for name in list(watch.server.pods):
        await watch.server.delete(name)
    watch.server.forget_history()
    await watch.settled()
    assert [gone(watch, f"web-{index}") for index in range(4)] == [1, 1, 1, 1]


async def test_cut_inside_a_line_of_an_open_watch(watch: Following) -> None:
    await watch.server.each_watch(lambda open_watch: open_watch.send('{"type": "DELETED", "ob'))
    await watch.server.cut_watches()
    await change_everything(watch.server)
    await assert_all_was_told(watch)


async def test_an_event_split_over_many_packets(watch: Following) -> None:
    before = len(watch.server.requests)
    await watch.server.put("split", "Pending")
    await watch.until(lambda: "split" in watch.ledger.state)
    change = {"type": "MODIFIED", "object": watch.server._pod("split", "uid-5", "Succeeded")}
    for letter in line(change):
        await watch.server.each_watch(partial(_send, letter))
    await watch.until(lambda: watch.ledger.state["split"][1] == "Succeeded")
    assert watch.requests_since(before) == []


async def _send(text: str, open_watch: object) -> None:
    await open_watch.send(text)  # type: ignore[attr-defined]  # an OpenWatch, last for partial


async def test_a_bookmark_moves_the_version_on(watch: Following) -> None:
    # Given versions that rose by changes of others, and a bookmark that says so
    watch.server.version += 500
    await watch.server.each_watch(watch.server.bookmark)
    watch.server.forgotten = watch.server.version
    before = len(watch.server.requests)
    # When the watch ends, then it goes on from there: no list, though older versions are gone
    await watch.server.end_watches()
    await change_everything(watch.server)
    await assert_all_was_told(watch)
    assert watch.requests_since(before) == ["watch"]


async def test_a_watch_that_ends_properly_goes_on_at_once(watch: Following) -> None:
    before = len(watch.server.requests)
    await watch.server.put("web-0", "Succeeded")
    await watch.until(lambda: watch.ledger.state["web-0"][1] == "Succeeded")
    await watch.server.end_watches()
    await change_everything(watch.server)
    await assert_all_was_told(watch)
    assert watch.requests_since(before) == ["watch"]


async def test_silence(server: ScriptedApi, tmp_path: Path) -> None:
    # Given a connection that is open at one end only
    server.faults["watch"].append(hangs)
    async with following(tmp_path, server, settings=silent_for(0.2)) as watch:
        await watch.until(lambda: watch.ledger.state == server.truth)
        await change_everything(server)
        # Then the truth is listed again, since nobody knows what a silent server has forgotten
        await watch.until(lambda: watch.ledger.state == server.truth)
        assert gone(watch, "web-0") == gone(watch, "web-2") == 1
        assert server.requests[:5] == ["list", "list", "watch", "list", "list"]


@pytest.mark.parametrize("has_bookmark", [False, True])
async def test_restored_from_a_backup(
    server: ScriptedApi, tmp_path: Path, has_bookmark: bool  # noqa: FBT001
) -> None:  # fmt: skip
    backup = {name: server.pods[name] for name in ("web-0", "web-1")}
    settings = SETTINGS if has_bookmark else silent_for(0.2)
    async with following(tmp_path, server, settings=settings) as watch:
        await watch.watching()
        await server.put("web-lost")
        await watch.until(lambda: "web-lost" in watch.ledger.state)
        # When versions go backwards, and the version we wait for is far in the future
        await server.restore(backup)
        await server.put("web-1", "Failed")
        await watch.watching()
        if has_bookmark:
            await server.each_watch(server.bookmark)
        await watch.until(lambda: watch.ledger.state == server.truth)
        assert sorted(server.truth) == ["web-0", "web-1"]
        assert [gone(watch, name) for name in ("web-2", "web-3", "web-lost")] == [1, 1, 1]


@pytest.mark.parametrize("fault", [says(""), ends_with_error(500), says("{]\n")])
async def test_watches_that_end_at_once_are_no_hot_loop(
    server: ScriptedApi, tmp_path: Path, fault: Fault
) -> None:
    pauses: list[float] = []
    enough = asyncio.Event()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 24:
            enough.set()
        await asyncio.sleep(0)

    server.faults["watch"].extend([fault] * 24)
    timings = replace(WatchTimings(), short_watch=3600, sleep=pause)
    async with following(tmp_path, server, timings=timings) as watch:
        async with asyncio.timeout(20):
            await enough.wait()
        # Then each was followed by a wait, and the waits grow to the cap
        assert server.requests[: 24 + 16] == (["list"] * 2 + ["watch"] * 3) * 8
        least = [min(30.0, 0.8 * 2**index) / 4 for index in range(24)]
        assert all(pause >= bound for pause, bound in zip(pauses, least, strict=False))
        assert max(pauses) <= 30
        await change_everything(server)
        await assert_all_was_told(watch)


async def test_retry_after_is_honoured(server: ScriptedApi, tmp_path: Path) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    server.faults["list"].append(answers(429, Retry_After="17"))
    server.faults["list"].append(answers(503, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT"))
    async with following(tmp_path, server, timings=replace(TIMINGS, sleep=pause)) as watch:
        await watch.until(lambda: watch.ledger.state == server.truth)
    assert pauses[0] == 17
    assert pauses[1] <= 0.004


async def test_waits_begin_anew_after_a_watch_that_was_of_use(
    server: ScriptedApi, tmp_path: Path
) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    server.faults["list"].extend([answers(500)] * 5)
    timings = replace(TIMINGS, backoff=(1.0, 64.0), sleep=pause)
    async with following(tmp_path, server, timings=timings) as watch:
        await watch.watching()
        assert len(pauses) == 5
        assert pauses[4] >= 4
        await server.put("web-0", "Failed")
        await watch.until(lambda: watch.ledger.state["web-0"][1] == "Failed")
        await server.cut_watches()
        await assert_useful_again(watch, pauses)


async def assert_useful_again(watch: Following, pauses: list[float]) -> None:
    await watch.settled()
    assert len(pauses) == 6
    assert pauses[5] <= 1


async def test_a_server_that_starts_again_after_an_outage_is_listed_at_once(
    server: ScriptedApi, tmp_path: Path
) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    timings = replace(TIMINGS, backoff=(1.0, 64.0), sleep=pause)
    async with following(tmp_path, server, timings=timings) as watch:
        await watch.watching()
        # Given an outage after which the server knows no earlier version
        server.faults["watch"].extend([answers(500)] * 6 + [GONE_IN_STREAM] * 3)
        await server.cut_watches()
        await change_everything(server)
        await watch.until(lambda: not server.faults["watch"])
        await assert_all_was_told(watch)
    # Then the list does not wait as long as the next try would have: only for what keeps expiring
    bounds = [1, 2, 4, 8, 16, 32, 64, 1, 2, 4]  # the first is that of the watch that was cut
    assert len(pauses) == len(bounds)
    assert all(bound / 4 <= each <= bound for each, bound in zip(pauses, bounds, strict=True))


async def test_a_list_when_it_is_due(server: ScriptedApi, tmp_path: Path) -> None:
    now = [0.0]
    timings = replace(TIMINGS, relist=(100.0, 100.0), now=lambda: now[0])
    async with following(tmp_path, server, timings=timings) as watch:
        await watch.watching()
        before = len(server.requests)
        # Given a change that no event told of
        server.pods.pop("web-0")
        now[0] = 101.0
        await server.end_watches()
        await watch.until(lambda: watch.ledger.state == server.truth)
        assert gone(watch, "web-0") == 1
        assert watch.requests_since(before)[0] == "list"
        assert watch.reflector.lists == 2


async def test_staleness(server: ScriptedApi, tmp_path: Path) -> None:
    now = [1000.0]
    server.faults["list"].append(answers(500, "etcd is away"))
    timings = replace(TIMINGS, now=lambda: now[0], sleep=lambda _: asyncio.sleep(0.001))
    async with following(tmp_path, server, timings=timings) as watch:
        assert watch.reflector.staleness_seconds == float("inf")
        await watch.watching()
        now[0] += 50
        await watch.settled()  # an open watch is never stale
        assert watch.reflector.staleness_seconds == 0
        server.faults["watch"].extend([answers(500, "etcd is away")] * 1000)
        await server.cut_watches()
        await watch.until(lambda: bool(watch.reflector.trouble))
        now[0] += 40
        assert watch.reflector.staleness_seconds == 40
        assert watch.reflector.trouble == "The cluster answered 500: etcd is away"
        server.faults.clear()
        await watch.settled()
        assert watch.reflector.staleness_seconds == 0
        assert watch.reflector.trouble == ""
