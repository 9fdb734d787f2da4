"""restic's rest-server for the tests: a real one, on a free port, as the platform runs it."""

import base64
import hashlib
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from app.local.cluster.ports import free_port
from app.local.cluster.tools import REST_SERVER, ensure

_START_SECONDS = 60.0
_LISTENS = "start server on "


def account_line(name: str, password: str) -> str:
    """Return an account as the platform writes it."""
    digest = base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()  # noqa: S324
    return f"{name}:{{SHA}}{digest}\n"


class Server(ABC):
    """A server in a process of its own, from ``start`` to ``stop``, with a log in ``folder``."""

    def __init__(self, folder: Path, *, options: Sequence[str] = ()) -> None:
        self._log = folder / "server.log"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> str:
        return self._log.read_text()

    @abstractmethod
    def start(self) -> None:
        """Start it, and wait until it can be asked."""

    def stop(self) -> None:
        """Stop it; what it has stays for another start."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=60)
            self._process = None


class RestServer(Server):
    """A server with accounts, nothing of which can be deleted; each account has its own place."""

    def __init__(self, folder: Path, *, options: Sequence[str] = ()) -> None:
        super().__init__(folder, options=options)
        self.data = folder / "data"
        self.data.mkdir()
        self.accounts = folder / "htpasswd"
        self.accounts.touch()

    def start(self, *, before: Sequence[str] = ()) -> None:
        """Start it, by way of another program if one is given, and wait until it listens."""
        self._log.touch()
        starts = self.log.count(_LISTENS)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*before, ensure(REST_SERVER), "--path", self.data, "--append-only",
                 "--private-repos", "--htpasswd-file", self.accounts,
                 "--listen", f"127.0.0.1:{self.port}", "--log", "-", *self._options],
                stdout=log, stderr=log,
            )  # fmt: skip
        self.wait_for(_LISTENS, times=starts + 1)

    def kill(self) -> None:
        """Kill it, in the middle of whatever it writes."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=60)
        self._process = None

    def add_account(self, name: str, password: str) -> None:
        """Add an account, of which a server that runs hears only when it looks again."""
        with self.accounts.open("a") as file:
            file.write(account_line(name, password))

    def look_again(self) -> None:
        """Have it read its accounts now, which it does twice a minute by itself."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGHUP)

    def wait_for(self, words: str, *, times: int = 1) -> None:
        """Wait until its log has the words that often."""
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while self.log.count(words) < times:
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)
