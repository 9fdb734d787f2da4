"""The domain's refusals: as data, or as GraphQL errors where no payload can carry them."""

from collections.abc import Sequence

from graphql import GraphQLError

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import NotFoundError, Refusal, RefusedError
from provisioner.domain.identities import Identity
from resolvers.context import Context
from schema.codes import UserErrorCode
from schema.payloads import UserError


class PublicError(GraphQLError):
    """An error whose message is meant for the caller; every other is masked."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message, extensions={"code": code, "field": field})


def require_caller(context: Context) -> Identity:
    """Return who calls. Raises PublicError when nobody has signed in."""
    if context.caller is None:
        raise PublicError(
            "UNAUTHENTICATED",
            "Sign in first: send the header `Authorization: Bearer <token>`, or `authorization` in"
            " the payload of connection_init. `make up` prints a token.",
        )
    return context.caller


def user_errors(error: RefusedError | NotFoundError) -> list[UserError]:
    """Return a refused mutation's errors."""
    return [
        UserError(code=UserErrorCode[refusal.code], message=refusal.message, field=refusal.field)
        for refusal in _refusals(error)
    ]


def public(error: RefusedError | NotFoundError) -> PublicError:
    """Return the GraphQL error for a query or subscription that is refused."""
    refusals = _refusals(error)
    message = "; ".join(refusal.message for refusal in refusals)
    return PublicError(refusals[0].code, message, refusals[0].field)


def _refusals(error: RefusedError | NotFoundError) -> Sequence[Refusal]:
    if isinstance(error, RefusedError):
        return error.refusals
    return (
        Refusal(RefusalCode.NOT_FOUND, "There is no such store; it may have another owner.", "id"),
    )
