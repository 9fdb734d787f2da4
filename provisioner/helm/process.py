"""Runs one program to its end: own process group, bounded output, a timeout, and no orphans.

The program holds an inherited lock file while it lives. So a service that was killed and started
again can tell that the helm of its former life is still at work on a release, and waits for it or
ends it, instead of meeting it. ``flock`` needs no pid that could have been given to somebody else.
"""

import asyncio
import errno
import fcntl
import os
import signal
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from provisioner.domain.errors import MachineShortageError
from provisioner.domain.fence import Fence
from provisioner.domain.redaction import MAX_OUTPUT
from provisioner.domain.shortage import shortage

KEPT_BYTES = 4 * MAX_OUTPUT
"""Bytes of an output that are kept unless more are asked for: the tail."""

T = TypeVar("T")

_READ = 65536
_KILLED_SECONDS = 5.0  # the kernel's time to end what was killed
_NO_PID = b" " * 10 + b"\n"
_NO_PROGRAM = frozenset(
    {errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENOEXEC, errno.ENOTDIR, errno.EISDIR}
)
_LOCK_POLL_SECONDS = 0.1  # flock has no asynchronous form; orphans are rare and short-lived


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended: exit code, and the tails of its two outputs."""

    code: int
    output: str
    errors: str


class ProgramTimeoutError(Exception):
    """The program ran longer than it may, and was ended."""


class ProgramMissingError(Exception):
    """There is no such program, or none that this user may run on this machine."""


@contextmanager
def _lacking_nothing(missing: frozenset[int] = frozenset()) -> Iterator[None]:
    """Tell a program that is ``missing``, by error number, from what the machine lacks just now."""
    try:
        yield
    except OSError as error:
        if error.errno in missing:
            raise ProgramMissingError(error.strerror) from error
        raise MachineShortageError(shortage(error)) from error


async def run(
    arguments: Sequence[str],
    *,
    stdin: bytes = b"",
    environment: Mapping[str, str],
    timeout_seconds: float,
    grace_seconds: float,
    lock: Path,
    keep: int = KEPT_BYTES,
    fence: Fence | None = None,
) -> Finished:
    """Run a program while holding ``lock``; of each output the last ``keep`` bytes are returned.

    On a timeout its process group gets SIGTERM, and SIGKILL ``grace_seconds`` later. On a
    cancellation it may first run on for ``grace_seconds``: a helm that ends by itself leaves no
    release half done. There is no grace once the fence has ended, and no start without it.
    Raises ProgramMissingError when there is no such program, MachineShortageError when it cannot be
    started for another reason, ProgramTimeoutError when it ran too long, and LeaseLostError.
    """
    fence = fence or Fence()
    with _lacking_nothing():
        descriptor = await _hold(lock, grace_seconds)
    try:
        fence.check()
        with _lacking_nothing():
            # Room for its id is needed now: once the program runs, this must not fail.
            os.pwrite(descriptor, _NO_PID, 0)
        process, is_cancelled = await _start(arguments, environment, descriptor)
        with suppress(OSError):
            os.pwrite(descriptor, f"{process.pid:<10}\n".encode(), 0)
        work = _work(process, stdin, keep)
        with fence.watching(process.pid):
            return await _finish(
                process, work, timeout_seconds, grace_seconds, fence, is_cancelled=is_cancelled
            )
    finally:
        os.close(descriptor)


async def _start(
    arguments: Sequence[str], environment: Mapping[str, str], descriptor: int
) -> tuple[asyncio.subprocess.Process, bool]:
    """Start a program that inherits the lock; tell whether a cancellation came meanwhile."""
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(environment),
            start_new_session=True,
            pass_fds=(descriptor,),
        )
    )
    is_cancelled = await _is_cancelled_during(starting)
    with _lacking_nothing(missing=_NO_PROGRAM):
        return starting.result(), is_cancelled


async def _is_cancelled_during(starting: asyncio.Future[Any]) -> bool:
    """Wait for the start of a program; tell whether a cancellation came meanwhile.

    Left to itself, asyncio would kill a program that is cancelled in its start, without any grace.
    """
    is_cancelled = False
    while not starting.done():
        try:
            await asyncio.wait({starting})
        except asyncio.CancelledError:
            is_cancelled = True
    if is_cancelled and starting.exception() is not None:
        raise asyncio.CancelledError
    return is_cancelled


def _work(
    process: asyncio.subprocess.Process, stdin: bytes, keep: int
) -> asyncio.Future[tuple[None, str, str, int]]:
    """Feed the program and drain both its outputs, all at once, to its end."""
    stdin_pipe, stdout, stderr = process.stdin, process.stdout, process.stderr
    if stdin_pipe is None or stdout is None or stderr is None:
        raise ValueError("The process must be started with pipes.")
    return asyncio.gather(
        _feed(stdin_pipe, stdin), _tail(stdout, keep), _tail(stderr, keep), process.wait()
    )


async def _finish(
    process: asyncio.subprocess.Process,
    work: asyncio.Future[tuple[None, str, str, int]],
    timeout_seconds: float,
    grace_seconds: float,
    fence: Fence,
    *,
    is_cancelled: bool,
) -> Finished:
    try:
        async with asyncio.timeout(timeout_seconds):
            _, output, errors, code = await _unless_cancelled(work, is_cancelled=is_cancelled)
    except TimeoutError as error:
        await _uncancelled(_end(process, grace_seconds))
        raise ProgramTimeoutError from error
    except asyncio.CancelledError:
        await _uncancelled(_let_finish(process, grace_seconds, fence))
        raise
    finally:
        # Not awaited to its end: somebody who left the group could hold the pipes open for ever.
        work.cancel()
        await _uncancelled(work)
        process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 - no public way
    return Finished(code, output, errors)


async def _unless_cancelled(work: asyncio.Future[T], *, is_cancelled: bool) -> T:
    if is_cancelled:
        raise asyncio.CancelledError
    return await asyncio.shield(work)


async def _uncancelled(ending: Coroutine[Any, Any, None] | asyncio.Future[Any]) -> None:
    """Wait for an ending that a second cancellation must not cut short."""
    task = asyncio.ensure_future(ending)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task})


async def _let_finish(
    process: asyncio.subprocess.Process, grace_seconds: float, fence: Fence
) -> None:
    ending = asyncio.create_task(fence.ended())
    exiting = asyncio.create_task(process.wait())
    await asyncio.wait(
        {ending, exiting}, timeout=grace_seconds, return_when=asyncio.FIRST_COMPLETED
    )
    ending.cancel()
    if not exiting.done():
        await _end(process, 0 if fence.is_ended else grace_seconds)
    await asyncio.wait({exiting}, timeout=_KILLED_SECONDS)


async def _feed(writer: asyncio.StreamWriter, data: bytes) -> None:
    # uvloop closes it once the program has ended, and refuses a write then.
    if not writer.is_closing():
        with suppress(BrokenPipeError, ConnectionResetError):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _tail(reader: asyncio.StreamReader, keep: int) -> str:
    kept = b""
    while block := await reader.read(_READ):
        kept = (kept + block)[-keep:]
    return kept.decode(errors="replace")


async def _end(process: asyncio.subprocess.Process, grace_seconds: float) -> None:
    _signal_group(process.pid, signal.SIGTERM)
    with suppress(TimeoutError):
        async with asyncio.timeout(grace_seconds):
            await process.wait()
    _signal_group(process.pid, signal.SIGKILL)  # its children too, which may have stayed
    with suppress(TimeoutError):
        async with asyncio.timeout(_KILLED_SECONDS):
            await process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


async def _hold(lock: Path, patience_seconds: float) -> int:
    """Take the lock; a program of an earlier life that keeps it is ended after a while."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience_seconds
        while not _try_lock(descriptor):
            if loop.time() > deadline:
                _kill_holder(descriptor)
            await asyncio.sleep(_LOCK_POLL_SECONDS)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _kill_holder(descriptor: int) -> None:
    """End the process group that holds the lock, which proves that it lives.

    Its id stands in the file, unless the service was killed between the start of the program and
    the writing of it.
    """
    written = os.pread(descriptor, len(_NO_PID), 0).strip()
    groups = [int(written)] if written.isdigit() else _groups_with(descriptor)
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _groups_with(descriptor: int) -> list[int]:
    """Return the groups of programs that were started with the file open; Linux tells.

    A service that waits for the lock has the file open too, but runs the same program as this one.
    """
    ours, wanted, found = _program("self"), os.fstat(descriptor), []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile, or is somebody else's
            files = (file.stat() for file in (process / "fd").iterdir())
            if _program(process.name) != ours and any(
                os.path.samestat(wanted, file) for file in files
            ):
                found.append(os.getpgid(int(process.name)))
    return found


def _program(process: str) -> str:
    return os.readlink(f"/proc/{process}/exe")  # noqa: PTH115 - Path would resolve it further
