"""Programs of this repository as processes of their own, without the CPU time of their imports.

A process that has imported them forks for each (Linux). What it runs has arguments, environment,
streams and an end of its own, as if it were run by ``python -m``; only what is imported is there
already. That is 1 of the 1.2 seconds of CPU time of a storectl, and 2.5 of the 3.3 of a service.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

_ROOT = Path(__file__).resolve().parents[1]
_IMPORTED = ("app.main", "app.cli.main", "app.storectl.cli", "app.storectl.following", "uvloop")
# Libraries read other variables when they are imported.
_READ_LATE = ("STORE_PLATFORM_", "XDG_CONFIG_HOME", "COLUMNS")
_SIZE_BYTES = 4


class Process(Protocol):
    """What tests use of a process: a subset of ``subprocess.Popen``."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def kill(self) -> None: ...


class Forked:
    """A process that is not a child of this one; ``told`` says its id, then how it ended."""

    def __init__(self, told: socket.socket) -> None:
        self._told = told
        self.pid = self._number()
        self.returncode: int | None = None

    def poll(self) -> int | None:
        try:
            return self.wait(timeout=0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self._told.settimeout(timeout)
            try:
                self.returncode = self._number()
            except (TimeoutError, BlockingIOError) as error:
                raise subprocess.TimeoutExpired([str(self.pid)], timeout or 0) from error
            self._told.close()
        return self.returncode

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _number(self) -> int:
        said = self._told.recv(_SIZE_BYTES)
        assert len(said) == _SIZE_BYTES, "The process that forks has ended."
        return int.from_bytes(said, signed=True)


def start_anew(
    program: Sequence[str], environment: Mapping[str, str], **streams: Any
) -> subprocess.Popen[bytes]:
    """Start a Python module, with its arguments, in the folder of the repository."""
    return subprocess.Popen([sys.executable, "-m", *program], cwd=_ROOT, env=environment, **streams)


def start(
    program: Sequence[str], environment: Mapping[str, str], *, stdin: Any = None, stdout: Any,
    stderr: Any,
) -> Process:  # fmt: skip
    """Fork for such a module, or start it where that would not be the same."""
    changed = dict(environment.items() ^ os.environ.items())
    if sys.platform != "linux" or not all(name.startswith(_READ_LATE) for name in changed):
        return start_anew(program, environment, stdin=stdin, stdout=stdout, stderr=stderr)
    with open(os.devnull) as nothing:  # noqa: PTH123 - closed with the block
        streams = [file.fileno() for file in (stdin or nothing, stdout, stderr)]
        return _forker().start(program, environment, streams)


def run(
    program: Sequence[str], environment: Mapping[str, str], *, given: str = "", seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run such a module, with ``given`` on its standard input, to its end."""
    with (
        tempfile.TemporaryFile("w+") as stdin,
        tempfile.TemporaryFile("w+") as stdout,
        tempfile.TemporaryFile("w+") as stderr,
    ):
        stdin.write(given)
        stdin.seek(0)
        process = start(program, environment, stdin=stdin, stdout=stdout, stderr=stderr)
        try:
            code = process.wait(timeout=seconds)
        finally:
            process.kill()
        stdout.seek(0)
        stderr.seek(0)
        return subprocess.CompletedProcess(list(program), code, stdout.read(), stderr.read())


class _Forker:
    """The process that forks. It ends when this one does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders, taken = socket.socketpair()
        with taken:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forked", str(taken.fileno())],
                cwd=_ROOT, pass_fds=[taken.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        atexit.register(self.end)

    def start(
        self, program: Sequence[str], environment: Mapping[str, str], streams: Sequence[int]
    ) -> Forked:
        order = json.dumps([list(program), dict(environment)]).encode()
        mine, theirs = socket.socketpair()
        with theirs, self._lock:
            size = len(order).to_bytes(_SIZE_BYTES)
            socket.send_fds(self._orders, [size], [*streams, theirs.fileno()])
            self._orders.sendall(order)
        return Forked(mine)

    def end(self) -> None:
        self._orders.close()
        self._process.wait()


@cache
def _forker() -> _Forker:
    return _Forker()


def _serve(orders: socket.socket) -> tuple[list[str], dict[str, str]] | None:
    """Fork for each order. Return it in the new process, and nothing at the end."""
    for name in _IMPORTED:
        importlib.import_module(name)
    assert threading.active_count() == 1, "What is forked must have no threads."
    gc.freeze()
    while True:
        size, files, _, _ = socket.recv_fds(orders, _SIZE_BYTES, 4)
        _reap()
        if not size:
            return None
        order = orders.recv(int.from_bytes(size), socket.MSG_WAITALL)
        if os.fork() == 0:
            orders.close()
            _keep(*files)
            program, environment = json.loads(order)
            return program, environment
        for file in files:
            os.close(file)


def _reap() -> None:
    """Forget those who have told how their program ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _keep(stdin: int, stdout: int, stderr: int, told: int) -> None:
    """Fork once more, return in the new process, and tell how that one ended."""
    pid = os.fork()
    if pid == 0:
        for number, file in enumerate((stdin, stdout, stderr)):
            os.dup2(file, number)
        for file in (stdin, stdout, stderr, told):
            os.close(file)
        return
    for file in (stdin, stdout, stderr):
        os.close(file)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program
    os.write(told, pid.to_bytes(_SIZE_BYTES, signed=True))
    _, status = os.waitpid(pid, 0)
    try:
        os.write(told, os.waitstatus_to_exitcode(status).to_bytes(_SIZE_BYTES, signed=True))
    finally:
        os._exit(0)


def _main() -> None:
    with socket.socket(fileno=int(sys.argv[1])) as orders:
        given = _serve(orders)
    if given is None:
        return
    (module, *arguments), environment = given
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
