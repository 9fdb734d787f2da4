"""A lease in the database: the right to work on stores, for one replica at a time.

A lease alone does not keep a process that was frozen, or cut off, from writing when it comes back.
So each new leader gets a higher epoch. Every write of its work first locks the lease's row with
that epoch, in the same transaction (``Fenced``). A write that comes too late finds another epoch
and is refused. A replica that takes over waits for a write that is still under way.

The lease's end is a time of the database's clock. This side only measures durations, with the
monotonic clock, so it does no harm if the clocks of replicas disagree.
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
# The current time and not ``now()``, which is the time at which the transaction began: a statement
# may have waited for a lock since.
_NOW = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
# The holder may take it again without waiting for its end: a renewal may have come so late that its
# answer was lost.
_IS_FREE = f"(lease.expires_at <= {_NOW} OR lease.holder = :holder)"

_LOOK = f"SELECT 1 FROM lease WHERE name = :name AND NOT {_IS_FREE}"  # noqa: S608 - fixed words
# One statement, so that of several replicas that ask at once only one gets a row back. The update
# changes ``epoch``, a key, and so waits for writes that hold the epoch (see ``_HOLD``).
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
# The weakest row lock: it lets the leader renew its lease meanwhile, which changes no key, and only
# holds up a takeover, which changes the epoch (migration 0004 made it a key for this).
_HOLD = "SELECT epoch FROM lease WHERE name = :name AND epoch = :epoch FOR KEY SHARE"


@dataclass(frozen=True, slots=True)
class Grant:
    """A granted lease: its epoch, and the moment of ``time.monotonic`` at which it ends."""

    epoch: int
    ends_at: float


class Lease:
    """The lease of a PostgreSQL database, as the replica named ``holder`` sees it.

    The lease lasts ``seconds`` unless it is renewed. All methods raise DatabaseUnavailableError.
    """

    def __init__(self, database: Database, *, holder: str, seconds: float) -> None:
        self._database = database
        self._name: dict[str, object] = {"name": _NAME}
        self._holder: dict[str, object] = {"holder": holder}
        self._duration: dict[str, object] = {"duration": round(seconds * 1_000_000)}
        self._seconds = seconds

    async def take(self) -> Grant | None:
        """Take the lease and return it, or return None if another replica holds it."""
        looked_for = self._name | self._holder
        # A read comes first. Without it every try to take the lease would wait for the leader's
        # writes that hold the epoch, and the leader's next writes would wait for that try.
        if await self._database.read(lambda t: t.fetch_one(_LOOK, looked_for)) is not None:
            return None
        try:
            return await self._grant(_TAKE, looked_for | self._duration)
        except UniqueViolation:  # there was no row yet, and another replica just inserted it
            return None

    async def renew(self, grant: Grant, *, within_seconds: float) -> Grant:
        """Renew the lease and return it with its new end.

        Raises LeaseLostError when another replica has it now, and DatabaseUnavailableError when the
        database does not answer within ``within_seconds``.
        """
        wanted = self._name | self._duration | {"epoch": grant.epoch}
        # A task of its own, because ``Database.transact`` finishes a write even if it is cancelled:
        # ``asyncio.timeout`` would wait for that. This only stops waiting, and lets the write end.
        renewing = asyncio.create_task(self._grant(_RENEW, wanted), name="renew the lease")
        renewing.add_done_callback(mark_seen)
        done, _ = await asyncio.wait({renewing}, timeout=within_seconds)
        if not done:
            raise DatabaseUnavailableError
        renewed = renewing.result()
        if renewed is None:
            raise LeaseLostError
        return renewed

    async def release(self, grant: Grant) -> None:
        """Give the lease back, so that another replica need not wait until it ends."""
        wanted = self._name | {"epoch": grant.epoch}
        await self._database.transact(lambda t: t.execute(_RELEASE, wanted))

    async def _grant(self, statement: str, values: dict[str, object]) -> Grant | None:
        # Taken before the database reads its clock, so that this side never believes that the lease
        # lasts longer than the database does.
        began = time.monotonic()
        row = await self._database.transact(lambda t: t.fetch_one(statement, values))
        return None if row is None else Grant(row["epoch"], began + self._seconds)


class Fenced:
    """A database whose writes succeed only while this session leads.

    Implements ``database.Transactions``. Once another replica leads, every write raises
    LeaseLostError, changes nothing, and ends the fence.
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
