"""Reads and writes storectl's files, which only the user can read."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from platformdirs import user_config_path

from app.storectl.errors import LocalError

INSTEAD = "use STORE_PLATFORM_TOKEN and STORE_PLATFORM_URL"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_ROOT = 0


def folder() -> Path:
    """Return the folder of storectl's files. Raises LocalError if there is no home folder."""
    missing = "There is no home folder. Set HOME or XDG_CONFIG_HOME to one."
    try:
        found = user_config_path("storectl")
    except RuntimeError as error:
        raise LocalError(missing) from error
    # Without a home folder the path still begins with "~".
    if not found.is_absolute():
        raise LocalError(missing)
    return found


def write(path: Path, content: bytes) -> None:
    """Write a file that only the user can read. Raises OSError, and leaves the old file then."""
    # The draft is created with its final mode and then renamed. So no other user can read the token
    # at any moment, and a failed write leaves the old file whole.
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise


def read(path: Path) -> bytes | None:
    """Return what a file contains, or None if there is no such file.

    Raises LocalError if it cannot be read, or is not the user's alone.
    """
    try:
        with path.open("rb") as opened:
            _check(path, os.fstat(opened.fileno()))
            return opened.read()
    except (FileNotFoundError, NotADirectoryError):  # a file may stand where the folder should be
        return None
    except OSError as error:
        raise LocalError(
            f"The file {path} cannot be read: {error.strerror}. Make it readable, or {INSTEAD}."
        ) from error


def _check(path: Path, status: os.stat_result) -> None:
    """Raise LocalError if another user can read or could have written a file."""
    if os.name != "posix":  # elsewhere the mode and the owner do not tell
        return
    if status.st_uid not in (os.geteuid(), _ROOT):
        raise LocalError(
            f"The file {path} belongs to another user, so it is not used. Remove it and sign in"
            f" again, or {INSTEAD}."
        )
    if status.st_mode & _OTHERS:
        raise LocalError(
            f"Other users can read or change the file {path}. Run `chmod 600 {path}`, or {INSTEAD}."
        )
