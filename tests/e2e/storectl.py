"""storectl as a user runs it: a process with a home of its own.

What neither waits nor is interrupted is forked (``tests/forked.py``).
"""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import forked
from tests.e2e.service import ROOT, Service

_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Storectl:
    """One user's storectl; signed in through the environment if there is a token."""

    home: Path
    service: Service
    token: str = ""
    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: v for key, v in os.environ.items() if not key.startswith("STORE_PLATFORM_")}
        if self.token:
            kept |= {"STORE_PLATFORM_TOKEN": self.token, "STORE_PLATFORM_URL": self.service.url}
        return {**kept, "XDG_CONFIG_HOME": str(self.home), "COLUMNS": "200", **self.more}

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "app.storectl", *arguments],
            cwd=ROOT, env=self.environment, text=True,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            | more,
        )  # fmt: skip

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        program = ("app.storectl", *arguments)
        return forked.run(program, self.environment, given=given, seconds=120)

    def ok(self, *arguments: str, given: str = "") -> str:
        """Run a command that succeeds; return what it printed."""
        done = self.run(*arguments, given=given)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.ok(*arguments, "--json"))

    def fails(self, *arguments: str, given: str = "") -> tuple[int, str]:
        """Run a command that does not; return its exit code, and what it said on stderr."""
        done = self.run(*arguments, given=given)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stderr.strip()

    def on_a_terminal(self, *arguments: str, typed: str = "", stop_at: str = "") -> tuple[int, str]:
        """Run a command on a terminal, at whose first prompt something is typed.

        Ctrl-C is typed, once, when ``stop_at`` is shown and the command waits for an answer:
        between the two Python does not notice it before something else is typed.

        Returns its exit code and all that was shown, without the codes that move the cursor.
        """
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(ROOT)
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored in what a shell runs with `&`
            command = [sys.executable, "-m", "app.storectl", *arguments]
            shape = {"TERM": "xterm-256color", "COLUMNS": "160"}
            os.execve(sys.executable, command, self.environment | shape)  # noqa: S606 - as pty asks
        shown = b""
        with suppress(OSError):  # how a terminal ends
            while block := os.read(terminal, 65536):
                shown += block
                if typed and shown.endswith(b": "):
                    os.write(terminal, typed.encode() + b"\n")
                    typed = ""
                if stop_at and stop_at.encode() in shown:
                    _await_sleep(pid)
                    os.write(terminal, b"\x03")
                    stop_at = ""
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        return os.waitstatus_to_exitcode(status), _CODES.sub("", shown.decode())

    def complete(self, line: str) -> list[str]:
        """Return what bash would offer at the end of a command line."""
        asked = {
            "_STORECTL_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(line.split()) - 1),
        }
        return subprocess.run(
            [sys.executable, "-m", "app.storectl"],
            cwd=ROOT, env=self.environment | asked, capture_output=True, text=True, timeout=60,
            check=False,
        ).stdout.split()  # fmt: skip

    def sign_in(self, token: str) -> str:
        return self.ok("login", self.service.url, "--token-stdin", given=token + "\n")


def _await_sleep(pid: int) -> None:
    """Return once a process waits for something (Linux tells), or has ended."""
    deadline = time.monotonic() + 60
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "R":
        assert time.monotonic() < deadline, "It has been at work for a minute."
        time.sleep(0.001)
