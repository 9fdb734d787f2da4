"""Threads that nobody waits for when the program ends."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class AbandonedThreads(ThreadPoolExecutor):
    """Runs each call in a daemon thread of its own.

    asyncio looks up names in threads of the loop's executor, and waits for them when it ends: with
    a name server that hangs, for as long as the system's resolver does. asyncio takes nothing but
    a ThreadPoolExecutor, hence the base class.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - whoever awaits the future gets it
                future.set_exception(error)
            else:
                future.set_result(result)

        Thread(target=run, name="doctor", daemon=True).start()
        return future

    def shutdown(
        self,
        wait: bool = True,  # noqa: FBT001, FBT002 - as in the base class
        *,
        cancel_futures: bool = False,
    ) -> None:
        """Do nothing: the threads end with the program."""
