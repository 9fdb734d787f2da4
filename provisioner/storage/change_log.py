"""The order in which stores changed, across all of them, and the cursors into it.

Every change of a store takes the next number of one counter (migration 0003 says why it is not a
sequence), and the store's row keeps the last one it took. So "what changed since" is one look at
an index, each store comes once with its latest state, and nothing has to be kept for anybody.
"""

import base64
import json
from dataclasses import dataclass

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.owners import OWNED, Owner
from provisioner.domain.stores import Store, StoreSnapshot
from provisioner.storage.database import Database, Transaction
from provisioner.storage.paging import decode_opaque
from provisioner.storage.rows import store_of
from provisioner.storage.snapshots import read_snapshots

CHANNEL = "store_changes"
"""Notified of every change, where the database can notify."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Where the log of a database ends: at ``latest``, the last number given out.

    What is up to ``removed`` may be missing, because stores deleted long ago were removed for good.
    """

    database_id: str
    latest: int
    removed: int


@dataclass(frozen=True, slots=True)
class Change:
    """A store as it was left by its last change so far."""

    number: int
    snapshot: StoreSnapshot


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changed stores in order; everything up to ``position`` is in it, or was before it."""

    changes: tuple[Change, ...]
    position: int
    is_last: bool


async def number_change(transaction: Transaction, store_id: str) -> None:
    """Give the store's row the next number.

    Call it after the row was written: everyone then locks a store first and the counter second, so
    that no two transactions wait for each other, and the counter is held for a moment only.
    """
    await transaction.execute("UPDATE change_counter SET latest = latest + 1")
    await transaction.execute(
        "UPDATE stores SET change = (SELECT latest FROM change_counter) WHERE id = :id",
        {"id": store_id},
    )
    await transaction.notify(CHANNEL)


async def note_removed(transaction: Transaction, number: int) -> None:
    """Note that a store is removed whose last change had this number."""
    await transaction.execute(
        "UPDATE change_counter SET removed = :number WHERE removed < :number", {"number": number}
    )


class ChangeLog:
    """Reads changes from a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counter(self) -> Counter:
        """Return where the log ends now."""
        return await self._database.read(_counter)

    async def touched(self, after: int, *, limit: int) -> tuple[int, list[Store]]:
        """Return up to ``limit`` stores that changed after a number, and the last one's number."""
        rows = await self._database.read(
            lambda transaction: transaction.fetch_all(
                "SELECT * FROM stores WHERE change > :after ORDER BY change LIMIT :limit",
                {"after": after, "limit": limit},
            )
        )
        return (rows[-1]["change"] if rows else after), [store_of(row) for row in rows]

    async def page(
        self, after: int, *, owner: Owner | None, limit: int
    ) -> tuple[Counter, ChangePage]:
        """Return up to ``limit`` stores (of this owner, if given) that changed after a number."""
        of_owner = "" if owner is None else f"AND {OWNED} "
        values = {"after": after, "limit": limit} | ({} if owner is None else owner.values)

        async def work(transaction: Transaction) -> tuple[Counter, ChangePage]:
            counter = await _counter(transaction)
            rows = await transaction.fetch_all(
                # Only fixed words are put into the statement; every value is bound.
                f"SELECT id, change FROM stores WHERE change > :after {of_owner}"  # noqa: S608
                "ORDER BY change LIMIT :limit",
                values,
            )
            snapshots = await read_snapshots(transaction, [row["id"] for row in rows])
            changes = tuple(Change(row["change"], snapshots[row["id"]]) for row in rows)
            is_last = len(rows) < limit
            position = counter.latest if is_last else changes[-1].number
            return counter, ChangePage(changes, position, is_last)

        return await self._database.read(work)


async def _counter(transaction: Transaction) -> Counter:
    row = await transaction.fetch_one("SELECT database_id, latest, removed FROM change_counter")
    if row is None:
        raise LookupError("The table change_counter is empty; restore its row from a backup.")
    return Counter(row["database_id"], row["latest"], row["removed"])


def encode_cursor(database_id: str, position: int) -> str:
    """Return an opaque cursor that continues a database's changes after a position."""
    return base64.urlsafe_b64encode(json.dumps([database_id, position]).encode()).decode()


def decode_cursor(cursor: str, counter: Counter) -> int:
    """Return a cursor's position.

    Raises RefusedError (CURSOR_INVALID) when it is of another database, or so old that stores
    deleted since then were removed for good, or nothing of ours at all.
    """
    found = decode_opaque(cursor)
    database_id, position = found if len(found) == 2 else (None, None)  # noqa: PLR2004 - a pair
    if (
        database_id != counter.database_id
        or type(position) is not int
        or not counter.removed <= position <= counter.latest
    ):
        raise cursor_invalid()
    return position


def cursor_invalid() -> RefusedError:
    """Return the refusal of a cursor that cannot be continued from."""
    return RefusedError(
        Refusal(
            RefusalCode.CURSOR_INVALID,
            "The cursor is too old, or of another database: leave `after` out, and read the list"
            " anew once the first update is there.",
            "after",
        )
    )
