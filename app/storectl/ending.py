"""Ends every run of storectl with a sentence and an exit code, whatever goes wrong.

All errors arrive here, including unexpected ones. ``STORECTL_DEBUG=1`` shows the traceback of an
unexpected error.
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
# What is printed for our own symbols where the terminal's encoding does not have them.
_IN_ASCII = {"✓": "+", "✗": "x", "…": "...", "·": "."}
_ON_ERROR = "storectl"


def ended(command: Callable[[], object]) -> int:
    """Run a command, print its error on standard error, and return the exit code."""
    _accept_any_text()
    try:
        code = _ended(command)
        # Flushed here: the interpreter would do it at its exit, where an error cannot be handled.
        with suppress(AttributeError):  # ``sys.stdout`` is None if it was closed at the start
            sys.stdout.flush()
    except BrokenPipeError:
        return _told(ClosedError())
    except OSError as error:  # from the flush: ``_ended`` has handled all others
        return _told(_output_error(error))
    return code


def _ended(command: Callable[[], object]) -> int:
    try:
        command()
    except SystemExit as error:
        # As the interpreter does: None is success, and anything but a number is failure.
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except StorectlError as error:
        return _told(error)
    except Exception as error:  # the last place that can turn an error into a sentence
        if isinstance(error, BrokenPipeError):
            raise
        # An OSError without a file name is taken for a failed write to the output.
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
        f"storectl failed with an unexpected error ({what}). Check whether the platform runs"
        f" another version. {DEBUG_VARIABLE}=1 shows where it happened."
    )
    return FAULT


def _output_error(error: OSError) -> LocalError:
    _let_go_of_output()
    return LocalError(f"The output cannot be written: {error.strerror or error}.")


def _say(message: str) -> None:
    with suppress(OSError, AttributeError):  # standard error may be closed, or full as well
        sys.stderr.write(printable(message).rstrip("\n") + "\n")
        sys.stderr.flush()


def _accept_any_text() -> None:
    """Replace characters that the output's encoding does not have, instead of failing."""
    codecs.register_error(_ON_ERROR, _in_ascii)
    # A standard stream may be None, or an object of another kind, as in tests.
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
    """Point standard output to the null device.

    The interpreter writes the rest of its buffer when it exits, and would report the error again.
    """
    with suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
