"""Closes a websocket when the credential that signed it in ends."""

import asyncio
from contextlib import suppress
from typing import Any

from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import ConnectionInitMessage

from resolvers.context import Context, SignIn

_FORBIDDEN = 4403  # the protocol's code, which also refuses a sign-in
_CLOSE_SECONDS = 5.0  # for the close message, which a peer may not read


class CredentialBoundHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """The protocol of one websocket, which is closed with 4403 when its credential ends."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Without a deadline until the credential ends. Then the deadline is set to now, which
        # cancels ``handle`` wherever it waits.
        self._validity = asyncio.timeout(None)
        self._watching: asyncio.Task[None] | None = None

    async def handle(self) -> None:
        """Serve the websocket until it closes, or the credential is no longer valid."""
        try:
            async with self._validity:
                await super().handle()
        except TimeoutError:
            if not self._validity.expired():  # somebody else's TimeoutError
                raise
            # Strawberry's handler has ended every operation by now, so nothing more is sent. A peer
            # that does not read the close message is not waited for.
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
        # A second ``connection_init`` is refused, but comes here too. It must not start a task.
        if self.connection_acknowledged and sign_in is not None and self._watching is None:
            self._watching = asyncio.create_task(self._end_with(sign_in), name="credential")

    async def _end_with(self, sign_in: SignIn) -> None:
        await sign_in.ended()
        self._validity.reschedule(asyncio.get_running_loop().time())
