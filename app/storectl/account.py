"""Where the user is signed in, and with which token: a file that only they can read."""

import json
import os
import sys
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_config_path

from app.storectl.errors import NotSignedInError, UsageError

DEFAULT_URL = "http://127.0.0.1:8080"
URL_VARIABLE = "STORE_PLATFORM_URL"
TOKEN_VARIABLE = "STORE_PLATFORM_TOKEN"  # noqa: S105 - the name of a variable
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Account:
    """A platform's base URL, and the token to use there."""

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
        """Whether the token would cross a network unencrypted."""
        parts = urlsplit(self.url)
        return parts.scheme == "http" and parts.hostname not in _LOOPBACK


def normalised(url: str) -> str:
    """Return the base URL of a platform, given any of its addresses. Raises UsageError."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.username or parts.password:
        raise UsageError(f"{url!r} is no address of a platform; give one like {DEFAULT_URL}.")
    path = parts.path.rstrip("/").removesuffix("/graphiql").removesuffix("/graphql")
    return f"{_SCHEMES[parts.scheme]}://{parts.netloc}{path}"


def file() -> Path:
    """Return where the account is kept."""
    return user_config_path("storectl") / "account.json"


def current() -> Account:
    """Return the account to use: the environment's, else the one signed in to.

    Raises NotSignedInError.
    """
    kept = _read()
    token = os.environ.get(TOKEN_VARIABLE)
    if token:
        url = os.environ.get(URL_VARIABLE) or (kept.url if kept else DEFAULT_URL)
        return Account(normalised(url), token)
    if kept is None:
        raise NotSignedInError("You are not signed in. Run `storectl login` first.")
    return kept


def default_url() -> str:
    """Return where to sign in when no address is given."""
    return os.environ.get(URL_VARIABLE) or DEFAULT_URL


def token_given(*, from_stdin: bool) -> str:
    """Return the token to sign in with: it is never an argument, which others could see.

    Raises UsageError when there is none.
    """
    token = sys.stdin.readline() if from_stdin else os.environ.get(TOKEN_VARIABLE, "")
    if not token and not from_stdin:
        if not sys.stdin.isatty():
            raise UsageError(
                f"There is no token. Pipe one in with --token-stdin, or set {TOKEN_VARIABLE}."
            )
        token = getpass("Token: ")
    if not token.strip():
        raise UsageError("The token is empty.")
    return token.strip()


def save(account: Account) -> Path:
    """Keep the account; nobody else can read the file at any moment."""
    path = file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        json.dump({"url": account.url, "token": account.token}, opened)
    draft.replace(path)
    return path


def forget() -> bool:
    """Remove the account; return whether there was one."""
    try:
        file().unlink()
    except FileNotFoundError:
        return False
    return True


def _read() -> Account | None:
    try:
        kept = json.loads(file().read_text())
        return Account(url=kept["url"], token=kept["token"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotSignedInError(
            f"The file {file()} cannot be read. Run `storectl login` to write it anew."
        ) from error
