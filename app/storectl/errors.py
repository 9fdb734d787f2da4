"""Defines storectl's errors and their exit codes.

StorectlError
├── RefusedError         1   the platform said no, or the store or its backup failed
├── UsageError           2   the command line is wrong
├── NotSignedInError     3   no token, or one that is not valid, or no longer valid
├── UnreachableError     4   the platform does not answer
├── NoSuchStoreError     5   the caller has no store with that name or id
├── LocalError           6   a file or the output cannot be read or written
└── ClosedError        141   the reader of the output has closed it
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

EXIT_CODES = (
    (0, "done"),
    (1, "refused, or the store or its backup failed"),
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


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong: a code for programs, a sentence for people, and the field that it is about."""

    code: str
    message: str
    field: str | None = None


class StorectlError(Exception):
    """The root of storectl's errors; the message is a sentence for people.

    ``problems`` tells the same to programs. Where the platform has told what is wrong, they have
    its codes; otherwise there is one with the code of the class.
    """

    exit_code = 1
    code: ClassVar[str] = "REFUSED"

    def __init__(self, message: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems) or (Problem(self.code, message),)


class RefusedError(StorectlError):
    """Raised when the platform refuses a request, or a store does not reach its target."""


class UsageError(StorectlError):
    """Raised when the command line or a variable in the environment is wrong."""

    exit_code = 2
    code = "USAGE"


class NotSignedInError(StorectlError):
    """Raised when there is no token, or the platform does not accept it."""

    exit_code = 3
    code = "UNAUTHENTICATED"


class UnreachableError(StorectlError):
    """Raised when the platform does not answer, or another server answers in its place."""

    exit_code = 4
    code = "UNREACHABLE"


class NoSuchStoreError(StorectlError):
    """Raised when the caller has no such store."""

    exit_code = 5
    code = "NOT_FOUND"


class LocalError(StorectlError):
    """Raised when a file or the output cannot be read or written."""

    exit_code = 6
    code = "LOCAL"


class ClosedError(StorectlError):
    """Raised when the reader of the output has closed it, as ``| head`` does.

    No message is printed for it.
    """

    exit_code = 141  # 128 + SIGPIPE: shells report it for other programs, which that signal ends


def refuse(errors: Sequence[Mapping[str, Any]]) -> None:
    """Raise RefusedError or NoSuchStoreError if a payload has errors."""
    if not errors:
        return
    problems = [Problem(error["code"], error["message"], error["field"]) for error in errors]
    message = "\n".join(problem.message for problem in problems)
    if all(problem.code == "NOT_FOUND" for problem in problems):
        raise NoSuchStoreError(message, problems)
    raise RefusedError(message, problems)
