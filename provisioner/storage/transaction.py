"""A transaction's statements, on either database."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
Row = Mapping[str, Any]
Values = Mapping[str, object]

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL does not take, and half a character, which no database does."""


class Transaction:
    """The statements of one transaction. Named parameters (``:name``) on every database.

    Once a statement has failed the transaction is over, whatever its work makes of that: every
    later statement fails alike, and nothing is committed. SQLite may have rolled it back by itself,
    and would commit each later statement on its own; PostgreSQL would answer a COMMIT as if all
    were well.
    """

    def __init__(self, connection: Any, *, is_sqlite: bool) -> None:
        self._connection = connection
        self._is_sqlite = is_sqlite
        self.failure: Exception | None = None
        """What the first statement that failed raised."""
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

        It ends with the transaction. SQLite needs none: it has one writing transaction at a time.
        """
        if not self._is_sqlite:
            await self.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))", {"name": name}
            )

    async def notify(self, channel: str) -> None:
        """Wake whoever listens on the channel once this is committed; see ``Database.listening``.

        However often it is asked for in a transaction, it is done once. On SQLite nobody listens.
        """
        if not self._is_sqlite:
            await self.execute("SELECT pg_notify(:channel, '')", {"channel": channel})

    async def lock_store(self, store_id: str) -> None:
        """Keep other transactions from changing the store until this one ends.

        Whatever reads of a store before it writes calls this first, so that what was read still
        holds, and so that all lock the store's row before its steps and pods: no deadlock.
        """
        if not self._is_sqlite:
            await self.execute("SELECT id FROM stores WHERE id = :id FOR UPDATE", {"id": store_id})

    def check(self) -> None:
        """Raise what the first statement that failed raised, if one has."""
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
