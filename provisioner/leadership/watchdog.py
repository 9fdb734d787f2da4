"""Ends the programs of a service that no longer can: because it is frozen, or dead.

A helm runs on when its service is stopped by a signal, or killed; by the time its lease has ended
another replica may work on the same release. So a process of its own watches, which is told of
each program and how long the right to run them lasts, and kills what is left then. It is this very
file, run without anything of ours loaded.
"""

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress

_CLOSE_SECONDS = 5.0


class Watchdog:
    """The service's end of it. ``close`` it when no program runs any more."""

    def __init__(self, until: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.extend(until)

    def extend(self, until: float) -> None:
        """Let the programs run until a later moment of ``time.monotonic``."""
        self._tell(f"until {until}")

    def began(self, group: int) -> None:
        """Watch over a process group."""
        self._tell(f"began {group}")

    def ended(self, group: int) -> None:
        """Watch over it no longer."""
        self._tell(f"ended {group}")

    def close(self) -> None:
        """Let the process go; it ends with the right to run programs at the latest."""
        self._tell("close")
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tell(self, line: str) -> None:
        pipe = self._process.stdin
        if pipe is not None and not pipe.closed:
            try:
                pipe.write(line.encode() + b"\n")
            except BrokenPipeError:
                pipe.close()  # it was killed: then nobody watches, as nobody did before


class _Watch:
    """The process' end of it."""

    def __init__(self) -> None:
        self._until = float("inf")
        self._groups: set[int] = set()
        self._rest = b""
        self._is_open = True
        self._is_closed = False

    def run(self) -> None:
        """Watch until nothing is left to watch over, or the time is over."""
        while not self._is_closed and (left := self._until - time.monotonic()) > 0:
            # Once the pipe has ended the service is dead; its programs may go on until then.
            self._is_closed = not self._is_open and not self._groups
            if select.select([0] if self._is_open else [], [], [], min(left, 60))[0]:
                self._read()
        for group in () if self._is_closed else self._groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def _read(self) -> None:
        data = os.read(0, 4096)
        self._is_open = bool(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._hear(*line.split())

    def _hear(self, verb: bytes, value: bytes = b"") -> None:
        if verb == b"close":
            self._is_closed = True
        elif verb == b"until":
            self._until = float(value)
        elif verb == b"began":
            self._groups.add(int(value))
        else:
            self._groups.discard(int(value))


if __name__ == "__main__":
    _Watch().run()
