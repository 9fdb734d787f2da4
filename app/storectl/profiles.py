"""Names the profiles, each of which is one platform with a token, and says which one is in use.

Each profile has a file of its own, so that one platform's token is never read for another. The file
``current`` has the name of the profile that commands use if nothing else names one.
"""

import os
import re
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from app.storectl import files
from app.storectl.errors import LocalError, NotSignedInError, UsageError

VARIABLE = "STORE_PLATFORM_PROFILE"
DEFAULT = "default"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_given: ContextVar[str | None] = ContextVar("profile", default=None)


@dataclass(frozen=True, slots=True)
class Profile:
    """The name of a profile, and whether something names it."""

    name: str
    is_chosen: bool

    @property
    def path(self) -> Path:
        """The profile's file. Raises LocalError if there is no home folder."""
        return path_of(self.name)


def choose(name: str | None) -> None:
    """Use a profile for this run, or none in particular. Raises UsageError for a wrong name."""
    _given.set(None if name is None else checked(name))


def given() -> str | None:
    """Return the profile that the command line names."""
    return _given.get()


def chosen() -> Profile:
    """Return the profile to use: of the command line, the environment, or the one in use.

    Raises UsageError for a wrong name, and LocalError if the file ``current`` cannot be read.
    """
    name = given() or _from_environment() or in_use()
    return Profile(name or DEFAULT, is_chosen=name is not None)


def in_use() -> str | None:
    """Return the profile that is used where nothing names one, or None if none was chosen."""
    path = _pointer()
    content = files.read(path)
    if content is None:
        return None
    name = content.decode(errors="replace").strip()
    if not _NAME.fullmatch(name):
        raise LocalError(
            f"The file {path} is damaged. Run `storectl profiles use NAME` to write it again."
        )
    return name


def use(name: str) -> None:
    """Use a profile from now on. Raises NotSignedInError if there is no such profile."""
    if checked(name) not in names():
        raise missing(Profile(name, is_chosen=True))
    path = _pointer()
    try:
        files.write(path, f"{name}\n".encode())
    except OSError as error:
        raise LocalError(f"{path} cannot be written: {error.strerror}.") from error


def is_used(name: str) -> bool:
    """Return whether commands use a profile where nothing names one."""
    return name == (in_use() or DEFAULT)


def use_if_only(name: str) -> None:
    """Use a profile from now on if there is no other. Raises LocalError."""
    if names() == [name] and not is_used(name):
        use(name)


def names() -> list[str]:
    """Return the names of all profiles that have a file, sorted. Other files are passed over."""
    found = [DEFAULT] if path_of(DEFAULT).is_file() else []
    others = (path.stem for path in _others().glob("*.json") if path.is_file())
    return sorted(found + [name for name in others if _NAME.fullmatch(name) and name != DEFAULT])


def path_of(name: str) -> Path:
    """Return the file of a profile. Raises LocalError if there is no home folder."""
    # The account of the time before there were profiles is the profile ``default``.
    return files.folder() / "account.json" if name == DEFAULT else _others() / f"{name}.json"


def missing(profile: Profile) -> NotSignedInError:
    """Return the error for a profile that has no file, which names those that have one."""
    there = [name for name in names() if name != profile.name]
    if not there:
        option = "" if profile.name == DEFAULT else f" --profile {profile.name}"
        return NotSignedInError(f"You are not signed in. Run `storectl login{option}` first.")
    return NotSignedInError(
        f"There is no profile {profile.name}. There are: {', '.join(there)}. Choose one with"
        f" --profile or `storectl profiles use`, or run `storectl login --profile {profile.name}`."
    )


def checked(name: str) -> str:
    """Return a profile's name. Raises UsageError if it cannot be one."""
    # The names are those of files, also on disks that do not tell upper and lower case apart.
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a profile. Use up to 40 characters a-z, 0-9, dots,"
            " hyphens and underscores, with a letter or digit first."
        )
    return name


def _from_environment() -> str | None:
    name = os.environ.get(VARIABLE)
    return checked(name) if name else None


def _others() -> Path:
    return files.folder() / "profiles"


def _pointer() -> Path:
    return files.folder() / "current"
