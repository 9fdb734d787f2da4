"""Answers callers while the database cannot be used: they are told to try again, and when."""

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from app.http.graphql_responses import refusal
from provisioner.domain.errors import DatabaseUnavailableError

_RETRY_SECONDS = 2


def unavailable(error: DatabaseUnavailableError) -> GraphQLError:
    """Return the error for an operation, with the cause as far as it is known."""
    # The transaction that failed has changed nothing, unless only its answer was lost. But the
    # operation may have made a change in a transaction before it. So the caller has to look.
    return GraphQLError(
        f"{error} Try again in a moment; after a change, look first whether it was made.",
        extensions={"code": "UNAVAILABLE", "retryAfterSeconds": _RETRY_SECONDS},
    )


async def answer_unavailable(request: Request, error: Exception) -> Response:
    """Answer a request whose sign-in failed because the database cannot be used."""
    assert isinstance(error, DatabaseUnavailableError)  # noqa: S101 - what it is registered for
    response = refusal(request, unavailable(error))
    response.status_code = 503
    response.headers["Retry-After"] = str(_RETRY_SECONDS)
    return response
