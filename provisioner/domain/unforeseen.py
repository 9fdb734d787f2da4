"""Errors that nobody foresaw: each gets an id, under which the log tells all of it.

What is known of such an error is only where it happened. It may pass, so the work is tried again a
few times; it may be a fault of ours that nothing here can mend, so it is not tried for ever.
"""

import secrets

import structlog

from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import UnforeseenError
from provisioner.domain.stores import Reason

_log = structlog.get_logger(__name__)

MOST_TRIES = 3
"""How often work is done that ends each time in an error that nobody foresaw."""

REMEDY = "Try again, and name that number to the platform's operator if it happens again."


def noted(error: BaseException, **fields: object) -> UnforeseenError:
    """Log an error with all that is known of it; return it under the id that finds it there."""
    if isinstance(error, UnforeseenError):
        return error
    error_id = secrets.token_hex(6)
    _log.error("unforeseen_error", error_id=error_id, exc_info=error, **fields)
    return UnforeseenError(error_id)


def reason(error: UnforeseenError, following: str) -> Reason:
    """Return the reason of a store whose work is given up; ``following`` says what comes next."""
    return Reason(ReasonCode.INTERNAL, f"{error} {following}")
