"""Turns the domain's refusals into a payload's errors, or into GraphQL errors without a payload."""

from collections.abc import Sequence

from graphql import GraphQLError

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import NotFoundError, Refusal, RefusedError
from provisioner.domain.identities import Identity
from resolvers.context import Context
from schema.codes import UserErrorCode
from schema.payloads import UserError


class PublicError(GraphQLError):
    """An error whose message is for the caller; the messages of other errors are masked."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message, extensions={"code": code, "field": field})


def require_caller(context: Context) -> Identity:
    """Return the caller. Raises PublicError (UNAUTHENTICATED) if nobody has signed in."""
    if context.caller is None:
        raise PublicError(
            "UNAUTHENTICATED",
            "Sign in first: send the header `Authorization: Bearer <token>`, or `authorization` in"
            " the payload of connection_init. `make up` prints a token.",
        )
    return context.caller


def user_errors(error: RefusedError | NotFoundError) -> list[UserError]:
    """Return the payload's errors for a refused mutation."""
    return [
        UserError(code=UserErrorCode[refusal.code], message=refusal.message, field=refusal.field)
        for refusal in _refusals(error)
    ]


def public(error: RefusedError | NotFoundError) -> PublicError:
    """Return the GraphQL error for a query or subscription that is refused."""
    refusals = _refusals(error)
    # A GraphQL error has one code and one field, so those of the first refusal stand for all.
    message = "; ".join(refusal.message for refusal in refusals)
    return PublicError(refusals[0].code, message, refusals[0].field)


def _refusals(error: RefusedError | NotFoundError) -> Sequence[Refusal]:
    if isinstance(error, RefusedError):
        return error.refusals
    # The message is the same for a missing store and for another owner's, so that callers cannot
    # find out which ids exist.
    return (
        Refusal(RefusalCode.NOT_FOUND, "There is no such store; it may have another owner.", "id"),
    )
