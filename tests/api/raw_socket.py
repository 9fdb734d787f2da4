"""A websocket client that reads only when it is told to, unlike any library's."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

_RECEIVE_BUFFER_BYTES = 4096  # so that little is hidden from the server in this machine's buffers


class RawSocket:
    """Answers pings only while it reads."""

    def __init__(self, protocol: ClientProtocol, connection: socket.socket) -> None:
        self._protocol = protocol
        self._connection = connection
        self._messages: list[dict[str, Any]] = []

    async def send(self, message: dict[str, Any]) -> None:
        self._protocol.send_text(json.dumps(message).encode())
        await self.flush()

    async def flush(self) -> None:
        loop = asyncio.get_running_loop()
        for data in self._protocol.data_to_send():
            await loop.sock_sendall(self._connection, data)

    async def read(self) -> bool:
        """Take what is there, or wait for it; return whether the connection is still open."""
        data = await asyncio.get_running_loop().sock_recv(self._connection, 1 << 16)
        self._protocol.receive_data(data) if data else self._protocol.receive_eof()
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                assert event.fin
                self._messages.append(json.loads(bytes(event.data)))
            elif isinstance(event, Response):
                assert event.status_code == 101
        await self.flush()
        return bool(data)

    async def message(self) -> dict[str, Any]:
        """Return the next message."""
        while not self._messages:
            assert await self.read(), "The server has closed the connection."
        return self._messages.pop(0)


@asynccontextmanager
async def signed_in(port: int, token: str) -> AsyncIterator[RawSocket]:
    """Give a websocket after ``connection_ack``."""
    protocol = ClientProtocol(
        parse_uri(f"ws://127.0.0.1:{port}/graphql"),
        subprotocols=[Subprotocol("graphql-transport-ws")],
        max_size=None,
    )
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        connection.setblocking(False)  # noqa: FBT003 - the standard library's own
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
        client = RawSocket(protocol, connection)
        protocol.send_request(protocol.connect())
        await client.flush()
        while protocol.state.name == "CONNECTING":
            await client.read()
        payload = {"authorization": f"Bearer {token}"}
        await client.send({"type": "connection_init", "payload": payload})
        assert (await client.message())["type"] == "connection_ack"
        yield client
