"""Stores the platform's address and the user's token, in a file that only the user can read."""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path

import msgspec
from platformdirs import user_config_path

from app.storectl.addresses import is_exposed, normalised
from app.storectl.errors import LocalError, NotSignedInError, UsageError
from app.storectl.prompts import interruptible

DEFAULT_URL = "http://127.0.0.1:8080"
URL_VARIABLE = "STORE_PLATFORM_URL"
TOKEN_VARIABLE = "STORE_PLATFORM_TOKEN"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True)
class Account:
    """A platform's base URL, and the token to use for it."""

    url: str
    token: str

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


def file() -> Path:
    """Return the path of the account's file. Raises LocalError if there is no home folder."""
    missing = "There is no home folder. Set HOME or XDG_CONFIG_HOME to one."
    try:
        folder = user_config_path("storectl")
    except RuntimeError as error:
        raise LocalError(missing) from error
    # Without a home folder the path still begins with "~".
    if not folder.is_absolute():
        raise LocalError(missing)
    return folder / "account.json"


def current() -> Account:
    """Return the account to use: from the environment, or else from the file of the sign-in.

    Raises NotSignedInError if there is no account, UsageError if a value in the environment is
    wrong, and LocalError if the file cannot be read.
    """
    token = os.environ.get(TOKEN_VARIABLE)
    url = os.environ.get(URL_VARIABLE)
    # The file is not read here, so that scripts which set both variables need no readable home.
    if token and url:
        return Account(normalised(url), plain_token(token))
    kept = _read()
    if token:
        return Account(kept.url if kept else DEFAULT_URL, plain_token(token))
    if kept is None:
        raise NotSignedInError("You are not signed in. Run `storectl login` first.")
    return kept


def default_url() -> str:
    """Return the platform's address for a sign-in without one."""
    return os.environ.get(URL_VARIABLE) or DEFAULT_URL


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


def save(account: Account) -> Path:
    """Save the account, and return the path of its file. Raises LocalError."""
    # The draft is created with its final mode and then renamed. So no other user can read the token
    # at any moment, and a failed write leaves the old file whole.
    path = file()
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(msgspec.json.encode(account))
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise LocalError(
            f"You are not signed in: {path} cannot be written: {error.strerror}. Make the"
            f" folder writable, set XDG_CONFIG_HOME to another, or use {TOKEN_VARIABLE} and"
            f" {URL_VARIABLE}."
        ) from error
    return path


def forget() -> bool:
    """Remove the saved account, and return whether there was one. Raises LocalError."""
    try:
        file().unlink()
    except (FileNotFoundError, NotADirectoryError):  # a file may stand where the folder should be
        return False
    except OSError as error:
        raise LocalError(
            f"You are still signed in: {file()} cannot be removed: {error.strerror}."
        ) from error
    return True


def _read() -> Account | None:
    try:
        # The user may have edited the file by hand, so its values are checked like typed ones.
        kept = msgspec.json.decode(file().read_text(encoding="utf-8-sig"), type=Account)
        return Account(url=normalised(kept.url), token=plain_token(kept.token))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise LocalError(
            f"The file {file()} cannot be read: {error.strerror}. Make it readable, or use"
            f" {TOKEN_VARIABLE} and {URL_VARIABLE}."
        ) from error
    except (UsageError, ValueError, RecursionError) as error:  # RecursionError: deeply nested JSON
        raise NotSignedInError(
            f"The file {file()} is damaged. Run `storectl login` to write it again."
        ) from error
