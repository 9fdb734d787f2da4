"""Reads and checks the database's URL, and turns errors into messages without passwords.

A URL that cannot be read is never shown, because any part of it may be a password.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, quote, unquote, urlsplit

import asyncpg
from sqlalchemy.exc import DBAPIError

from provisioner.domain.errors import ConfigurationError, DatabaseUnavailableError
from provisioner.storage.trouble import trouble_of

_POSTGRES = ("postgresql", "postgres")
_FORM = (
    "Write sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME; in user and password,"
    " percent-encode every character but letters and digits."
)
_UNUSABLE = (
    OSError,  # no route to the host, unknown host, no answer in time, no permission
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    sqlite3.Error,
    DBAPIError,
)


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """The checked URL of a database.

    ``file`` is the path of a SQLite file, and None for PostgreSQL. ``place`` names the database
    without the password, and can be shown to people.
    """

    url: str = field(repr=False)
    file: Path | None
    place: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read and check a URL. Raises ConfigurationError, which says what is wrong with it."""
        try:
            parts = urlsplit(url)
        except ValueError:
            raise _unreadable() from None
        if parts.scheme == "sqlite":
            file = _file_of(parts)
            return cls(url, file, str(file))
        if parts.scheme not in _POSTGRES:
            # Only what looks like a scheme is quoted: anything else may be part of a password.
            begins = f", not {parts.scheme}:" if re.fullmatch("[a-z0-9+]+", parts.scheme) else ""
            raise ConfigurationError(
                f"The database URL must begin with sqlite: or postgresql:{begins}. {_FORM}"
            )
        # A password with an unencoded "#", "?" or "/" leaves its rest, and the "@" after it, here.
        if parts.fragment or "@" in parts.path + parts.query:
            raise _unreadable()
        return cls(url, None, parts.netloc.rpartition("@")[2] + parts.path)

    @classmethod
    def of_file(cls, file: Path) -> Self:
        """Return the URL of a SQLite file."""
        return cls(f"sqlite:///{quote(str(file))}", file, str(file))

    @property
    def is_sqlite(self) -> bool:
        return self.file is not None

    def make_folder(self) -> None:
        """Create the folder of the SQLite file, if it does not exist."""
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Turn every error of the database inside the context into a ConfigurationError.

        Use this at the start and in commands, where the operator must act. In a running service the
        same errors only mean that the database is unavailable for a while.
        """
        try:
            yield
        except DatabaseUnavailableError as error:
            raise ConfigurationError(f"The database at {self.place}: {error}") from None
        # ``from None`` everywhere: the driver's error may quote the URL.
        except ValueError:  # of asyncpg, about the URL; it may quote a part of the password
            raise _unreadable() from None
        except _UNUSABLE as error:
            driver = _driver_error(error)
            trouble = None if self.file is None else trouble_of(driver, self.file)
            if trouble is not None:  # only SQLite's: a server's own words say more
                raise ConfigurationError(
                    f"The database at {self.place} cannot be used. {trouble}"
                ) from None
            said = str(driver) or f"no answer in time ({type(error).__name__})"
            raise ConfigurationError(
                f"The database at {self.place} cannot be used: {said.removesuffix('.')}.",
                "Check that it runs, and the database URL.",
            ) from None


def _driver_error(error: Exception) -> BaseException:
    """Return the driver's own error, which SQLAlchemy wraps once or twice."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return error
    return error.orig.__cause__ or error.orig


def _file_of(parts: SplitResult) -> Path:
    name = unquote(parts.path.removeprefix("/"))
    if parts.netloc or not name or parts.query or parts.fragment:
        raise ConfigurationError(
            "The database URL names no file. Write sqlite:///FILE, without options; with an"
            " absolute path that makes four slashes."
        )
    return Path(name)


def _unreadable() -> ConfigurationError:
    return ConfigurationError(f"The database URL cannot be read. {_FORM}")
