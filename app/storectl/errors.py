"""How a command can end, and with which exit code.

StorectlError
├── RefusedError         1   the platform said no, or the store failed
├── UsageError           2   the command line is wrong
├── NotSignedInError     3   no token, or one that is not valid (any more)
├── UnreachableError     4   the platform does not answer
├── NoSuchStoreError     5   there is none of that name or id for this caller
├── LocalError           6   a file or the output cannot be read or written
└── ClosedError        141   nobody reads the output any more
"""

from collections.abc import Mapping, Sequence
from typing import Any

EXIT_CODES = (
    (0, "done"),
    (1, "refused, or the store failed"),
    (2, "the command line is wrong"),
    (3, "not signed in"),
    (4, "the platform cannot be reached"),
    (5, "no such store"),
    (6, "a file of storectl's, or its output, cannot be read or written"),
    (70, "storectl failed for a reason that it does not know"),
    (130, "stopped with Ctrl-C; the store goes on"),
    (141, "whoever read the output has closed it"),
)
FAULT = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED = 130


class StorectlError(Exception):
    """Root of the tree; the message is a sentence for people."""

    exit_code = 1


class RefusedError(StorectlError):
    """The platform refused, or the store cannot get where it should."""


class UsageError(StorectlError):
    """The command line is wrong."""

    exit_code = 2


class NotSignedInError(StorectlError):
    """There is no token, or the platform does not know it."""

    exit_code = 3


class UnreachableError(StorectlError):
    """The platform did not answer, or something else answered in its place."""

    exit_code = 4


class NoSuchStoreError(StorectlError):
    """The caller has no such store."""

    exit_code = 5


class LocalError(StorectlError):
    """A file, the disk or the output does not let storectl do its work."""

    exit_code = 6


class ClosedError(StorectlError):
    """Nobody reads the output any more, as after ``| head``: there is nobody to be told."""

    exit_code = 141  # as a shell tells of SIGPIPE, by which other programs end then


def refuse(errors: Sequence[Mapping[str, Any]]) -> None:
    """Raise what a payload's errors say, if it has any."""
    if not errors:
        return
    message = "\n".join(error["message"] for error in errors)
    if all(error["code"] == "NOT_FOUND" for error in errors):
        raise NoSuchStoreError(message)
    raise RefusedError(message)
