"""Numbers the changes of all stores in one order, and reads what changed after a number.

Every change of a store takes the next number of one counter (migration 0003 says why it is not a
sequence), and the store's row keeps the last number it took. So the stores that changed after a
number are one read of an index, and each comes once, in its latest state. Nothing is kept for the
single reader: a reader is only a number.
"""

from dataclasses import dataclass

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.owners import OWNED, Owner, owner_of
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.stores import Store
from provisioner.storage.database import Database, Transaction
from provisioner.storage.paging import decode_opaque, encode_key
from provisioner.storage.rows import store_of
from provisioner.storage.snapshots import read_snapshots

CHANNEL = "store_changes"
"""The PostgreSQL channel on which every change is notified."""


@dataclass(frozen=True, slots=True)
class Counter:
    """The state of a database's log of changes.

    ``latest`` is the last number given out. Changes up to the number ``removed`` may be missing,
    because records of stores deleted long ago were removed. ``database_id`` names the database.
    """

    database_id: str
    latest: int
    removed: int


@dataclass(frozen=True, slots=True)
class Change:
    """A changed store in its latest state, and the number of its last change.

    Without a ``snapshot`` the store is no longer ``owner``'s, since the change of that number.
    """

    number: int
    store_id: str
    owner: Owner
    snapshot: StoreSnapshot | None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changed stores in order of their last changes.

    ``position`` is the number to continue after: no change up to it is left to read. ``is_last`` is
    True when no further page is known to exist.
    """

    changes: tuple[Change, ...]
    position: int
    is_last: bool


async def number_change(transaction: Transaction, store_id: str) -> None:
    """Give the store's row the next number of the counter.

    Call this after the row was written. Every transaction then locks a store first and the counter
    second, so that no two of them wait for each other, and the counter is locked only briefly.
    """
    await transaction.execute("UPDATE change_counter SET latest = latest + 1")
    # The row of the counter is locked now, so this reads the number that was just taken.
    await transaction.execute(
        "UPDATE stores SET change = (SELECT latest FROM change_counter) WHERE id = :id",
        {"id": store_id},
    )
    await transaction.notify(CHANNEL)


async def note_departure(
    transaction: Transaction, store_id: str, *, giver: Owner, taker: Owner
) -> None:
    """Record under a number of its own that a store is no longer the giver's.

    Call this before the event of that, with the rows of all stores that are written locked.
    """
    # Whoever gets a store back is no former owner of it.
    for owner in (giver, taker):
        await transaction.execute(
            f"DELETE FROM former_owners WHERE store_id = :id AND {OWNED}",  # noqa: S608
            {"id": store_id, **owner.values},
        )
    await transaction.execute("UPDATE change_counter SET latest = latest + 1")
    await transaction.execute(
        "INSERT INTO former_owners (store_id, owner_source, owner, owner_name, change)"
        " SELECT :id, :owner_source, :owner, :name, latest FROM change_counter",
        {"id": store_id, **giver.values, "name": giver.display_name},
    )


async def note_removed(transaction: Transaction, number: int) -> None:
    """Record that a store was removed whose last change had this number."""
    await transaction.execute(
        "UPDATE change_counter SET removed = :number WHERE removed < :number", {"number": number}
    )


class ChangeLog:
    """Reads the changes of stores from a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counter(self) -> Counter:
        """Return the current state of the log."""
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
        self, after: int, *, owner: Owner | None, limit: int, with_departures: bool = True
    ) -> tuple[Counter, ChangePage]:
        """Return up to ``limit`` changes after a number: those of an owner's stores, or of all.

        Unless ``with_departures``, it is not told which stores are no longer whose.
        """
        of_owner = "" if owner is None else f"AND {OWNED} "
        values = {"after": after, "limit": limit} | ({} if owner is None else owner.values)

        async def work(transaction: Transaction) -> tuple[Counter, ChangePage]:
            counter = await _counter(transaction)
            columns = "owner_source, owner, owner_name, change"
            # Only fixed words are put into the statement; every value is bound.
            changed = (
                f"SELECT id, 0 AS gone, {columns} FROM stores WHERE change > :after {of_owner}"  # noqa: S608
            )
            departed = (
                f"UNION ALL SELECT store_id, 1, {columns} FROM former_owners"  # noqa: S608
                f" WHERE change > :after {of_owner}"
            )
            rows = await transaction.fetch_all(
                f"{changed} {departed if with_departures else ''} ORDER BY change LIMIT :limit",
                values,
            )
            snapshots = await read_snapshots(
                transaction, [row["id"] for row in rows if not row["gone"]]
            )
            changes = tuple(
                Change(
                    row["change"],
                    row["id"],
                    owner_of(row),
                    None if row["gone"] else snapshots[row["id"]],
                )
                for row in rows
            )
            is_last = len(rows) < limit
            # The last page ends at the counter, beyond the last store: other owners' changes in
            # between need not be looked at again. Both were read at the same moment.
            position = counter.latest if is_last else changes[-1].number
            return counter, ChangePage(changes, position, is_last)

        return await self._database.read(work)


async def _counter(transaction: Transaction) -> Counter:
    row = await transaction.fetch_one("SELECT database_id, latest, removed FROM change_counter")
    if row is None:
        raise LookupError("The table change_counter is empty; restore its row from a backup.")
    return Counter(row["database_id"], row["latest"], row["removed"])


def encode_cursor(database_id: str, position: int) -> str:
    """Return an opaque cursor that continues the changes of a database after a position."""
    return encode_key(database_id, position)


def decode_cursor(cursor: str, counter: Counter) -> int:
    """Return the position in a cursor.

    Raises RefusedError (CURSOR_INVALID) when the cursor was not made by ``encode_cursor``, belongs
    to another database, or is so old that stores deleted since then were removed for good.
    """
    database_id, position = decode_opaque(cursor, tuple[str, int]) or (None, -1)
    is_ours = database_id == counter.database_id
    if not is_ours or not counter.removed <= position <= counter.latest:
        raise cursor_invalid()
    return position


def cursor_invalid() -> RefusedError:
    """Return the refusal of a cursor after which the changes cannot be continued."""
    return RefusedError(
        Refusal(
            RefusalCode.CURSOR_INVALID,
            "The cursor is too old, or from another database: leave `after` out, and read the list"
            " again once the first update has come.",
            "after",
        )
    )
