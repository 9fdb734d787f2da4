"""Subscriptions as server-sent events, for clients behind proxies that let no websocket through.

A POST with ``Accept: text/event-stream`` is answered in the "distinct connections mode" of GraphQL
over SSE (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md): one ``next`` event per
result, a ``complete`` at the end, a comment every 15 s in between so that no proxy thinks it idle.
Who would rather have JSON gets it, but for a subscription, which events alone can carry.
An event whose result has a ``version`` or ``cursor`` selected carries it as its ``id``; a client
that comes back with the last one in ``Last-Event-ID``, as browsers' own do, goes on after it.
"""

import asyncio
from collections.abc import AsyncIterable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.streaming import HTTPStreamTransport, SSETransport
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL

from app.http.media_types import accepts_events, prefers_events
from resolvers.context import Context, SignIn

_STREAM_REFUSED = (
    "A subscription is a stream: ask for it with the header `Accept: text/event-stream`, or over a"
    " websocket (graphql-transport-ws)."
)


class ResumableEvents(SSETransport):
    """Events with an id to come back with, for those who prefer events."""

    def accepts(self, accept: str) -> bool:
        """Whether a request is answered with events, whatever it asks for."""
        return prefers_events(accept)

    def encode_next(
        self, response: GraphQLHTTPResponse, encode_json: Callable[[object], str]
    ) -> str:
        """Return the event of a result."""
        event = super().encode_next(response, encode_json)
        position = _position(response.get("data"))
        return event if position is None else f"id: {position}\r\n{event}"


def _position(data: Any) -> str | None:
    """Return where the one field of a subscription's result is, as far as the client asked."""
    for update in data.values() if isinstance(data, dict) else ():
        found = update.get("version", update.get("cursor")) if isinstance(update, dict) else None
        if isinstance(found, int | str) and str(found).isprintable():
            return str(found)
    return None


class EventStreamView(GraphQL[Context, None]):
    """Strawberry's view with resumable events, which end when the service does."""

    stream_transport_classes_by_protocol: Mapping[str, type[HTTPStreamTransport]] = {
        GRAPHQL_SSE_PROTOCOL: ResumableEvents
    }

    def is_subscription(self, asked: GraphQLRequestData) -> bool:
        """Whether a request asks for a stream."""
        raise NotImplementedError

    async def execute_operation(self, request: Request, **given: Any) -> Any:  # type: ignore[override] # called by keywords
        """Let the context know where a client that comes back wants to go on."""
        context: Context = given["context"]
        context.last_event_id = request.headers.get("last-event-id")
        request.state.sign_in = context.sign_in
        asked: GraphQLRequestData | list[GraphQLRequestData] = given["request_data"]
        if isinstance(asked, GraphQLRequestData) and self.is_subscription(asked):
            if not accepts_events(", ".join(request.headers.getlist("accept"))):
                raise HTTPException(406, _STREAM_REFUSED)
            asked.protocol = "sse"
        return await super().execute_operation(request=request, **given)

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], Any],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        """Return the stream.

        It ends without a ``complete`` when the service stops, or the credential is no longer valid.
        """
        sign_in: SignIn | None = request.state.sign_in
        return EventStream(
            stream(),
            endings=[
                request.app.state.stopping.wait,
                *([] if sign_in is None else [sign_in.ended]),
            ],
            headers={**sub_response.headers, **headers},
        )


class EventStream(StreamingResponse):
    """A stream that goes on until it ends, or the client is gone, or one of ``endings`` is over."""

    def __init__(
        self,
        content: AsyncIterable[str],
        *,
        endings: Sequence[Callable[[], Coroutine[Any, Any, object]]],
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(content, headers=headers)
        self._endings = endings
        self._is_complete = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        await super().__call__(scope, receive, send)
        if not self._is_complete:  # an orderly end, in case that the client is still there
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def stream_response(self, send: Send) -> None:
        """See StreamingResponse."""
        await super().stream_response(send)
        self._is_complete = True

    async def listen_for_disconnect(self, receive: Receive) -> None:
        """See StreamingResponse: once this returns, the stream is closed."""
        waiting: set[asyncio.Task[object]] = {
            asyncio.create_task(super().listen_for_disconnect(receive)),
            *(asyncio.create_task(ending()) for ending in self._endings),
        }
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
