"""Answers as the specification "GraphQL over HTTP" wants them.

https://graphql.github.io/graphql-over-http/draft/#sec-application-graphql-response-json: a client
that asks for ``application/graphql-response+json`` gets a status code that says whether the request
was carried out, and an answer without ``data`` if it was not. A client that asks for
``application/json``, or for nothing in particular, gets 200 and finds the problem in ``errors``, as
older clients expect. A GET is answered with 405, because a link could send it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cross_web import HTTPException
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse

from app.http.encoding import encode_json
from app.http.media_types import GRAPHQL_RESPONSE, prefers_graphql_response
from resolvers.context import Context

# The status code for each code of an error. Any other is the client's mistake: ``_BAD_REQUEST``.
_STATUS = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "RATE_LIMITED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "TIMEOUT": 504,
}
_BAD_REQUEST = 400
_CONTENT_TYPE = f"{GRAPHQL_RESPONSE}; charset=utf-8"


class GraphQLOverHttp(GraphQL[Context, None]):
    """Strawberry's view with the media type and the status codes of GraphQL over HTTP."""

    async def run(self, request: Request | WebSocket, *args: Any, **given: Any) -> Any:
        """Answer a request, or serve a websocket."""
        try:
            return await super().run(request, *args, **given)
        except HTTPException as error:
            # Strawberry would answer with plain text, which is not what this client asked for.
            if not _wants_status(request):
                raise
            content = {"errors": [{"message": error.reason}]}
            return Response(encode_json(content), error.status_code, media_type=_CONTENT_TYPE)

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Return the response in which Strawberry collects headers, with the media type wanted."""
        response = await super().get_sub_response(request)
        # The only way to hand it on to ``create_response``, which does not get the request.
        response.media_type = GRAPHQL_RESPONSE if _wants_status(request) else None
        return response

    async def process_result(
        self, request: Request | WebSocket, result: Any
    ) -> GraphQLHTTPResponse:
        """Return the content of an answer, without ``data`` if the request was not carried out."""
        content = await super().process_result(request, result)  # type: ignore[arg-type]
        if _wants_status(request) and result.data is None and is_refusal(result.errors or ()):
            del content["data"]
        return content

    def create_response(
        self,
        response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse],
        sub_response: Response,
    ) -> Response:
        """Return the answer, with the status code that its media type asks for."""
        response = super().create_response(response_data, sub_response)
        content: Any = response_data
        if sub_response.media_type == GRAPHQL_RESPONSE:
            response.headers["Content-Type"] = _CONTENT_TYPE
            if "data" not in content:
                _put_status(response, content["errors"])
        return response


async def only_post(_: Request) -> Response:
    """Answer a GET with 405."""
    text = "Send GraphQL by POST, with the body as application/json.\n"
    return PlainTextResponse(text, 405, {"Allow": "POST"})


def refusal(request: Request, error: GraphQLError) -> Response:
    """Return the answer to a request that is refused before it is parsed."""
    if not _wants_status(request):
        content = {"data": None, "errors": [error.formatted]}
        return Response(encode_json(content), media_type="application/json")
    response = Response(encode_json({"errors": [error.formatted]}), media_type=_CONTENT_TYPE)
    _put_status(response, [error.formatted])
    return response


def is_refusal(errors: Sequence[GraphQLError]) -> bool:
    """Return whether the errors of an answer without data are about the request as a whole.

    Such errors have no path. A missing sign-in concerns the whole request too, although a field
    reports it.
    """
    return all(
        error.path is None or _code(error.extensions) == "UNAUTHENTICATED" for error in errors
    )


def _put_status(response: Response, errors: Sequence[Any]) -> None:
    code = _code(errors[0].get("extensions"))
    response.status_code = _STATUS.get(str(code), _BAD_REQUEST)
    if code == "UNAUTHENTICATED":
        response.headers["WWW-Authenticate"] = "Bearer"


def _code(extensions: Mapping[str, Any] | None) -> object:
    return (extensions or {}).get("code")


def _wants_status(request: Request | WebSocket) -> bool:
    if not isinstance(request, Request):  # a websocket
        return False
    # Several headers of one name mean the same as one with commas (RFC 9110, 5.3).
    return prefers_graphql_response(", ".join(request.headers.getlist("accept")))
