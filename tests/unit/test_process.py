"""Programs as they really run: ended in time, with nothing left behind."""

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import uvloop

from provisioner.domain.errors import LeaseLostError
from provisioner.domain.fence import Fence
from provisioner.domain.redaction import MAX_OUTPUT
from provisioner.helm import process
from provisioner.helm.process import Finished, ProgramMissingError, ProgramTimeoutError, run

LOCK = "locks/release.lock"


async def shell(
    folder: Path,
    script: str,
    *,
    seconds: float = 30,
    grace: float = 0.2,
    stdin: bytes = b"",
    fence: Fence | None = None,
) -> Finished:
    return await run(
        ["/bin/sh", "-c", script],
        stdin=stdin,
        environment={"PATH": os.defpath},
        timeout_seconds=seconds,
        grace_seconds=grace,
        lock=folder / LOCK,
        fence=fence,
    )


def is_alive(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


async def until_written(file: Path) -> None:
    await asyncio.to_thread(_poll, file)


def _poll(file: Path) -> None:
    deadline = time.monotonic() + 10
    while not (file.exists() and file.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert file.exists(), "The program did not begin."
    assert file.read_text().strip(), "The program did not begin."


async def test_code_and_outputs(tmp_path: Path) -> None:
    done = await shell(tmp_path, "cat; echo bad >&2; exit 3", stdin=b"given")
    assert done == Finished(3, "given", "bad\n")


async def test_much_output_and_input_neither_blocks_nor_piles_up(tmp_path: Path) -> None:
    done = await shell(tmp_path, "cat; echo end", stdin=b"x" * 5_000_000)
    assert done.code == 0
    assert len(done.output) == 4 * MAX_OUTPUT
    assert done.output.endswith("xend\n")


async def test_a_program_that_does_not_read_its_input(tmp_path: Path) -> None:
    assert (await shell(tmp_path, "exit 0", stdin=b"x" * 5_000_000)).code == 0


def test_a_program_that_has_ended_before_it_is_given_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under a load where a program runs for less time than the loop takes for a turn."""
    feed = process._feed

    async def feed_late(writer: asyncio.StreamWriter, data: bytes) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):
            await writer.wait_closed()
        await feed(writer, data)

    monkeypatch.setattr(process, "_feed", feed_late)
    done = uvloop.run(shell(tmp_path, "exit 3", stdin=b"given"))
    assert done == Finished(3, "", "")


async def test_what_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissingError, match="No such file or directory"):
        await run(
            ["/nowhere/helm"], environment={}, timeout_seconds=1, grace_seconds=1,
            lock=tmp_path / "lock",
        )  # fmt: skip


async def test_too_long(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    # Given a program that will not end, not even its child, and does not mind SIGTERM
    script = f"trap '' TERM; echo $$ > {pid}; while :; do sleep 60 & wait; done"
    with pytest.raises(ProgramTimeoutError):
        await shell(tmp_path, script, seconds=0.5)
    assert not is_alive(pid)


async def test_cancelled_with_grace(tmp_path: Path) -> None:
    began, ended = tmp_path / "began", tmp_path / "ended"
    script = f"echo $$ > {began}; sleep 0.3; echo done > {ended}"
    work = asyncio.create_task(shell(tmp_path, script, grace=10))
    await until_written(began)
    work.cancel()
    await asyncio.sleep(0)
    work.cancel()  # a second one does not shorten the grace
    with pytest.raises(asyncio.CancelledError):
        await work
    assert ended.read_text() == "done\n"


async def test_cancelled_in_its_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    began, start = asyncio.Event(), asyncio.create_subprocess_exec

    async def start_slowly(*arguments: Any, **options: Any) -> asyncio.subprocess.Process:
        process = await start(*arguments, **options)
        began.set()
        await asyncio.sleep(0.2)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start_slowly)
    given, ended = b"x" * 100_000, tmp_path / "ended"
    work = asyncio.create_task(shell(tmp_path, f"cat > {ended}", stdin=given, grace=10))
    await began.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert ended.read_bytes() == given


async def test_cancelled_beyond_grace(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    work = asyncio.create_task(shell(tmp_path, f"echo $$ > {pid}; exec sleep 60"))
    await until_written(pid)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not is_alive(pid)


async def test_two_never_run_at_once(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    script = f"echo in >> {trace}; sleep 0.2; echo out >> {trace}"
    await asyncio.gather(*(shell(tmp_path, script, grace=30) for _ in range(3)))
    assert trace.read_text().split() == ["in", "out"] * 3


SERVICE = """
import asyncio, os, signal, sys, time
from pathlib import Path
from provisioner.helm.process import run

pid, lock, dies_early = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:] == ["dies-early"]

def write(descriptor, data, offset, real=os.pwrite):
    if data.strip():  # the id of the program, which is there to be seen
        while not pid.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)
    return real(descriptor, data, offset)

if dies_early:
    os.pwrite = write
script = f"echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 600"
asyncio.run(run(["/bin/sh", "-c", script], environment={"PATH": os.defpath}, timeout_seconds=600,
                grace_seconds=600, lock=lock))
