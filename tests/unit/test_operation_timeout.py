"""A query ends when its time is up or its client is gone. A mutation is carried out to its end."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import pytest
from graphql import parse

from app.limits.operations import OperationTimeout
from app.limits.roots import root_fields
from resolvers.errors import PublicError

QUERY, MUTATION = parse("{ viewer { name } }"), parse("mutation { createStore { id } }")
CYCLE = """mutation { ...F ...F } fragment F on Mutation { a { id } ...G }
fragment G on Mutation { b { id } ...F }"""
SEEN: ContextVar[str] = ContextVar("seen", default="nothing")


class Work:
    """Something to execute, which goes on when it is let go."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.outcome = "under way"

    async def run(self) -> str:
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.outcome = "cancelled"
            raise
        SEEN.set("something")
        self.outcome = "done"
        return "result"

    def within(self, seconds: float) -> Callable[..., Awaitable[str]]:
        def execute(*_: Any, **__: Any) -> Awaitable[str]:
            return self.run()

        wrapped: Callable[..., Awaitable[str]] = OperationTimeout(seconds).wrap(execute)
        return wrapped


@pytest.mark.parametrize("document", [QUERY, MUTATION])
async def test_what_is_done_in_time_is_answered(document: object) -> None:
    work = Work()
    work.go_on.set()
    assert await work.within(60)(None, document) == "result"
    assert SEEN.get() == "something"


async def test_a_query_that_takes_too_long_is_cancelled() -> None:
    work = Work()
    with pytest.raises(PublicError) as told:
        await work.within(0.01)(None, QUERY)
    assert told.value.extensions == {"code": "TIMEOUT", "field": None}
    assert told.value.message == (
        "This took longer than 0.01 s. It was given up: ask for less, or try again later."
    )
    assert work.outcome == "cancelled"


async def test_a_time_limit_of_something_else_is_not_taken_for_its_own() -> None:
    def execute(*_: Any, **__: Any) -> Awaitable[str]:
        return asyncio.wait_for(Work().run(), 0.01)

    with pytest.raises(TimeoutError):
        await OperationTimeout(60).wrap(execute)(None, QUERY)


async def test_a_mutation_that_takes_too_long_is_carried_out_all_the_same() -> None:
    work = Work()
    with pytest.raises(PublicError) as told:
        await work.within(0.01)(None, MUTATION)
    assert told.value.message == (
        "This took longer than 0.01 s. It may still be carried out: check what became of it before"
        " you ask again."
    )
    work.go_on.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert work.outcome == "done"


async def test_a_mutation_whose_client_is_gone_is_carried_out_all_the_same() -> None:
    work = Work()

    async def operation() -> str:
        return await work.within(60)(None, MUTATION)

    task = asyncio.create_task(operation())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    work.go_on.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert work.outcome == "done"


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ("mutation { a { id } }", 1),
        ("mutation { a { id } b { id } a { name } }", 2),
        ("mutation { x: a { id } y: a { id } ... { z: a { id } } }", 3),
        (CYCLE, 2),
        ("query Q { a b c } mutation M { d }", 1),
    ],
)  # fmt: skip
def test_how_many_mutations_an_operation_runs(document: str, fields: int) -> None:
    name = "M" if "M {" in document else None
    assert len(root_fields(parse(document), name)) == fields
