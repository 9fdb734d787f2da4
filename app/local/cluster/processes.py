"""Background processes that outlive the command which started them, and are found again.

A pid file also holds the process's start time, so that a pid which the system has given to somebody
else since is never taken for ours.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_GRACE_SECONDS = 10.0
_TAIL_LINES = 15

_children: dict[int, "subprocess.Popen[bytes]"] = {}
"""Those that this very process started: it must reap them, and they may outlive it."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """A process by name: ``<name>.pid`` and ``<name>.log`` in its folder."""

    name: str
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def _pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def start(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start the command in a session of its own, its output going to the log."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, **(environment or {})},
            )
        _children[process.pid] = process
        self._pid_file.write_text(f"{process.pid} {_start_time(process.pid)}\n")

    @property
    def pid(self) -> int | None:
        """The process's id while it runs, else None."""
        try:
            pid, started = self._pid_file.read_text().split()
        except (OSError, ValueError):
            return None
        return int(pid) if _start_time(int(pid)) == started else None

    def stop(self) -> None:
        """End the process and everything in its session; SIGKILL after a grace."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            pid = self.pid
            if pid is None:
                break
            with suppress(ProcessLookupError):
                os.killpg(pid, number)
            _wait_gone(self, time.monotonic() + _GRACE_SECONDS)
        _reap()
        self._pid_file.unlink(missing_ok=True)

    def tail(self) -> str:
        """Return the last lines of the log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-_TAIL_LINES:])


def is_running(pid: int) -> bool:
    """Whether there is such a process; one that has ended and is not reaped yet is none."""
    return _start_time(pid) != ""


def _wait_gone(daemon: Daemon, deadline: float) -> None:
    while daemon.pid is not None and time.monotonic() < deadline:
        _reap()
        time.sleep(0.02)


def _reap() -> None:
    """Take note of the children that have ended."""
    for child in _children.values():
        child.poll()


def _start_time(pid: int) -> str:
    """Return a process's start time in kernel ticks, or "" if it does not run."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    # The first thread of a process that ends may be gone (Z) before others, which have all open
    # still that it had: whoever took its place at once would find its port in use. Fields: proc(5).
    state, threads = fields[0], int(fields[17])
    return "" if state == "Z" and threads <= 1 else fields[19]
