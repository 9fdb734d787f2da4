"""The errors that tell a caller which limit they have reached."""

from resolvers.errors import PublicError


def too_complex(message: str) -> PublicError:
    """Return the error for a document that asks for too much."""
    return PublicError("TOO_COMPLEX", message)


def too_many_subscriptions(limit: int, where: str) -> PublicError:
    """Return the error for an operation beyond the number that may be open at a time.

    ``where`` says whose number it is, such as "on this connection".
    """
    return PublicError(
        "TOO_MANY_SUBSCRIPTIONS",
        f"There are {limit} operations open {where} already, the limit. Complete one first.",
    )


def timed_out(limit_seconds: float, *, is_mutation: bool) -> PublicError:
    """Return the error for an operation that took too long."""
    # A query is cancelled, but a mutation goes on: see ``OperationTimeout``.
    after = (
        "It may still be carried out: check what became of it before you ask again."
        if is_mutation
        else "It was given up: ask for less, or try again later."
    )
    return PublicError("TIMEOUT", f"This took longer than {limit_seconds:g} s. {after}")


class RateLimitedError(PublicError):
    """The caller asked too often. Nothing was done; the error says when to try again."""

    def __init__(self, what: str, retry_after_seconds: int) -> None:
        super().__init__("RATE_LIMITED", f"Too many {what}. Try again in {retry_after_seconds} s.")
        self.retry_after_seconds = retry_after_seconds
        if self.extensions is not None:  # never; graphql-core declares that it may be
            self.extensions["retryAfterSeconds"] = retry_after_seconds


class TooManyConnectionsError(PublicError):
    """The caller has as many websockets open as they may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "TOO_MANY_CONNECTIONS", f"You have {limit} websockets open already; close one first."
        )
