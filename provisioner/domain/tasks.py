"""Helpers for asyncio tasks: tasks as long as the service, and tasks whose result nobody reads."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def root_tasks(
    roots: Mapping[str, Callable[[], Coroutine[Any, Any, None]]],
) -> AsyncIterator[None]:
    """Run named tasks while the context is open; if one fails, all end, and its error is raised.

    When the context is left, the tasks are cancelled and awaited.
    """
    # A service with one of its tasks missing would look healthy and not do its work. So a failure
    # ends the process, and whoever started it starts it again.
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run(), name=name) for name, run in roots.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


def mark_seen(task: asyncio.Task[Any]) -> None:
    """Read a finished task's exception, because asyncio logs an error if nobody ever reads it.

    Pass this to ``add_done_callback`` of a task whose caller may have stopped waiting for it.
    """
    if not task.cancelled():
        task.exception()
