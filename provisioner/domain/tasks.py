"""asyncio tasks: the roots that live as long as the service, and those nobody may wait for."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def root_tasks(
    roots: Mapping[str, Callable[[], Coroutine[Any, Any, None]]],
) -> AsyncIterator[None]:
    """Run tasks by name while the context is open; one that fails ends all, rather than limp on.

    They are cancelled, and waited for, when the context is left.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run(), name=name) for name, run in roots.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


def mark_seen(task: asyncio.Task[Any]) -> None:
    """Take note of how a task ended: asyncio warns of a failure that nobody has asked for.

    For ``add_done_callback`` of a task whose result may be wanted by nobody any more.
    """
    if not task.cancelled():
        task.exception()
