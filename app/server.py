"""uvicorn, which waits for what is open when it stops: event streams have to be told, or go on."""

import socket

import uvicorn
from starlette.applications import Starlette


class Server(uvicorn.Server):
    """Sets the application's ``state.stopping`` before it waits."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop serving."""
        if isinstance(self.config.app, Starlette):
            self.config.app.state.stopping.set()
        await super().shutdown(sockets)
