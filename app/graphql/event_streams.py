"""Serves subscriptions as server-sent events, for clients whose proxies let no websocket through.

A POST with ``Accept: text/event-stream`` is answered in the "distinct connections mode" of GraphQL
over SSE (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md). Each result is one
``next`` event, and the stream ends with ``complete``. A comment every 15 s keeps proxies from
closing an idle connection. A client that prefers JSON gets JSON, except for a subscription, because
only events can carry one.

If a client selects ``version`` or ``cursor``, each event has its value as its ``id``. A client that
reconnects sends the last id in the header ``Last-Event-ID``, and the stream resumes after it.
Browsers' EventSource does this by itself.
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
    """Encodes results as events, with an id from which a client can resume."""

    def accepts(self, accept: str) -> bool:
        """Return whether a client prefers events to JSON, whatever operation it sends."""
        return prefers_events(accept)

    def encode_next(
        self, response: GraphQLHTTPResponse, encode_json: Callable[[object], str]
    ) -> str:
        """Return the event for a result."""
        event = super().encode_next(response, encode_json)
        position = _position(response.get("data"))
        return event if position is None else f"id: {position}\r\n{event}"


def _position(data: Any) -> str | None:
    """Return the version or cursor of a subscription's result, or None if it is not selected."""
    for update in data.values() if isinstance(data, dict) else ():
        found = update.get("version", update.get("cursor")) if isinstance(update, dict) else None
        # The client chooses the names in its result, so any field may be called ``version``. A line
        # end in its value would let the text after it pass for another field of the event.
        if isinstance(found, int | str) and str(found).isprintable():
            return str(found)
    return None


class EventStreamView(GraphQL[Context, None]):
    """Extends Strawberry's view with event streams that resume, and end when the service stops."""

    stream_transport_classes_by_protocol: Mapping[str, type[HTTPStreamTransport]] = {
        GRAPHQL_SSE_PROTOCOL: ResumableEvents
    }

    def is_subscription(self, asked: GraphQLRequestData) -> bool:
        """Return whether a request asks for a subscription."""
        raise NotImplementedError

    async def execute_operation(self, request: Request, **given: Any) -> Any:  # type: ignore[override] # called by keywords
        """Execute an operation; a reconnecting client's position is put into the context first.

        Raises HTTPException (406) for a subscription whose caller does not accept events.
        """
        context: Context = given["context"]
        context.last_event_id = request.headers.get("last-event-id")
        # Strawberry does not pass the context to ``create_streaming_response``, only the request.
        request.state.sign_in = context.sign_in
        asked: GraphQLRequestData | list[GraphQLRequestData] = given["request_data"]
        if isinstance(asked, GraphQLRequestData) and self.is_subscription(asked):
            if not accepts_events(", ".join(request.headers.getlist("accept"))):
                raise HTTPException(406, _STREAM_REFUSED)
            # A client may accept events and still prefer JSON. Strawberry has chosen the protocol
            # by that preference, but JSON cannot carry a stream.
            asked.protocol = "sse"
        return await super().execute_operation(request=request, **given)

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], Any],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        """Return the response that sends the stream.

        When the service stops or the credential ends, the stream ends without ``complete``. So a
        client can tell that from the end of the subscription.
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
    """Sends a stream until it is complete, the client is gone, or one of ``endings`` returns."""

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
        """Send the stream; end the response properly even if the stream was cut off."""
        await super().__call__(scope, receive, send)
        # After one of ``endings`` the client may still be there. Without a last chunk it would see
        # a broken connection.
        if not self._is_complete:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def stream_response(self, send: Send) -> None:
        """See StreamingResponse."""
        await super().stream_response(send)
        self._is_complete = True

    async def listen_for_disconnect(self, receive: Receive) -> None:
        """Return when the client is gone or one of the endings returns.

        Starlette's StreamingResponse runs this beside the stream and cancels the stream when it
        returns. It does so only for servers with an ASGI ``spec_version`` below 2.4, such as
        uvicorn.
        """
        waiting: set[asyncio.Task[object]] = {
            asyncio.create_task(super().listen_for_disconnect(receive)),
            *(asyncio.create_task(ending()) for ending in self._endings),
        }
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
