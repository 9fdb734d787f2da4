"""What a caller is told while the database cannot be used: to try again, and how soon."""

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from app.http.graphql_responses import refusal
from provisioner.domain.errors import DatabaseUnavailableError

_RETRY_SECONDS = 2


def unavailable(error: DatabaseUnavailableError) -> GraphQLError:
    """Return the error of an operation, with what is wrong as far as it is known.

    A change may have been made even where the transaction that failed has changed nothing: by one
    before it, or because its answer was lost.
    """
    return GraphQLError(
        f"{error} Try again in a moment; after a change, look first whether it was made.",
        extensions={"code": "UNAVAILABLE", "retryAfterSeconds": _RETRY_SECONDS},
    )


async def answer_unavailable(request: Request, error: Exception) -> Response:
    """Answer a request that could not even be signed in."""
    assert isinstance(error, DatabaseUnavailableError)  # noqa: S101 - what it is registered for
    response = refusal(request, unavailable(error))
    response.status_code = 503
    response.headers["Retry-After"] = str(_RETRY_SECONDS)
    return response
