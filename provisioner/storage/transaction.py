"""Runs the statements of one transaction, with the same interface on SQLite and PostgreSQL."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
Row = Mapping[str, Any]
Values = Mapping[str, object]

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL refuses, and surrogates (half a character), which no database takes."""


class Transaction:
    """Runs the statements of one transaction, with named parameters (``:name``).

    When a statement has failed, the transaction is over, even if the work catches the error: every
    later statement raises the same error, and nothing is committed.
    """

    # Without that rule a caught error would do harm. SQLite may have rolled back by itself, and
    # would then commit each later statement alone. PostgreSQL answers a COMMIT without an error,
    # although it rolls back.

    def __init__(self, connection: Any, *, is_sqlite: bool) -> None:
        self._connection = connection
        self._is_sqlite = is_sqlite
        self.failure: Exception | None = None
        """The error of the first statement that failed."""
        self.is_committed = False

    async def fetch_all(self, statement: str, values: Values | None = None) -> list[Row]:
        rows = await self._run(self._connection.fetch_all, statement, values)
        return [row._mapping for row in rows]  # noqa: SLF001 - the library's documented accessor

    async def fetch_one(self, statement: str, values: Values | None = None) -> Row | None:
        row = await self._run(self._connection.fetch_one, statement, values)
        return None if row is None else row._mapping  # noqa: SLF001

    async def execute(self, statement: str, values: Values | None = None) -> None:
        await self._run(self._connection.execute, statement, values)

    async def lock(self, name: str) -> None:
        """Wait until this transaction is the only one that holds the lock ``name``.

        The lock is freed when the transaction ends. SQLite needs no such lock, because it has only
        one writing transaction at a time.
        """
        if not self._is_sqlite:
            await self.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))", {"name": name}
            )

    async def notify(self, channel: str) -> None:
        """Send a notice on the channel when the transaction commits; see ``Database.listening``.

        PostgreSQL sends a transaction's equal notices only once. On SQLite nobody listens.
        """
        if not self._is_sqlite:
            await self.execute("SELECT pg_notify(:channel, '')", {"channel": channel})

    async def lock_store(self, store_id: str) -> None:
        """Keep other transactions from changing the store until this one ends.

        Call this first in every transaction that reads of a store before it writes, so that what it
        read still holds. It also makes all transactions lock the store's row before its steps and
        pods, so that no two of them wait for each other (a deadlock).
        """
        if not self._is_sqlite:
            await self.execute("SELECT id FROM stores WHERE id = :id FOR UPDATE", {"id": store_id})

    def check(self) -> None:
        """Raise the error of the first statement that failed, if there is one."""
        if self.failure is not None:
            raise self.failure

    async def _run(
        self, run: Callable[[str, Values], Awaitable[T]], statement: str, values: Values | None
    ) -> T:
        self.check()
        try:
            return await run(statement, _storable(values))
        except Exception as error:
            self.failure = error
            raise


def _storable(values: Values | None) -> dict[str, object]:
    return {
        name: _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
        if isinstance(value, str)
        else value
        for name, value in (values or {}).items()
    }
