"""Runs one program to its end: own process group, bounded output, a timeout, and no orphans.

The program inherits an open lock file and so holds the lock as long as it lives. If the service is
killed and started again, the lock tells it that a helm of the earlier process still works on the
release. The new service waits for that helm, or ends it. The lock itself does not depend on a
process id, which the system could have given to another program by then.
"""

import asyncio
import errno
import fcntl
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from provisioner.domain.errors import MachineShortageError
from provisioner.domain.fence import Fence
from provisioner.domain.redaction import MAX_OUTPUT
from provisioner.domain.shortage import shortage

KEPT_BYTES = 4 * MAX_OUTPUT
"""How many bytes of an output are kept, from its end, if the caller does not ask for more."""

T = TypeVar("T")

_READ = 65536  # bytes that are read from a pipe at once
_KILLED_SECONDS = 5.0  # how long the kernel may take to end a killed process
_NO_PID = b" " * 10 + b"\n"  # the lock file's content while the process id is not known
# Errors that say that the program itself is missing or wrong; any other is the machine's.
_NO_PROGRAM = frozenset(
    {errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENOEXEC, errno.ENOTDIR, errno.EISDIR}
)
_LOCK_POLL_SECONDS = 0.1  # polled, because flock cannot be awaited; it is rarely taken for long


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended: its exit code, and the ends of its two outputs.

    The code is negative if a signal ended the program: minus the signal's number.
    """

    code: int
    output: str
    errors: str


class ProgramTimeoutError(Exception):
    """The program ran for longer than its time limit, and was ended."""


class ProgramMissingError(Exception):
    """The program does not exist, or this user cannot run it on this machine."""


@contextmanager
def _lacking_nothing(missing: frozenset[int] = frozenset()) -> Iterator[None]:
    """Turn an OSError into ProgramMissingError or MachineShortageError.

    ``missing`` are the error numbers that mean that the program is missing. All others mean that
    the machine lacks something just now, such as memory or room on the disk.
    """
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
    """Run a program while holding ``lock``; return the last ``keep`` bytes of each output.

    After ``timeout_seconds`` the program's process group gets SIGTERM, and ``grace_seconds`` later
    SIGKILL. If this call is cancelled, the program may first run on for ``grace_seconds``, because
    a helm that ends by itself leaves no release half done. Once the fence has ended, nothing is
    started, and what runs gets no grace.

    Raises ProgramMissingError when there is no such program, MachineShortageError when it cannot be
    started for another reason, ProgramTimeoutError when it ran too long, and LeaseLostError when
    the fence has ended.
    """
    fence = fence or Fence()
    async with holding(lock, grace_seconds, fence) as descriptor:
        process, is_cancelled = await _start(arguments, environment, descriptor)
        # The id is a convenience for ``_kill_holder``, which can also find the program without it.
        with suppress(OSError):
            os.pwrite(descriptor, f"{process.pid:<10}\n".encode(), 0)
        work = _work(process, stdin, keep)
        with fence.watching(process.pid):
            return await _finish(
                process, work, timeout_seconds, grace_seconds, fence, is_cancelled=is_cancelled
            )


@asynccontextmanager
async def holding(lock: Path, patience_seconds: float, fence: Fence) -> AsyncIterator[int]:
    """Hold the lock, so that no program runs that needs it; give the open lock file.

    If a program that an earlier service started holds it for longer than ``patience_seconds``, that
    program is killed. Raises MachineShortageError, and LeaseLostError when the fence has ended.
    """
    with _lacking_nothing():
        descriptor = await _hold(lock, patience_seconds)
    try:
        fence.check()  # waiting for the lock may have taken longer than the lease
        with _lacking_nothing():
            # The program that ran before has ended, and its id may be another's by now. This also
            # takes the room on the disk for the next one: once it runs, it is too late to fail.
            os.pwrite(descriptor, _NO_PID, 0)
        yield descriptor
    finally:
        os.close(descriptor)  # releases the lock, unless a program or a child still has it open


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
            start_new_session=True,  # its own process group, which can be killed as a whole
            pass_fds=(descriptor,),  # keeps the lock taken even if the service is killed
        )
    )
    is_cancelled = await _is_cancelled_during(starting)
    with _lacking_nothing(missing=_NO_PROGRAM):
        return starting.result(), is_cancelled


async def _is_cancelled_during(starting: asyncio.Future[Any]) -> bool:
    """Wait for the start of a program; return whether this task was cancelled meanwhile.

    If the start itself were cancelled, asyncio would kill the program without any grace.
    """
    is_cancelled = False
    while not starting.done():
        try:
            await asyncio.wait({starting})
        except asyncio.CancelledError:
            is_cancelled = True
    if is_cancelled and starting.exception() is not None:  # nothing runs that needs an end
        raise asyncio.CancelledError
    return is_cancelled


def _work(
    process: asyncio.subprocess.Process, stdin: bytes, keep: int
) -> asyncio.Future[tuple[None, str, str, int]]:
    """Write the input and read both outputs until the program ends, all at the same time.

    One after the other would hang as soon as the program waits for a full pipe of another.
    """
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
        # Cancelled and not awaited to its end: a child that has left the process group could hold
        # the pipes open for ever.
        work.cancel()
        await _uncancelled(work)
        # For the same reason our ends of the pipes have to be closed. asyncio has no public way.
        process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001
    return Finished(code, output, errors)


async def _unless_cancelled(work: asyncio.Future[T], *, is_cancelled: bool) -> T:
    if is_cancelled:
        raise asyncio.CancelledError  # the cancellation that came during the start
    # Shielded, because the pipes have to be read on while the program uses its grace.
    return await asyncio.shield(work)


async def _uncancelled(ending: Coroutine[Any, Any, None] | asyncio.Future[Any]) -> None:
    """Wait for an ending. Ignore cancellations, so that a second one does not cut it short."""
    task = asyncio.ensure_future(ending)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task})


async def _let_finish(
    process: asyncio.subprocess.Process, grace_seconds: float, fence: Fence
) -> None:
    """Let the program run on for its grace, or until the fence ends; then end it."""
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
    # uvloop closes the pipe when the program has ended, and then raises on a write. asyncio's own
    # loop raises BrokenPipeError or ConnectionResetError instead.
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
    # Also when the program has ended: its children may have ignored SIGTERM.
    _signal_group(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        async with asyncio.timeout(_KILLED_SECONDS):
            await process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


async def _hold(lock: Path, patience_seconds: float) -> int:
    """Take the lock, and return the open lock file; see ``holding``."""
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
    """Kill the process group that holds the lock.

    The lock proves that the group still lives, so its id cannot belong to another one. The id is in
    the file, unless the service was killed after the start of the program and before writing it.
    """
    written = os.pread(descriptor, len(_NO_PID), 0).strip()
    groups = [int(written)] if written.isdigit() else _groups_with(descriptor)
    for group in groups:
        # It has just ended, or it runs as another user: the next round of ``_hold`` looks again.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _groups_with(descriptor: int) -> list[int]:
    """Return the process groups of other programs that have the file open, from Linux' ``/proc``.

    Another service that waits for the lock has the file open too. It is left out, because it runs
    the same program as this one.
    """
    ours, wanted, found = _program("self"), os.fstat(descriptor), []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # the process has ended meanwhile, or belongs to another user
            files = (file.stat() for file in (process / "fd").iterdir())
            if _program(process.name) != ours and any(
                os.path.samestat(wanted, file) for file in files
            ):
                found.append(os.getpgid(int(process.name)))
    return found


def _program(process: str) -> str:
    return os.readlink(f"/proc/{process}/exe")  # noqa: PTH115 - Path would resolve it further
