"""Stores a platform's address and the user's token, in one file for each profile."""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from getpass import getpass
from pathlib import Path

import msgspec

from app.storectl import files, profiles
from app.storectl.addresses import is_exposed, normalised
from app.storectl.errors import LocalError, NotSignedInError, StorectlError, UsageError
from app.storectl.profiles import Profile
from app.storectl.prompts import interruptible

DEFAULT_URL = "http://127.0.0.1:8080"
URL_VARIABLE = "STORE_PLATFORM_URL"
TOKEN_VARIABLE = "STORE_PLATFORM_TOKEN"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True)
class Account:
    """A platform's base URL, and the token to use for it."""

    url: str
    token: str = field(repr=False)

    @property
    def http_url(self) -> str:
        return f"{self.url}/graphql"

    @property
    def websocket_url(self) -> str:
        return f"ws{self.url.removeprefix('http')}/graphql"

    @property
    def is_token_exposed(self) -> bool:
        """Return whether the token would cross a network unencrypted."""
        return is_exposed(self.url)


def current() -> Account:
    """Return the account to use: from the environment, or else that of a profile.

    A profile that the command line names goes before the environment. A token is sent only to the
    platform that it belongs to: the variable of the address counts only beside that of the token.

    Raises NotSignedInError if there is no account, UsageError if a value in the environment is
    wrong, and LocalError if the file cannot be read.
    """
    is_named = profiles.given() is not None
    token = None if is_named else os.environ.get(TOKEN_VARIABLE)
    url = os.environ.get(URL_VARIABLE)
    # The file is not read here, so that scripts which set both variables need no readable home.
    if token and url:
        return Account(normalised(url), plain_token(token))
    profile = profiles.chosen()
    kept = read(profile)
    if token and (kept or not profile.is_chosen):
        return Account(kept.url if kept else DEFAULT_URL, plain_token(token))
    if kept is None:
        raise profiles.missing(profile)
    return kept


def default_url(profile: Profile) -> str:
    """Return the platform's address for a sign-in without one: the profile's own, if it has one."""
    if url := os.environ.get(URL_VARIABLE):
        return url
    with suppress(StorectlError):  # the sign-in is what mends a file that is damaged
        if kept := read(profile):
            return kept.url
    return DEFAULT_URL


def token_given(*, from_stdin: bool) -> str:
    """Return the token to sign in with: from standard input, the environment, or a prompt.

    Raises UsageError if there is no token.
    """
    # A token is never an argument, because other users of the machine can see a command line.
    if from_stdin:
        return plain_token(_line_of_input())
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        # ``sys.stdin`` is None in a process that was started with its standard input closed.
        if sys.stdin is None or not sys.stdin.isatty():
            raise UsageError(
                f"There is no token. Pipe one in with --token-stdin, or set {TOKEN_VARIABLE}."
            )
        with interruptible():
            try:
                token = getpass("Token: ")
            except EOFError:
                token = ""
    return plain_token(token)


def plain_token(text: str) -> str:
    """Return a token without the line ends and the byte order mark that an editor may have added.

    Raises UsageError for an empty token, and for characters that an HTTP header cannot hold.
    """
    token = text.strip().removeprefix("\ufeff").strip()
    if not token:
        raise UsageError("The token is empty.")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            "The token has characters that no token contains, such as spaces, line ends or accents."
            " Copy it again, as plain text on one line."
        )
    return token


def _line_of_input() -> str:
    """Return the first line of standard input, decoded as UTF-8. Raises UsageError."""
    if sys.stdin is None:
        return ""
    # The bytes are read, because the locale may name another encoding than the token's file has.
    try:
        return sys.stdin.buffer.readline().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            "Standard input is not text in UTF-8. Save the token as plain text."
        ) from error


def save(account: Account, profile: Profile) -> Path:
    """Save a profile's account, and return the path of its file. Raises LocalError."""
    path = profile.path
    try:
        files.write(path, msgspec.json.encode(account))
    except OSError as error:
        raise LocalError(
            f"You are not signed in: {path} cannot be written: {error.strerror}. Make the"
            f" folder writable, set XDG_CONFIG_HOME to another, or {files.INSTEAD}."
        ) from error
    return path


def forget(profile: Profile) -> bool:
    """Remove a profile's account, and return whether there was one. Raises LocalError."""
    path = profile.path
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):  # a file may stand where the folder should be
        return False
    except OSError as error:
        raise LocalError(
            f"You are still signed in: {path} cannot be removed: {error.strerror}."
        ) from error
    return True


def read(profile: Profile) -> Account | None:
    """Return the account that a profile has saved, or None if it has none.

    Raises LocalError if the file cannot be read, and NotSignedInError if it is damaged.
    """
    content = files.read(profile.path)
    if content is None:
        return None
    try:
        # The user may have edited the file by hand, so its values are checked like typed ones.
        kept = msgspec.json.decode(content.decode("utf-8-sig"), type=Account)
        return Account(url=normalised(kept.url), token=plain_token(kept.token))
    except (UsageError, ValueError, RecursionError) as error:  # RecursionError: deeply nested JSON
        option = "" if profile.name == profiles.DEFAULT else f" --profile {profile.name}"
        raise NotSignedInError(
            f"The file {profile.path} is damaged. Run `storectl login{option}` to write it again."
        ) from error
