"""The service for P2, with two more ways to be told of a store's changes, and a way to make some.

``/stock`` is Strawberry's own view of the same schema and resolvers; ``/bare`` sends every one the
text that is posted to it. All are served by one process, with the service's own options.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import strawberry
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import GraphQL

from app.http.server import Server
from app.main import create_app
from app.settings import Settings
from provisioner.domain.cluster import Pod, PodPhase
from provisioner.domain.identities import Identity, Role
from provisioner.domain.owners import local
from provisioner.platform import Platform
from resolvers.context import Context
from resolvers.mutations import Mutation
from resolvers.queries import Query
from resolvers.subscriptions import Subscription
from tests.stores import a_store


@dataclass(frozen=True, slots=True)
class _Admin:
    """A sign-in that never ends."""

    identity = Identity(local("bench"), Role.ADMIN)

    async def ended(self) -> None:
        await asyncio.Event().wait()


class _StockView(GraphQL[Context, None]):
    async def get_context(
        self,
        request: Request | WebSocket,
        response: Response | WebSocket,  # noqa: ARG002 - Strawberry's signature
    ) -> Context:
        return Context(platform=request.app.state.platform, version="", sign_in=_Admin())


class _Bare:
    """A broadcast as one would write it by hand."""

    def __init__(self) -> None:
        self._sockets: set[WebSocket] = set()

    async def follow(self, socket: WebSocket) -> None:
        await socket.accept(subprotocol="graphql-transport-ws")
        self._sockets.add(socket)
        try:
            await socket.receive_text()
        except WebSocketDisconnect:
            self._sockets.discard(socket)

    async def send(self, request: Request) -> Response:
        text = (await request.body()).decode()
        for socket in list(self._sockets):
            await socket.send_text(text)
        return Response()


async def _create(request: Request) -> Response:
    platform: Platform = request.app.state.platform
    store = await platform.stores._records.create(a_store())
    return JSONResponse({"id": f"store_{store.id}"})


async def _change(request: Request) -> Response:
    """Have one pod of a store say something else: one event, in one frame."""
    platform: Platform = request.app.state.platform
    store_id = request.path_params["id"].removeprefix("store_")
    pods = [
        Pod(
            name=f"shop-{index}", uid=str(index), component="wordpress", phase=PodPhase.RUNNING,
            is_ready=True, created_at=datetime(2026, 1, 1, tzinfo=UTC),
            message=request.path_params["message"] if index == 0 else "",
        )
        for index in range(4)
    ]  # fmt: skip
    await platform.stores._records.record_pods(store_id, pods)
    return Response()


def main() -> None:
    settings = Settings.read()
    app = create_app(settings)
    stock = _StockView(strawberry.Schema(Query, Mutation, Subscription))
    bare = _Bare()
    app.router.routes[:0] = [
        WebSocketRoute("/stock", stock),
        WebSocketRoute("/bare", bare.follow),
        Route("/bare", bare.send, methods=["POST"]),
        Route("/stores", _create, methods=["POST"]),
        Route("/stores/{id}/{message}", _change, methods=["POST"]),
    ]
    Server(
        uvicorn.Config(
            app, port=settings.port, ws="websockets-sansio", ws_per_message_deflate=False,
            ws_ping_interval=None, log_config=None, access_log=False,
        )
    ).run()  # fmt: skip


if __name__ == "__main__":
    main()