"""
WAIT = """
import pathlib, sys, time
file = open(sys.argv[1])
pathlib.Path(sys.argv[2]).write_text("yes")
time.sleep(600)
"""


async def test_the_helm_of_a_former_life_is_ended(tmp_path: Path) -> None:
    # Given a program of a service that was killed: its lock is held, and nobody waits for it
    pid, lock = tmp_path / "pid", tmp_path / LOCK
    service = await python(SERVICE, pid, lock)
    await until_written(pid)
    await until_written(lock)
    service.kill()
    assert await service.wait() == -signal.SIGKILL
    assert is_alive(pid)

    # When another program wants the release
    done = await shell(tmp_path, "echo mine", grace=0.3)

    # Then it runs, which it can only with the lock that the old one held until it was gone
    assert done.output == "mine\n"


async def test_the_helm_of_a_service_that_died_before_it_wrote_its_id(tmp_path: Path) -> None:
    # Given the id of an earlier run, which is somebody else's by now
    innocent = await asyncio.create_subprocess_exec("sleep", "600", start_new_session=True)
    pid, lock, opened = (tmp_path / name for name in ("pid", LOCK, "opened"))
    lock.parent.mkdir()
    lock.write_text(f"{innocent.pid:<10}\n")
    # And a service that was killed between the start of a program and the writing of its id
    service = await python(SERVICE, pid, lock, "dies-early")
    assert await service.wait() == -signal.SIGKILL
    assert is_alive(pid)
    # And another service that waits for the same lock
    waiting = await python(WAIT, lock, opened)
    await until_written(opened)

    # When a program wants the release
    done = await shell(tmp_path, "echo mine", grace=0.3)

    # Then the orphan was ended, for it held the lock as long as it lived; and nobody else was
    assert done.output == "mine\n"
    for other in (innocent, waiting):
        assert other.returncode is None
        other.kill()
        assert await other.wait() == -signal.SIGKILL


async def python(script: str, *arguments: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, *map(str, arguments), start_new_session=True
    )


async def test_much_on_both_outputs_at_once(tmp_path: Path) -> None:
    # Given more on each than a pipe holds, so that one left undrained would block the other
    much = "head -c 3000000 /dev/zero | tr '\\0'"
    script = f"{much} o & {much} e >&2 & wait; {much} O; {much} E >&2"
    done = await shell(tmp_path, script)
    assert done == Finished(0, "O" * 4 * MAX_OUTPUT, "E" * 4 * MAX_OUTPUT)


async def test_more_is_kept_on_request(tmp_path: Path) -> None:
    done = await run(
        ["/bin/sh", "-c", "head -c 100000 /dev/zero | tr '\\0' o"],
        environment={"PATH": os.defpath}, timeout_seconds=30, grace_seconds=1,
        lock=tmp_path / "lock", keep=90_000,
    )  # fmt: skip
    assert done.output == "o" * 90_000


async def test_it_may_tidy_up_when_it_took_too_long(tmp_path: Path) -> None:
    tidied = tmp_path / "tidied"
    script = f"trap 'echo yes > {tidied}; exit 1' TERM; while :; do sleep 0.05; done"
    with pytest.raises(ProgramTimeoutError):
        await shell(tmp_path, script, seconds=0.5, grace=30)
    assert tidied.read_text() == "yes\n"


async def test_its_children_are_ended_with_it(tmp_path: Path) -> None:
    # Given one that goes at SIGTERM, and leaves a child that does not mind it
    child = tmp_path / "child"
    stubborn = f"trap '' TERM; echo $$ > {child}; while :; do sleep 60; done"
    with pytest.raises(ProgramTimeoutError):
        await shell(tmp_path, f'/bin/sh -c "{stubborn.replace("$", chr(92) + "$")}"', seconds=1)
    await asyncio.to_thread(await_end, child)


async def test_a_child_that_left_the_group_is_not_waited_for(tmp_path: Path) -> None:
    # Given a child in a session of its own, which holds the outputs open
    child = tmp_path / "child"
    script = f"setsid sh -c 'echo $$ > {child}; exec sleep 60' & sleep 60"
    with pytest.raises(ProgramTimeoutError):
        await shell(tmp_path, script, seconds=1)
    os.kill(int(child.read_text()), signal.SIGKILL)


def await_end(pid_file: Path) -> None:
    """Wait until a killed program is dead, be it not yet collected by init."""
    state = Path(f"/proc/{pid_file.read_text().strip()}/stat")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.01)
    raise AssertionError("It runs on.")


async def test_nothing_is_started_once_the_permit_has_ended(tmp_path: Path) -> None:
    ended, expired = Fence(), Fence(ends_at=time.monotonic())
    ended.end()
    for fence in (ended, expired):
        with pytest.raises(LeaseLostError):
            await shell(tmp_path, f"touch {tmp_path}/began", fence=fence)
    assert not (tmp_path / "began").exists()


async def test_no_grace_without_a_permit(tmp_path: Path) -> None:
    fence, file = Fence(), tmp_path / "pid"
    script = f"trap '' TERM; echo $$ > {file}; while true; do sleep 1; done"
    running = asyncio.create_task(shell(tmp_path, script, seconds=3600, grace=3600, fence=fence))
    await until_written(file)
    running.cancel()
    await asyncio.sleep(0)  # its grace has begun
    fence.end()
    async with asyncio.timeout(60):
        with pytest.raises(asyncio.CancelledError):
            await running
    assert not is_alive(file)
