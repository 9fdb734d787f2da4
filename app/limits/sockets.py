"""Websockets that withstand misuse: malformed messages, floods, and clients that do not read.

Strawberry's handler trusts the shape of messages, copies what a client sent into close reasons,
which may have no more than 123 bytes, and waits without limit for a client that does not read.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)

from app.http.addresses import address_group
from app.limits.errors import RateLimitedError, TooManyConnectionsError, too_many_subscriptions
from app.limits.half_open import HalfOpen
from app.limits.messages import mistake_in
from app.limits.stalls import StallMonitor
from resolvers.context import Context

_log = structlog.get_logger(__name__)

_MALFORMED, _TRY_AGAIN_LATER, _TOO_MANY_REQUESTS = 4400, 1013, 4429
_MAX_REASON_BYTES = 123  # RFC 6455, 5.5: a control frame carries 125, two of which are the code
# Pings and pongs that a client may send in so many seconds. No other limit counts them, because
# they belong to no operation.
_PINGS, _PINGS_SECONDS = 60, 60.0


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """The limits for one websocket: operations at a time, and seconds to sign in and to read."""

    operations: int
    sign_in_timeout_seconds: float
    send_timeout_seconds: float


class GuardedSocket(ASGIWebSocketAdapter):
    """Strawberry's adapter, made safe for peers that are gone and for long close reasons."""

    async def send_json(self, message: Any) -> None:
        # After a close Starlette raises an error that Strawberry's adapter does not translate.
        if self.ws.application_state is WebSocketState.DISCONNECTED:
            raise WebSocketDisconnected
        await super().send_json(message)

    async def send_text(self, text: str) -> None:
        """Send a message that is already encoded."""
        if self.ws.application_state is WebSocketState.DISCONNECTED:
            raise WebSocketDisconnected
        try:
            await self.ws.send_text(text)
        except WebSocketDisconnect as error:
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        if self.ws.application_state is not WebSocketState.DISCONNECTED:
            # ``ignore`` drops a character that the cut has split.
            cut = reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
            await super().close(code, cut)


class GuardedHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """The protocol of one websocket, guarded against misuse."""

    websocket: GuardedSocket

    def __init__(self, *, limits: SocketLimits, half_open: HalfOpen, **options: Any) -> None:
        super().__init__(**options)
        self._limits = limits
        self._half_open = half_open
        self._pings = 0
        self._pings_since = time.monotonic()
        # Without a deadline until ``drop`` sets one that has passed: this cancels ``handle``, also
        # where it waits for the peer.
        self._lifetime = asyncio.timeout(None)
        self._dropped_because = "its peer does not read"
        self._stalls = StallMonitor(limits.send_timeout_seconds, self.drop)

    async def handle(self) -> None:
        """Serve the websocket until it closes, or until its peer no longer reads."""
        address = address_group(self.context.address)
        self._half_open.add(address, self, self._make_room)
        try:
            async with self._lifetime:
                await super().handle()
        except TimeoutError:
            if not self._lifetime.expired():  # somebody else's TimeoutError
                raise
            _log.info("websocket_dropped", reason=self._dropped_because)
        finally:
            self._half_open.remove(address, self)
            self._stalls.end()
            for close in self.context.on_close:
                close()

    async def handle_message(self, message: Message) -> None:
        """Handle one message. A message of the wrong shape closes the connection with 4400."""
        if mistake := mistake_in(message):
            await self.websocket.close(_MALFORMED, mistake)
        elif message["type"] == "connection_init" and message.get("payload", {}) is None:
            # The protocol allows a payload of null; Strawberry would close the connection for it.
            await super().handle_message({"type": "connection_init"})
        elif message["type"] in {"ping", "pong"} and self._is_flooding():
            await self.websocket.close(_TOO_MANY_REQUESTS, "Too many pings")
        else:
            await super().handle_message(message)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Sign in, unless the address or the caller has reached a limit."""
        # Strawberry translates only a ConnectionRejectionError into a close.
        try:
            await super().handle_connection_init(message)
        except (RateLimitedError, TooManyConnectionsError) as error:
            await self.websocket.close(_TRY_AGAIN_LATER, error.message)
        if self.connection_acknowledged:
            self._half_open.remove(address_group(self.context.address), self)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation, unless as many as the limit are under way."""
        # Strawberry's handler closes a websocket that has not signed in or uses an id twice.
        is_new = message["id"] not in self.operations
        if self.connection_acknowledged and is_new and self._is_full:
            error = too_many_subscriptions(self._limits.operations, "on this connection")
            await self.send_message(
                {"id": message["id"], "type": "error", "payload": [error.formatted]}
            )
            return
        await super().handle_subscribe(message)

    async def send_message(self, message: Message) -> None:
        """Send a message. A peer that does not read it for too long is dropped."""
        with self._stalls:
            await super().send_message(message)

    async def send_text(self, text: str) -> None:
        """Send a message that is already encoded, as ``send_message`` does."""
        with self._stalls:
            await self.websocket.send_text(text)

    def try_send_text(self, text: str) -> bool:
        """Send a message if that is possible without waiting; return whether it was sent.

        The server takes a message at once unless too much is still unsent. In that case it waits
        before it takes the message. So a send that is given up at its first wait has sent nothing.
        """
        # Run the coroutine by hand up to its first wait. One that ends before raises StopIteration.
        sending = self.websocket.send_text(text)
        try:
            sending.send(None)
        except StopIteration:
            return True
        except Exception:  # noqa: BLE001 - raised again, and then reported, when the caller waits
            return False
        sending.close()
        return False

    def drop(self) -> None:
        """End the connection without waiting for its peer."""
        with suppress(RuntimeError):  # the connection has ended already
            self._lifetime.reschedule(asyncio.get_running_loop().time())

    def _make_room(self) -> None:
        self._dropped_because = "others from its address wait to sign in"
        self.drop()

    async def handle_task_exception(self, error: Exception) -> None:
        """Log an operation's exception, unless it says only that the peer is gone."""
        if not isinstance(error, WebSocketDisconnected):
            _log.error("operation_failed", exc_info=error)

    @property
    def _is_full(self) -> bool:
        return len(self.operations) >= self._limits.operations

    def _is_flooding(self) -> bool:
        now = time.monotonic()
        if now - self._pings_since > _PINGS_SECONDS:
            self._pings, self._pings_since = 0, now
        self._pings += 1
        return self._pings > _PINGS
