"""Processes in the background: one is gone only when nothing of it is left."""

import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

from app.local.cluster.ports import free_port
from app.local.cluster.processes import Daemon

# Its first thread ends, and another holds the port.
HALF_ENDED = """
import ctypes, signal, socket, sys, threading
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
def hold():
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    threading.Event().wait()
threading.Thread(target=hold).start()
ctypes.CDLL(None).pthread_exit(None)
"""
PATIENCE_SECONDS = 30.0


def test_a_process_whose_first_thread_has_ended_runs_until_all_have(tmp_path: Path) -> None:
    port = free_port()
    daemon = Daemon("half-ended", tmp_path)
    daemon.start([sys.executable, "-c", HALF_ENDED, str(port)])
    pid = int((tmp_path / "half-ended.pid").read_text().split()[0])
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while state_of(pid) != "Z":  # which nothing tells
            assert time.monotonic() < deadline, daemon.tail()
            time.sleep(0.02)

        assert daemon.pid == pid
        daemon.stop()

        assert daemon.pid is None
        with socket.create_server(("127.0.0.1", port)):
            pass
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
