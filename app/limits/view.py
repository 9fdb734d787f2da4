"""Strawberry's view with limits on requests and websockets."""

from datetime import timedelta
from functools import partial
from typing import Any

from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry import Schema
from strawberry.http import GraphQLHTTPResponse
from strawberry.types.unset import UnsetType

from app.http.graphql_responses import GraphQLOverHttp, refusal
from app.limits.decoding import decode_json
from app.limits.errors import RateLimitedError, TooManyConnectionsError
from app.limits.inputs import refusal_of_text
from app.limits.settings import Limits
from app.limits.sockets import GuardedHandler, GuardedSocket
from resolvers.context import Context


class LimitedView(GraphQLOverHttp):
    """GraphQL view that refuses requests and websockets that are malformed or too many."""

    websocket_adapter_class = GuardedSocket  # type: ignore[assignment] # as Strawberry's own
    guarded_handler_class: type[GuardedHandler] = GuardedHandler

    def __init__(self, schema: Schema, limits: Limits, **options: Any) -> None:
        super().__init__(
            schema,
            graphql_ide=None,  # GraphiQL is one of our built pages; Strawberry's loads from a CDN
            # A link could send a mutation by GET. Queries by GET are refused too, for simplicity.
            allow_queries_via_get=False,
            connection_init_wait_timeout=timedelta(seconds=limits.sockets.sign_in_timeout_seconds),
            # ``GuardedHandler`` counts them: its error has a code, and Strawberry's has none.
            max_subscriptions_per_connection=None,
            **options,
        )
        self._limits = limits
        self.graphql_transport_ws_handler_class = partial(  # type: ignore[assignment] # a factory
            self.guarded_handler_class, limits=limits.sockets, half_open=limits.half_open
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or websocket. One beyond a rate limit gets a GraphQL error."""
        try:
            await super().__call__(scope, receive, send)
        except RateLimitedError as error:
            response = refusal(Request(scope), error)
            response.headers["Retry-After"] = str(error.retry_after_seconds)
            await response(scope, receive, send)

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Count a websocket that has signed in. Raises TooManyConnectionsError at the limit."""
        if context.caller is not None:
            limiter, name = self._limits.connections, context.caller.owner.key
            if not limiter.take(name):
                raise TooManyConnectionsError(limiter.limit)
            context.on_close.append(lambda: limiter.free(name))
        return await super().on_ws_connect(context)

    def decode_json(self, data: str | bytes) -> object:
        """Return the decoded JSON, see ``app.limits.decoding``."""
        return decode_json(data)

    def parse_json(self, data: str | bytes) -> Any:
        """Return the decoded body of a request. Raises HTTPException when it has a wrong shape."""
        value = super().parse_json(data)
        if not isinstance(value, dict | list):  # Strawberry refuses a list of requests itself
            raise HTTPException(400, "The request must be a JSON object with a `query`.")
        # The name is neither part of the document nor a variable, which are checked elsewhere.
        name = value.get("operationName") if isinstance(value, dict) else None
        if isinstance(name, str) and (refused := refusal_of_text("operationName", name)):
            raise HTTPException(400, refused.message)
        return value

    def create_response(
        self,
        response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse],
        sub_response: Response,
    ) -> Response:
        """Return the response, with the header Retry-After if an error says when to try again."""
        response = super().create_response(response_data, sub_response)
        given: Any = response_data
        for error in given.get("errors") or ():
            if seconds := error.get("extensions", {}).get("retryAfterSeconds"):
                response.headers["Retry-After"] = str(seconds)
        return response
