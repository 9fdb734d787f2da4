"""Faults injected below our code: in the drivers, at a kind of statement, for as long as wanted."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg
import pytest
from asyncpg.connection import Connection

OPEN, BEGIN, STATEMENT, COMMIT, ROLLBACK, RELEASE = (
    "OPEN", "BEGIN", "STATEMENT", "COMMIT", "ROLLBACK", "RELEASE",
)  # fmt: skip
_NEVER_FAILS = ("PRAGMA synchronous", "PRAGMA foreign_keys")


@dataclass
class Fault:
    """What is raised, and where. ``happens_first``: the statement is carried out all the same."""

    kind: str
    make: Callable[[], BaseException]
    happens_first: bool = False
    met: int = 0

    def at(self, kind: str) -> bool:
        if kind == self.kind:
            self.met += 1
        return kind == self.kind


class Injector(Protocol):
    """Injects faults into one driver."""

    @contextmanager
    def injected(self, fault: Fault) -> Iterator[Fault]:
        """Have the fault happen within the context, every time."""
        ...


def kind_of(statement: str) -> str:
    word = statement.lstrip().split(maxsplit=1)[0].rstrip(";").upper()
    if statement.startswith("PRAGMA"):
        return OPEN
    return word if word in (BEGIN, COMMIT, ROLLBACK) else STATEMENT


class SQLiteFaults:
    """Handles whose statements fail. Make it before the database is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._fault: Fault | None = None
        faults, connect = self, sqlite3.connect

        class Faulty(sqlite3.Connection):
            def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
                fault = faults._fault
                is_ours = "sqlite_master" not in statement  # SQLite's own look, a part of BEGIN
                if fault is not None and is_ours and fault.at(kind_of(statement)):
                    if fault.happens_first:
                        super().execute("ROLLBACK")  # as SQLite does by itself on a full disk
                    raise fault.make()
                return super().execute(statement, *values)

        def connect_faulty(*arguments: Any, **options: Any) -> sqlite3.Connection:
            return connect(*arguments, **options, factory=Faulty)

        monkeypatch.setattr(sqlite3, "connect", connect_faulty)

    @contextmanager
    def injected(self, fault: Fault) -> Iterator[Fault]:
        self._fault = fault
        try:
            yield fault
        finally:
            self._fault = None


class PostgresFaults:
    """Connections whose statements fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._fault: Fault | None = None
        self._patch(monkeypatch, Connection, "execute", lambda statement, *_: kind_of(statement))
        for name in ("fetch", "fetchrow", "fetchval"):
            self._patch(monkeypatch, Connection, name, lambda *_: STATEMENT)
        self._patch(monkeypatch, Connection, "reset", lambda *_: RELEASE)
        self._patch(monkeypatch, asyncpg.Pool, "_get_new_connection", lambda *_: OPEN)

    def _patch(
        self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, kind: Callable[..., str]
    ) -> None:
        original = getattr(owner, name)

        async def run(connection: Any, *arguments: Any, **options: Any) -> Any:
            fault = self._fault
            if fault is not None and fault.at(kind(*arguments)):
                if fault.happens_first:
                    await original(connection, *arguments, **options)
                raise fault.make()
            return await original(connection, *arguments, **options)

        run.__name__ = name
        monkeypatch.setattr(owner, name, run)

    @contextmanager
    def injected(self, fault: Fault) -> Iterator[Fault]:
        self._fault = fault
        try:
            yield fault
        finally:
            self._fault = None


def sqlite_error(code: int) -> Callable[[], BaseException]:
    """Return what makes the error that Python raises for one of SQLite's codes."""
    is_file = code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

    def make() -> BaseException:
        error = sqlite3.DatabaseError("injected")
        if not is_file:
            error = sqlite3.OperationalError("injected")
        error.sqlite_errorcode = code
        return error

    return make


def server_error(kind: type[asyncpg.PostgresError], severity: str) -> Callable[[], BaseException]:
    """Return what makes an error as a PostgreSQL server sends it."""

    def make() -> BaseException:
        error: BaseException = kind("injected")
        vars(error).update(severity_en=severity)
        return error

    return make
