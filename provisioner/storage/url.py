"""Where the state is kept, read from a URL once; and what goes wrong there, told without passwords.

A URL that is not understood is never shown: part of it may be a password.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

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
    OSError,  # unreachable, unresolved, no answer in time, no permission
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    sqlite3.Error,
    DBAPIError,
)


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A database's URL, checked. ``file`` is None for PostgreSQL; ``place`` is fit to be shown."""

    url: str = field(repr=False)
    file: Path | None
    place: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a URL. Raises ConfigurationError, which says what is wrong with it."""
        try:
            parts = urlsplit(url)
        except ValueError:
            raise _unreadable() from None
        if parts.scheme == "sqlite":
            file = _file_of(parts)
            return cls(url, file, str(file))
        if parts.scheme not in _POSTGRES:
            begins = f", not {parts.scheme}:" if re.fullmatch("[a-z0-9+]+", parts.scheme) else ""
            raise ConfigurationError(
                f"The database URL begins with none that is known{begins}. {_FORM}"
            )
        if parts.fragment or "@" in parts.path + parts.query:  # the rest of a password, as it is
            raise _unreadable()
        return cls(url, None, parts.netloc.rpartition("@")[2] + parts.path)

    @property
    def is_sqlite(self) -> bool:
        return self.file is not None

    def make_folder(self) -> None:
        """Make the folder that the file is to lie in."""
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Turn what goes wrong with the database as a whole into a ConfigurationError.

        For what is done with it at the start, and by commands: afterwards it is only unavailable.
        """
        try:
            yield
        except DatabaseUnavailableError as error:
            raise ConfigurationError(f"The database at {self.place}: {error}") from None
        except ValueError:  # asyncpg on a URL: what it quotes may be a part of the password
            raise _unreadable() from None
        except _UNUSABLE as error:
            driver = _driver_error(error)
            trouble = None if self.file is None else trouble_of(driver, self.file)
            if trouble is not None:  # a server says more in its own words
                raise ConfigurationError(
                    f"The database at {self.place} cannot be used. {trouble}"
                ) from None
            said = str(driver) or f"no answer in time ({type(error).__name__})"
            raise ConfigurationError(
                f"The database at {self.place} cannot be used: {said}. Check that it runs, and the"
                " database URL."
            ) from None


def _driver_error(error: Exception) -> BaseException:
    """Return what the driver itself raised, which SQLAlchemy wraps once or twice."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return error
    return error.orig.__cause__ or error.orig


def _file_of(parts: SplitResult) -> Path:
    name = unquote(parts.path.removeprefix("/"))
    if parts.netloc or not name or parts.query or parts.fragment:
        raise ConfigurationError(
            "The database URL names no file. Write sqlite:///FILE, without options; an absolute"
            " path gives four slashes."
        )
    return Path(name)


def _unreadable() -> ConfigurationError:
    return ConfigurationError(f"The database URL cannot be read. {_FORM}")
