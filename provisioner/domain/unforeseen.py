"""Errors that no code expects: each gets an id, under which the log has all its details.

Such an error may pass, so the work is tried again a few times. It may also be a bug that no retry
can repair, so the work is not tried for ever.
"""

import secrets

import structlog

from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import UnforeseenError
from provisioner.domain.stores import Reason

_log = structlog.get_logger(__name__)

MOST_TRIES = 3
"""How often work is tried that ends with an unforeseen error each time."""

REMEDY = "Try again, and name that number to the platform's operator if it happens again."


def noted(error: BaseException, **fields: object) -> UnforeseenError:
    """Log an error with its traceback; return an UnforeseenError with the id of the log entry."""
    # It was logged where it was first caught: a second entry would give it another id.
    if isinstance(error, UnforeseenError):
        return error
    error_id = secrets.token_hex(6)
    _log.error("unforeseen_error", error_id=error_id, exc_info=error, **fields)
    return UnforeseenError(error_id)


def reason(error: UnforeseenError, following: str) -> Reason:
    """Return the reason for a store whose work ended so; ``following`` says what comes next."""
    return Reason(ReasonCode.INTERNAL, f"{error} {following}")
