"""What the machine lacks for a while is named, and tried again; only a missing helm is missing."""

import asyncio
import errno
import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.errors import HelmError, MachineShortageError
from provisioner.domain.shortage import told_shortage
from provisioner.helm.process import run
from provisioner.helm.program import HelmProgram, HelmSettings

PASSING = {
    errno.ENOSPC: "This machine has no disk space left (No space left on device).",
    errno.EDQUOT: "The platform has used up its share of this machine's disk"
    " (Disk quota exceeded).",
    errno.EROFS: "This machine's disk is read-only just now (Read-only file system).",
    errno.EIO: "This machine's disk cannot be read or written (Input/output error).",
    errno.ENOMEM: "This machine has no memory left (Cannot allocate memory).",
    errno.EAGAIN: "This machine can start no more processes (Resource temporarily unavailable).",
    errno.EMFILE: "The platform has as many files open as it may (Too many open files).",
    errno.ENFILE: "This machine has as many files open as it can (Too many open files in system).",
    errno.ETXTBSY: "The program is being replaced just now (Text file busy).",
    errno.ENOBUFS: "This machine cannot do it just now (No buffer space available).",
}
LASTING = (errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENOEXEC, errno.ENOTDIR)


def failing(number: int) -> Any:
    async def start(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return start


async def version(folder: Path) -> object:
    return await HelmProgram(HelmSettings("helm", folder / "state")).version()


async def looked_at(folder: Path) -> None:
    """What comes before helm runs on a release."""
    async with HelmProgram(HelmSettings("helm", folder / "state")).kept_off("shop"):
        raise AssertionError("There is no lock.")


@pytest.mark.parametrize("number", PASSING)
async def test_a_start_that_fails_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(asyncio, "create_subprocess_exec", failing(number))
    with pytest.raises(MachineShortageError) as told:
        await version(tmp_path)
    assert str(told.value) == f"helm cannot be started. {PASSING[number]}"


@pytest.mark.parametrize("number", LASTING)
async def test_a_helm_that_is_missing_stays_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(asyncio, "create_subprocess_exec", failing(number))
    with pytest.raises(HelmError) as told:
        await version(tmp_path)
    assert told.value.reason.code == "HELM_MISSING"


@pytest.mark.parametrize(
    ("owner", "call"), [(os, "open"), (os, "pwrite"), (Path, "mkdir")], ids=["open", "write", "dir"]
)
async def test_a_lock_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, call: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(owner, call, full)
    for use in (version, looked_at):
        with pytest.raises(MachineShortageError) as told:
            await use(tmp_path)
        assert str(told.value).startswith(
            "helm cannot be started. This machine has no disk space left"
        )


async def test_a_folder_of_the_lock_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(MachineShortageError, match="This machine cannot do it just now"):
        await version(tmp_path)


async def test_a_program_that_is_being_written(tmp_path: Path) -> None:
    program = tmp_path / "helm"
    shutil.copy("/bin/true", program)
    busy = pytest.raises(MachineShortageError, match="The program is being replaced")
    with program.open("r+b"), busy:
        await started(program, tmp_path)
    assert await started(program, tmp_path) == 0


async def test_no_more_files_can_be_opened(tmp_path: Path) -> None:
    with no_more_files(), pytest.raises(MachineShortageError, match="as many files open as it may"):
        await started(Path("/bin/true"), tmp_path)
    assert await started(Path("/bin/true"), tmp_path) == 0


async def started(program: Path, folder: Path) -> int:
    done = await run(
        [str(program)], environment={}, timeout_seconds=30, grace_seconds=1, lock=folder / "lock"
    )
    return done.code


@contextmanager
def no_more_files() -> Iterator[None]:
    """Allow this process no file beyond the lowest free descriptor."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 1, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize(
    ("said", "lacking"),
    [
        (
            "Error: write /cache/repository/x.tgz: no space left on device",
            (
                "This machine has no disk space left"
                " (write /cache/repository/x.tgz: no space left on device)."
            ),
        ),
        (
            "Error: mkdir /home/cache: disk quota exceeded",
            (
                "The platform has used up its share of this machine's disk"
                " (mkdir /home/cache: disk quota exceeded)."
            ),
        ),
        (
            "Error: fork/exec /usr/bin/aws: resource temporarily unavailable",
            (
                "This machine can start no more processes"
                " (fork/exec /usr/bin/aws: resource temporarily unavailable)."
            ),
        ),
        ("fatal error: runtime: out of memory\n\ngoroutine 1", "This machine has no memory left."),
        ('Error: UPGRADE FAILED: the volume says "no space left on device"', ""),
        ("Error: chart requires kubeVersion: >=1.99", ""),
    ],
)
def test_what_helm_says_that_the_machine_lacks(said: str, lacking: str) -> None:
    assert told_shortage(said) == lacking
