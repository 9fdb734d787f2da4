"""uvicorn, with what has to be done once it serves, and before it waits for what is still open."""

import gc
import socket

import uvicorn
from starlette.applications import Starlette


class Server(uvicorn.Server):
    """Tells the application by ``state.stopping`` before it waits: event streams would go on."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve.

        What there is by then (modules, the schema) stays, and need not be looked through for
        garbage again and again: that is 70 ms each time in which nothing else goes on.
        """
        await super().startup(sockets)
        gc.collect()
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop serving."""
        if isinstance(self.config.app, Starlette):
            self.config.app.state.stopping.set()
        await super().shutdown(sockets)
