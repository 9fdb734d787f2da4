"""The faults themselves: real ones, made from outside of the service."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

_MEGABYTES = 8
_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
connection.close()
"""


class NoSuchDiskError(Exception):
    """No disk of its own can be made here; the message says why."""


class Fault(Protocol):
    """Something that keeps a file's database from being written. ``says`` is how a caller is told.

    It begins when asked for, and has ended when ``end`` returns.
    """

    says: str

    def begin(self) -> None: ...

    def keep_up(self) -> None: ...

    def end(self) -> None: ...


class DiskFull:
    """The disk that the database is on has no byte left."""

    says = "Its disk is full"

    def __init__(self, file: Path) -> None:
        self._filler = file.with_name("filler")

    def begin(self) -> None:
        self.keep_up()

    def keep_up(self) -> None:
        """Take whatever has become free since."""
        block = 64 * 1024
        with self._filler.open("ab", buffering=0) as filler:
            while block:
                try:
                    filler.write(b"\0" * block)
                except OSError:
                    block //= 2

    def end(self) -> None:
        self._filler.unlink()


class LockHeld:
    """Another process is in a transaction that it does not end."""

    says = "Another process holds its lock"

    def __init__(self, file: Path) -> None:
        self._file = file
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOLD, str(self._file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"held\n"

    def keep_up(self) -> None:
        assert self._process is not None
        assert self._process.poll() is None

    def end(self) -> None:
        if self._process is not None:
            self._process.communicate(timeout=60)
            assert self._process.returncode == 0
            self._process = None


FAULTS: dict[str, type[DiskFull | LockHeld]] = {"disk-full": DiskFull, "lock-held": LockHeld}


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Put a disk of a few megabytes at a folder. Raises NoSuchDiskError where that cannot be."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        raise NoSuchDiskError("A disk of its own needs Linux, and root.")
    options = f"size={_MEGABYTES}m"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "store-platform-faults", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise NoSuchDiskError(f"A disk of its own cannot be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
