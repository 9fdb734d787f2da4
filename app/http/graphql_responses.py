"""Answers as GraphQL over HTTP has them, for clients that ask for its media type.

https://graphql.github.io/graphql-over-http/draft/#sec-application-graphql-response-json: with
``application/graphql-response+json`` the status says whether the request was carried out; without
``data`` it was not. Whoever asks for ``application/json``, or for nothing in particular, gets 200
and finds what went wrong in ``errors``, as clients from before that media type expect. A GET is
answered with 405: a link could send it.
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
            if not _wants_status(request):
                raise
            content = {"errors": [{"message": error.reason}]}
            return Response(encode_json(content), error.status_code, media_type=_CONTENT_TYPE)

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Return what the answer is made from."""
        response = await super().get_sub_response(request)
        response.media_type = GRAPHQL_RESPONSE if _wants_status(request) else None
        return response

    async def process_result(
        self, request: Request | WebSocket, result: Any
    ) -> GraphQLHTTPResponse:
        """Return the content of an answer; without ``data`` when nothing was carried out."""
        content = await super().process_result(request, result)  # type: ignore[arg-type]
        if _wants_status(request) and result.data is None and is_refusal(result.errors or ()):
            del content["data"]
        return content

    def create_response(
        self,
        response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse],
        sub_response: Response,
    ) -> Response:
        """Return the answer."""
        response = super().create_response(response_data, sub_response)
        content: Any = response_data
        if sub_response.media_type == GRAPHQL_RESPONSE:
            response.headers["Content-Type"] = _CONTENT_TYPE
            if "data" not in content:
                _put_status(response, content["errors"])
        return response


async def only_post(_: Request) -> Response:
    """Answer whoever asks by GET."""
    text = "Send GraphQL by POST, with the body as application/json.\n"
    return PlainTextResponse(text, 405, {"Allow": "POST"})


def refusal(request: Request, error: GraphQLError) -> Response:
    """Return the answer to a request that was refused before anything was made of it."""
    if not _wants_status(request):
        content = {"data": None, "errors": [error.formatted]}
        return Response(encode_json(content), media_type="application/json")
    response = Response(encode_json({"errors": [error.formatted]}), media_type=_CONTENT_TYPE)
    _put_status(response, [error.formatted])
    return response


def is_refusal(errors: Sequence[GraphQLError]) -> bool:
    """Whether the errors of an answer without data are about the request as a whole.

    They have no path then. Nobody having signed in is about the whole, whichever field said so.
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
    if not isinstance(request, Request):
        return False
    return prefers_graphql_response(", ".join(request.headers.getlist("accept")))
