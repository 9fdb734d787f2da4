"""Any sequence of changes and faults: the cache comes to the truth, each difference told once."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.watching.following import SETTINGS, Following, following
from tests.integration.watching.scripted_api import (
    ScriptedApi,
    answers,
    drops,
    ends_with_error,
    hangs,
    says,
    shows_page,
)

NAMES = ("a", "b", "c", "d", "e")
Act = Callable[[Following], Awaitable[object]]


def changes() -> st.SearchStrategy[Act]:
    """Make, change, remove, or remove and make anew one pod."""

    def put(name: str, phase: str) -> Act:
        return lambda watch: watch.server.put(name, phase)

    def delete(name: str, *, again: bool) -> Act:
        async def act(watch: Following) -> None:
            if name in watch.server.pods:
                await watch.server.delete(name)
                if again:
                    await watch.server.put(name)

        return act

    names, phases = st.sampled_from(NAMES), st.sampled_from(("Pending", "Running", "Failed"))
    return st.builds(put, names, phases) | st.builds(delete, names, again=st.booleans())


def faults() -> st.SearchStrategy[Act]:
    """Have a later list or watch fail."""
    either = [
        answers(410), answers(429, Retry_After="0"), answers(500), answers(403), answers(409),
        shows_page(502), shows_page(200), says("{]"), says("{}\n"), drops,
    ]  # fmt: skip
    watch_only = [
        says(""), says('{"type": "ADDED", "ob', cut=True), says('{"type": "DELE'), hangs,
        ends_with_error(410), ends_with_error(500),
    ]  # fmt: skip

    def fault(verb: str, index: int) -> Act:
        kinds = [*either, *watch_only] if verb == "watch" else either

        async def act(watch: Following) -> None:
            watch.server.faults[verb].append(kinds[index % len(kinds)])

        return act

    return st.builds(fault, st.sampled_from(("list", "watch")), st.integers(0, 15))


async def _forget(watch: Following) -> None:
    watch.server.forget_history()


async def _restore(watch: Following) -> None:
    await watch.server.restore(dict(list(watch.server.pods.items())[::2]))


async def _bookmark(watch: Following) -> None:
    await watch.server.each_watch(watch.server.bookmark)


async def _half_a_line(watch: Following) -> None:
    await watch.server.each_watch(lambda open_watch: open_watch.send('{"type": "DELETED", "ob'))
    await watch.server.cut_watches()


async def _go_on(_: Following) -> None:
    await asyncio.sleep(0.002)  # let the reflector come between; what it does then is any


EVENTS: list[Act] = [
    lambda watch: watch.server.cut_watches(),
    lambda watch: watch.server.end_watches(),
    lambda watch: watch.settled(),
    _forget, _restore, _bookmark, _half_a_line, _go_on,
]  # fmt: skip
ACTS = st.lists(changes() | faults() | st.sampled_from(EVENTS), max_size=25)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acts=ACTS)
def test_it_converges(acts: list[Act]) -> None:
    asyncio.run(_play(acts))


async def _play(acts: list[Act]) -> None:
    settings = replace(SETTINGS, silence_seconds=0.05, chunk_size=2)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            ScriptedApi() as server,
            following(Path(folder), server, settings=settings) as watch,
        ):
            for act in acts:
                await act(watch)
            await watch.settled()  # the ledger has refused any report that was no difference
