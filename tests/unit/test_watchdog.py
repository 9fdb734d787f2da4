"""Programs of a service that cannot end them itself end with its right to run them."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.leadership.watchdog import Watchdog

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SECONDS, FAR = 60, 3600.0
SERVICE = """import os, sys, time
from provisioner.leadership.watchdog import Watchdog
watchdog = Watchdog(time.monotonic() + float(sys.argv[2]))
watchdog.began(int(sys.argv[1]))
print("watched", flush=True)
time.sleep(3600)
"""


@pytest.fixture
def program() -> Iterator[subprocess.Popen[bytes]]:
    """A program in a process group of its own."""
    started = subprocess.Popen(["/bin/sleep", "3600"], start_new_session=True)
    yield started
    started.kill()
    started.wait()


def test_killed_when_the_time_is_over(program: subprocess.Popen[bytes]) -> None:
    watchdog = Watchdog(time.monotonic() + FAR)
    watchdog.began(program.pid)
    watchdog.extend(time.monotonic())
    assert program.wait(SECONDS) == -signal.SIGKILL
    watchdog.extend(time.monotonic() + FAR)  # nobody hears it any more, which is no error
    watchdog.close()


def test_left_alone_when_it_has_ended_or_the_service_goes(
    program: subprocess.Popen[bytes],
) -> None:
    watchdog = Watchdog(time.monotonic() + FAR)
    watchdog.began(program.pid)
    watchdog.ended(program.pid)
    watchdog.extend(time.monotonic())
    watchdog.close()
    other = Watchdog(time.monotonic() + FAR)
    other.began(program.pid)
    other.close()
    assert program.poll() is None


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_the_service_is_frozen_or_killed(
    program: subprocess.Popen[bytes], number: signal.Signals
) -> None:
    service = subprocess.Popen(
        [sys.executable, "-c", SERVICE, str(program.pid), "3"], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert service.stdout is not None
    try:
        assert service.stdout.readline() == b"watched\n"
        service.send_signal(number)
        assert program.wait(SECONDS) == -signal.SIGKILL
    finally:
        service.kill()
        service.wait()
        service.stdout.close()
