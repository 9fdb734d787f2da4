"""uvicorn's HTTP protocol with the time limits that it lacks.

A client that sends the head of a request a byte at a time would hold its connection for ever, and
so would one that stops reading what it is sent.
"""

import asyncio
import socket

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""How long the head of a request may take to arrive."""

UNREAD_SECONDS = 30.0
"""How long the peer's system may leave what was sent unacknowledged, websockets included."""


class RequestTimeoutProtocol(H11Protocol):
    """One connection, closed when its peer takes too long."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(  # type: ignore[override] # as uvicorn's own
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        drop_when_unread(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self.conn.trailing_data[0]:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def drop_when_unread(transport: asyncio.Transport) -> None:
    """Have the kernel end the connection when its peer no longer takes what it is sent."""
    connection = transport.get_extra_info("socket")
    if connection is not None and hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        milliseconds = int(UNREAD_SECONDS * 1000)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
