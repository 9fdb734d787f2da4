"""uvicorn's HTTP protocol with two time limits that uvicorn does not have.

Without them a client could hold a connection for ever: by sending the head of a request one byte at
a time, or by no longer reading what it is sent.
"""

import asyncio
import socket

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""Seconds that the head of a request (its first line and headers) may take to arrive."""

UNREAD_SECONDS = 30.0
"""Seconds that sent data may stay unacknowledged by the peer's system, on websockets too."""


class RequestTimeoutProtocol(H11Protocol):
    """One connection, which is closed when its peer takes too long."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(  # type: ignore[override] # as uvicorn's own
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        drop_when_unread(transport)
        # uvicorn's keep-alive timer only starts after a first response.
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # h11 leaves IDLE when it has read a whole head. While it is idle, trailing data is the
        # beginning of the next head: uvicorn has stopped its keep-alive timer at the first byte.
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self.conn.trailing_data[0]:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        # More bytes do not start the timer anew: the limit is for the whole head.
        if self._patience is None:
            self._patience = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def drop_when_unread(transport: asyncio.Transport) -> None:
    """Have the kernel end the connection when its peer no longer acknowledges sent data.

    Does nothing on systems other than Linux, which do not have this socket option.
    """
    connection = transport.get_extra_info("socket")
    if connection is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        milliseconds = int(UNREAD_SECONDS * 1000)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
