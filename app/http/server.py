"""uvicorn's server with two more actions: one when it starts to serve, one before it stops."""

import gc
import socket

import uvicorn
from starlette.applications import Starlette


class Server(uvicorn.Server):
    """uvicorn's server, which also tells the application when it stops.

    Before it waits for open requests, it sets the event ``state.stopping``. Event streams watch
    that event; they would otherwise go on.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and exempt what exists by then from garbage collection."""
        await super().startup(sockets)
        # Modules and the schema stay for ever. To search them for garbage takes 70 ms each time, in
        # which nothing else runs. What is garbage already is collected before.
        gc.collect()
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End event streams, wait for open requests, and stop."""
        if isinstance(self.config.app, Starlette):
            self.config.app.state.stopping.set()
        await super().shutdown(sockets)
