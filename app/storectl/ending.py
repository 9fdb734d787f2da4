"""How a run of storectl ends: whatever happens, with a sentence and an exit code.

This is the one place where errors arrive, those that nobody foresaw too. ``STORECTL_DEBUG=1`` shows
where one of those comes from.
"""

import codecs
import io
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress

from app.storectl.errors import FAULT, INTERRUPTED, ClosedError, LocalError, StorectlError
from app.storectl.printable import printable

DEBUG_VARIABLE = "STORECTL_DEBUG"
_IN_ASCII = {"✓": "+", "✗": "x", "…": "...", "·": "."}
_ON_ERROR = "storectl"


def ended(command: Callable[[], object]) -> int:
    """Run a command to its end; return the exit code. What is to be said of it is on stderr."""
    _accept_any_text()
    try:
        code = _ended(command)
        with suppress(AttributeError):  # there is no standard output
            sys.stdout.flush()
    except BrokenPipeError:
        return _told(ClosedError())
    except OSError as error:  # from the flush: other causes are told in ``_ended``
        return _told(_output_error(error))
    return code


def _ended(command: Callable[[], object]) -> int:
    try:
        command()
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except StorectlError as error:
        return _told(error)
    except Exception as error:  # the last stop
        if isinstance(error, BrokenPipeError):
            raise
        if isinstance(error, OSError) and error.filename is None and error.errno is not None:
            return _told(_output_error(error))
        return _unforeseen(error)
    return 0


def _told(error: StorectlError) -> int:
    if isinstance(error, ClosedError):
        _let_go_of_output()
    else:
        _say(str(error))
    return error.exit_code


def _unforeseen(error: Exception) -> int:
    if os.environ.get(DEBUG_VARIABLE):
        _say("".join(traceback.format_exception(error)))
        return FAULT
    what = f"{type(error).__name__}: {error}"[:500]
    _say(
        f"storectl cannot go on, for a reason that it does not know ({what}). Does the platform"
        f" run another version? {DEBUG_VARIABLE}=1 shows where it happened."
    )
    return FAULT


def _output_error(error: OSError) -> LocalError:
    _let_go_of_output()
    return LocalError(f"The output cannot be written: {error.strerror or error}.")


def _say(message: str) -> None:
    with suppress(OSError, AttributeError):  # there is no standard error, or it is full as well
        sys.stderr.write(printable(message).rstrip("\n") + "\n")
        sys.stderr.flush()


def _accept_any_text() -> None:
    """Let output in an encoding that lacks a character say it in those that it has."""
    codecs.register_error(_ON_ERROR, _in_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ON_ERROR)


def _in_ascii(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeEncodeError):
        wrong = error.object[error.start : error.end]
        said = "".join(_IN_ASCII.get(item) or ascii(item)[1:-1] for item in wrong)
        return said, error.end
    raise error


def _let_go_of_output() -> None:
    """Let what is still to be written go nowhere: the interpreter's end would complain of it."""
    with suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
