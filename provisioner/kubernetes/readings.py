"""Reads what may never come: a file on a server that is away, the answer of a program that hangs.

Each reading has a daemon thread and an event loop of its own, so that neither the service's loop
nor its end waits for it: a thread inside ``open`` cannot be stopped by anybody. Hence also one at a
time: while a reading hangs, everybody waits for that one, each as long as they like.

The programs that a reading starts (a kubeconfig's credential plug-in) get no input and a process
group of their own, which ends with the reading.
"""

import asyncio
import os
import signal
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Any, Generic, TypeVar

from provisioner.domain.errors import ClusterUnreachableError

T = TypeVar("T")

_ENDING_SECONDS = 2.0


class Readings(Generic[T]):
    """Runs ``read`` whenever it is asked to. ``what`` is what is read, for messages.

    A reading is ended after ``timeout_seconds``, if it is of a kind that can be.
    """

    def __init__(
        self, read: Callable[[], Coroutine[Any, Any, T]], *, what: str, timeout_seconds: float
    ) -> None:
        self._read = read
        self._what = what
        self._timeout_seconds = timeout_seconds
        self._reading: _Reading[T] | None = None

    async def within(self, seconds: float) -> T:
        """Return what the reading that is under way finds, or else one that begins now.

        What was found while nobody waited is for the next who asks: else somebody who always waits
        too short a time would never come to it. Raises ClusterUnreachableError when nothing was
        found after ``seconds``, and the reading goes on; apart from that whatever ``read`` raises.
        """
        reading = self._reading = self._reading or _Reading(self._read, self._timeout_seconds)
        answer = asyncio.wrap_future(reading.found)
        try:
            await asyncio.wait({answer}, timeout=seconds)
            if answer.done():
                if self._reading is reading:
                    self._reading = None
                return answer.result()
        finally:
            answer.cancel()
        raise ClusterUnreachableError(
            f"The {self._what} has not been read for {reading.age_seconds:.0f} s:"
            f" {reading.awaited} does not answer."
        )

    async def close(self) -> None:
        """End the reading that is under way, and what it has started."""
        if self._reading is not None:
            self._reading.end()
            ended = asyncio.wrap_future(self._reading.found)
            await asyncio.wait({ended}, timeout=_ENDING_SECONDS)
            ended.cancel() or ended.exception()


class _Reading(Generic[T]):
    """One reading; ``found`` is told by its thread."""

    def __init__(self, read: Callable[[], Coroutine[Any, Any, T]], timeout_seconds: float) -> None:
        self.found: Future[T] = Future()
        self.found.set_running_or_notify_cancel()  # who waits cannot cancel it for the others
        self._read = read
        self._timeout_seconds = timeout_seconds
        self._began_at = time.monotonic()
        self._loop = _Loop()
        self._task: asyncio.Task[Any] | None = None
        self._is_ended = False
        Thread(target=self._run, name="reading", daemon=True).start()

    @property
    def age_seconds(self) -> float:
        return time.monotonic() - self._began_at

    @property
    def awaited(self) -> str:
        """What does not answer, as far as can be told from outside."""
        program = self._loop.program
        return f"its credential plug-in {program}" if program else "a file that it consists of"

    def end(self) -> None:
        """End it at its next step; one that is held up by a file has none."""
        self._is_ended = True
        with suppress(RuntimeError):  # its loop is closed: it has ended
            self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                found = runner.run(self._guarded())
        except asyncio.CancelledError:
            self.found.set_exception(ClusterUnreachableError("The service stops."))
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits
            self.found.set_exception(error)
        else:
            self.found.set_result(found)

    async def _guarded(self) -> T:
        self._task = asyncio.current_task()
        if self._is_ended:
            raise asyncio.CancelledError
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._read()
        except TimeoutError as error:
            awaited = self._loop.program or "What the kubeconfig asks for credentials"
            raise ClusterUnreachableError(
                f"{awaited} did not answer within {self._timeout_seconds:.0f} s, and was ended."
            ) from error
        finally:
            await self._loop.end_programs()


class _Loop(asyncio.SelectorEventLoop):
    """Knows the programs that are started in it."""

    def __init__(self) -> None:
        super().__init__()
        self._programs: list[tuple[str, asyncio.SubprocessTransport, Process]] = []

    @property
    def program(self) -> str | None:
        """The program that runs, or None."""
        running = (name for name, _, process in self._programs if process.returncode is None)
        return next(running, None)

    async def subprocess_exec(
        self, protocol_factory: Any, program: str, *arguments: str, **options: Any
    ) -> tuple[Any, Any]:
        options |= {"stdin": DEVNULL, "start_new_session": True}
        started = await super().subprocess_exec(protocol_factory, program, *arguments, **options)
        transport, protocol = started
        self._programs.append((program, transport, Process(transport, protocol, self)))
        return started

    async def end_programs(self) -> None:
        """Kill those that still run, with all that they have started."""
        for _, transport, process in self._programs:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_ENDING_SECONDS):
                        await process.wait()
            transport.close()
