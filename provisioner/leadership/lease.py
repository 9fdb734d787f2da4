"""The right to work on stores, for one replica at a time: a lease in the database that has them.

A lease alone does not keep a process that was frozen, or cut off, from writing when it comes back.
So each new leader has a higher epoch, and every write of its work first holds that epoch in the
same transaction (``Fenced``). A write that comes too late finds another epoch and is refused; one
that is under way is waited for by whoever takes over. Time is the database's, on this side only
differences of the monotonic clock: clocks that disagree do no harm.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from provisioner.domain.errors import DatabaseUnavailableError, LeaseLostError
from provisioner.domain.fence import Fence
from provisioner.domain.tasks import mark_seen
from provisioner.storage.database import Database, Transaction, Transactions, UniqueViolation

T = TypeVar("T")

_NAME = "provisioner"
_NOW = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
_IS_FREE = f"(lease.expires_at <= {_NOW} OR lease.holder = :holder)"

_LOOK = f"SELECT 1 FROM lease WHERE name = :name AND NOT {_IS_FREE}"  # noqa: S608 - fixed words
_TAKE = f"""
    INSERT INTO lease (name, epoch, holder, expires_at)
    VALUES (:name, 1, :holder, {_NOW} + :duration)
    ON CONFLICT (name) DO UPDATE
    SET epoch = lease.epoch + 1, holder = excluded.holder, expires_at = excluded.expires_at
    WHERE {_IS_FREE}
    RETURNING epoch
"""  # noqa: S608 - fixed words
_RENEW = f"""
    UPDATE lease SET expires_at = {_NOW} + :duration WHERE name = :name AND epoch = :epoch
    RETURNING epoch
"""  # noqa: S608 - fixed words
_RELEASE = "UPDATE lease SET expires_at = 0 WHERE name = :name AND epoch = :epoch"
_HOLD = "SELECT epoch FROM lease WHERE name = :name AND epoch = :epoch FOR KEY SHARE"


@dataclass(frozen=True, slots=True)
class Grant:
    """The lease as it was given: its epoch, and when it ends, by ``time.monotonic``."""

    epoch: int
    ends_at: float


class Lease:
    """The lease of a PostgreSQL database, for one replica that calls itself ``holder``.

    Raises DatabaseUnavailableError. ``seconds`` is how long it lasts unless it is renewed.
    """

    def __init__(self, database: Database, *, holder: str, seconds: float) -> None:
        self._database = database
        self._name: dict[str, object] = {"name": _NAME}
        self._holder: dict[str, object] = {"holder": holder}
        self._duration: dict[str, object] = {"duration": round(seconds * 1_000_000)}
        self._seconds = seconds

    async def take(self) -> Grant | None:
        """Take the lease if nobody else has it; return None if somebody has.

        Looking comes first: a try to take it would wait for the leader's writes, and they for it.
        """
        looked_for = self._name | self._holder
        if await self._database.read(lambda t: t.fetch_one(_LOOK, looked_for)) is not None:
            return None
        try:
            return await self._grant(_TAKE, looked_for | self._duration)
        except UniqueViolation:  # there was no row yet, and another was the first to make it
            return None

    async def renew(self, grant: Grant, *, within_seconds: float) -> Grant:
        """Return the lease renewed. Raises LeaseLostError when somebody else has it by now.

        No longer than ``within_seconds`` is waited: then the database is as good as away.
        """
        wanted = self._name | self._duration | {"epoch": grant.epoch}
        renewing = asyncio.create_task(self._grant(_RENEW, wanted), name="renew the lease")
        renewing.add_done_callback(mark_seen)
        done, _ = await asyncio.wait({renewing}, timeout=within_seconds)
        if not done:  # a write is never given up half-way; this one is only not waited for
            raise DatabaseUnavailableError
        renewed = renewing.result()
        if renewed is None:
            raise LeaseLostError
        return renewed

    async def release(self, grant: Grant) -> None:
        """Give the lease back, so that another replica need not wait for its end."""
        wanted = self._name | {"epoch": grant.epoch}
        await self._database.transact(lambda t: t.execute(_RELEASE, wanted))

    async def _grant(self, statement: str, values: dict[str, object]) -> Grant | None:
        began = time.monotonic()  # before the database's clock is read
        row = await self._database.transact(lambda t: t.fetch_one(statement, values))
        return None if row is None else Grant(row["epoch"], began + self._seconds)


class Fenced:
    """A database for the work of one session. Implements ``database.Transactions``.

    Once another replica leads every write raises LeaseLostError and changes nothing, and ends the
    fence.
    """

    def __init__(self, database: Transactions, grant: Grant, fence: Fence) -> None:
        self._database = database
        self._held: dict[str, object] = {"name": _NAME, "epoch": grant.epoch}
        self._fence = fence

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """See ``Database.transact``."""

        async def fenced(transaction: Transaction) -> T:
            if await transaction.fetch_one(_HOLD, self._held) is None:
                self._fence.end()
                raise LeaseLostError
            return await work(transaction)

        return await self._database.transact(fenced)

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """See ``Database.read``."""
        return await self._database.read(work)
