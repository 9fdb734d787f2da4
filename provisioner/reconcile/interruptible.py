"""Runs the work on stores so that it can be interrupted, and the worker that does it goes on."""

import asyncio
from collections.abc import Coroutine


class InterruptibleWork:
    """Work that is being done, by the ids of its stores: one piece of it for each at a time."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[None]] = {}

    def interrupt(self, store_id: str) -> None:
        """Cancel the work on a store, if there is any."""
        if running := self._running.get(store_id):
            running.cancel()

    async def run(
        self,
        store_id: str,
        work: Coroutine[None, None, None],
        *,
        name: str,
        may_be_interrupted: bool = True,
    ) -> BaseException | None:
        """Do the work; return the error that ended it. None if it is done or was interrupted.

        ``name`` is the asyncio task's, for whoever looks at what runs. Without
        ``may_be_interrupted`` it ends early only if the worker itself is cancelled.
        """
        task = asyncio.create_task(work, name=name)
        if may_be_interrupted:
            self._running[store_id] = task
        try:
            await asyncio.wait({task})
        finally:
            # When the service stops, the worker itself is cancelled, and its work must end with it.
            # On a task that is done, ``cancel`` does nothing.
            task.cancel()
            await asyncio.wait({task})
            self._running.pop(store_id, None)
        return None if task.cancelled() else task.exception()
