"""Websockets that end with the credential they were opened with."""

import asyncio
from contextlib import suppress
from typing import Any

from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import ConnectionInitMessage

from resolvers.context import Context, SignIn

_FORBIDDEN = 4403
_CLOSE_SECONDS = 5.0


class CredentialBoundHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """One websocket's protocol; closes it with 4403 when the credential ends."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._validity = asyncio.timeout(None)
        self._watching: asyncio.Task[None] | None = None

    async def handle(self) -> None:
        """Serve the websocket until it closes, or the credential is no longer valid."""
        try:
            async with self._validity:
                await super().handle()
        except TimeoutError:
            if not self._validity.expired():
                raise
            # Every operation has ended by now, so nothing more is sent. A peer that does not read
            # is not waited for.
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self.websocket.close(_FORBIDDEN, "Credential no longer valid")
        finally:
            if self._watching is not None:
                self._watching.cancel()

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Sign in, and watch the credential from then on."""
        await super().handle_connection_init(message)
        sign_in = self.context.sign_in
        if self.connection_acknowledged and sign_in is not None and self._watching is None:
            self._watching = asyncio.create_task(self._end_with(sign_in), name="credential")

    async def _end_with(self, sign_in: SignIn) -> None:
        await sign_in.ended()
        self._validity.reschedule(asyncio.get_running_loop().time())
