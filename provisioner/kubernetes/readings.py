"""Reads a configuration that may hang, without ever blocking the service.

A file may be on a server that does not answer, and a credential plug-in may wait for ever. A thread
that is blocked in ``open`` cannot be stopped. So each reading has its own daemon thread and event
loop: neither the service's loop nor its shutdown waits for it. There is only one reading at a time.
While it hangs, all callers wait for the same one, each with its own time limit.

The programs that a reading starts, such as a kubeconfig's credential plug-in, get no input. They
run in a process group of their own, which is killed at the end of the reading.
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

_ENDING_SECONDS = 2.0  # for a reading that was cancelled, and for a program that was killed


class Readings(Generic[T]):
    """Runs ``read`` in a thread, for any number of callers at once.

    ``what`` names what is read, for messages. A reading is cancelled after ``timeout_seconds``; one
    that is blocked by a file cannot be, and goes on.
    """

    def __init__(
        self, read: Callable[[], Coroutine[Any, Any, T]], *, what: str, timeout_seconds: float
    ) -> None:
        self._read = read
        self._what = what
        self._timeout_seconds = timeout_seconds
        self._reading: _Reading[T] | None = None

    async def within(self, seconds: float) -> T:
        """Return the result of the reading that is under way, or of one that begins now.

        A result that came while nobody waited goes to the next caller. Otherwise a caller with a
        short time limit might never get one. Raises ClusterUnreachableError when there is no result
        after ``seconds``; the reading then goes on. Raises whatever ``read`` raises.
        """
        reading = self._reading = self._reading or _Reading(self._read, self._timeout_seconds)
        answer = asyncio.wrap_future(reading.found)
        try:
            await asyncio.wait({answer}, timeout=seconds)
            if answer.done():
                # Another caller of the same reading may have removed it, and begun the next one.
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
            # Nobody needs the result. Reading the exception keeps asyncio from warning of it.
            ended.cancel() or ended.exception()


class _Reading(Generic[T]):
    """One reading. Its thread puts the result into ``found``."""

    def __init__(self, read: Callable[[], Coroutine[Any, Any, T]], timeout_seconds: float) -> None:
        self.found: Future[T] = Future()
        # A future that runs cannot be cancelled: so a caller that gives up, and cancels its own
        # wrapper of this future, does not cancel it for the others.
        self.found.set_running_or_notify_cancel()
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
        """What the reading seems to wait for, in words."""
        program = self._loop.program
        return f"its credential plug-in {program}" if program else "a file that it consists of"

    def end(self) -> None:
        """Cancel the reading at its next ``await``; one that a file blocks never gets there."""
        self._is_ended = True
        with suppress(RuntimeError):  # raised when the loop is closed: the reading has ended
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
        except BaseException as error:  # noqa: BLE001 - it is raised in the callers instead
            self.found.set_exception(error)
        else:
            self.found.set_result(found)

    async def _guarded(self) -> T:
        self._task = asyncio.current_task()
        # ``end`` may have come before there was a task that it could cancel.
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
    """An event loop that remembers the programs started in it, so that they can be killed."""

    def __init__(self) -> None:
        super().__init__()
        self._programs: list[tuple[str, asyncio.SubprocessTransport, Process]] = []

    @property
    def program(self) -> str | None:
        """The first program that still runs, or None."""
        running = (name for name, _, process in self._programs if process.returncode is None)
        return next(running, None)

    async def subprocess_exec(
        self, protocol_factory: Any, program: str, *arguments: str, **options: Any
    ) -> tuple[Any, Any]:
        # The library starts the plug-ins, so these options can only be set in the loop. A session
        # of its own makes a process group, which also contains what the plug-in itself starts.
        options |= {"stdin": DEVNULL, "start_new_session": True}
        started = await super().subprocess_exec(protocol_factory, program, *arguments, **options)
        transport, protocol = started
        self._programs.append((program, transport, Process(transport, protocol, self)))
        return started

    async def end_programs(self) -> None:
        """Kill the programs that still run, together with everything they have started."""
        for _, transport, process in self._programs:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_ENDING_SECONDS):
                        await process.wait()
            transport.close()
