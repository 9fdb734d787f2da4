"""A watchdog process that kills the running helm when its service is frozen or dead.

A helm runs on when its service is stopped by a signal, or killed. Once the service's lease has
ended, another replica may work on the same release. So the service starts a watchdog, a process of
its own, and tells it through a pipe which process groups run and how long the right to run them
lasts. When that time is over, the watchdog kills the groups that still run.

This file is also the watchdog's program. It imports only the standard library and none of our
modules.
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
    """The service's side of the pipe to the watchdog process.

    ``until`` is the moment of ``time.monotonic`` at which the right to run programs ends. Call
    ``close`` when no program runs any more. Raises OSError when no process can be started.
    """

    def __init__(self, until: float) -> None:
        # ``-I -S`` keep environment variables and site-packages out, so nothing of ours is loaded.
        # ``bufsize=0`` sends each line at once. In a session of its own the process gets no signal
        # that is meant for the service's process group.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.extend(until)

    def extend(self, until: float) -> None:
        """Let the programs run until ``until``, a later moment of ``time.monotonic``."""
        self._tell(f"until {until}")

    def began(self, group: int) -> None:
        """Have the watchdog kill this process group when the time is over."""
        self._tell(f"began {group}")

    def ended(self, group: int) -> None:
        """Take back ``began``: the process group has ended."""
        self._tell(f"ended {group}")

    def close(self) -> None:
        """Stop the watchdog without killing any program; wait up to 5 seconds for its end."""
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
                # Somebody killed the watchdog. The work goes on without one: the service itself
                # still kills helm when the fence ends.
                pipe.close()


class _Watch:
    """The watchdog process itself, which reads the commands from its standard input."""

    def __init__(self) -> None:
        self._until = float("inf")
        self._groups: set[int] = set()
        self._rest = b""
        self._is_open = True
        self._is_closed = False

    def run(self) -> None:
        """Watch until ``close`` comes or the time is over; then kill the groups that are left."""
        while not self._is_closed and (left := self._until - time.monotonic()) > 0:
            # When the pipe has ended, the service is dead. Its programs may still run until the
            # time is over; without any there is nothing left to watch.
            self._is_closed = not self._is_open and not self._groups
            # At most 60 seconds, because ``select`` refuses the infinite time of the beginning.
            if select.select([0] if self._is_open else [], [], [], min(left, 60))[0]:
                self._read()
        for group in () if self._is_closed else self._groups:
            with suppress(ProcessLookupError):  # it has ended meanwhile, which is what we want
                os.killpg(group, signal.SIGKILL)

    def _read(self) -> None:
        data = os.read(0, 4096)
        self._is_open = bool(data)
        # A read can end in the middle of a line: the last part is kept until the rest comes.
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
