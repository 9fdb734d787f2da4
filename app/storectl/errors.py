"""Defines storectl's errors and their exit codes.

StorectlError
├── RefusedError         1   the platform said no, or the store failed
├── UsageError           2   the command line is wrong
├── NotSignedInError     3   no token, or one that is not valid, or no longer valid
├── UnreachableError     4   the platform does not answer
├── NoSuchStoreError     5   the caller has no store with that name or id
├── LocalError           6   a file or the output cannot be read or written
└── ClosedError        141   the reader of the output has closed it
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
    (6, "storectl's file cannot be read or written, or its output cannot be written"),
    (70, "storectl failed with an unexpected error"),
    (130, "stopped with Ctrl-C; work on the store continues"),
    (141, "the reader of the output has closed it"),
)
FAULT = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED = 130  # 128 + SIGINT, as shells report it


class StorectlError(Exception):
    """The root of storectl's errors; the message is a sentence for people."""

    exit_code = 1


class RefusedError(StorectlError):
    """Raised when the platform refuses a request, or a store does not reach its target."""


class UsageError(StorectlError):
    """Raised when the command line or a variable in the environment is wrong."""

    exit_code = 2


class NotSignedInError(StorectlError):
    """Raised when there is no token, or the platform does not accept it."""

    exit_code = 3


class UnreachableError(StorectlError):
    """Raised when the platform does not answer, or another server answers in its place."""

    exit_code = 4


class NoSuchStoreError(StorectlError):
    """Raised when the caller has no such store."""

    exit_code = 5


class LocalError(StorectlError):
    """Raised when a file or the output cannot be read or written."""

    exit_code = 6


class ClosedError(StorectlError):
    """Raised when the reader of the output has closed it, as ``| head`` does.

    No message is printed for it.
    """

    exit_code = 141  # 128 + SIGPIPE: shells report it for other programs, which that signal ends


def refuse(errors: Sequence[Mapping[str, Any]]) -> None:
    """Raise RefusedError or NoSuchStoreError if a payload has errors."""
    if not errors:
        return
    message = "\n".join(error["message"] for error in errors)
    if all(error["code"] == "NOT_FOUND" for error in errors):
        raise NoSuchStoreError(message)
    raise RefusedError(message)
