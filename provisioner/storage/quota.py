"""How many stores there may be, per owner and in all: counted in the transaction that adds one.

A store counts until it is DELETED. One that is failed, or still being removed, holds its place,
because it may hold volumes and memory of the cluster; a place is free once that is proven gone.
"""

from dataclasses import dataclass

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.owners import OWNED, Owner
from provisioner.storage.database import Transaction

_LOCK = "quota"


@dataclass(frozen=True, slots=True)
class Quota:
    """The most stores at a time; None is no limit."""

    in_all: int | None = None
    per_owner: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of a limit is used; ``limit`` None is no limit."""

    used: int
    limit: int | None

    @property
    def left(self) -> int | None:
        """How many more there may be; 0 also when the limit was lowered below what is used."""
        return None if self.limit is None else max(self.limit - self.used, 0)


async def serialise_creates(transaction: Transaction) -> None:
    """Wait until no other transaction is adding a store; keep others out until this one ends.

    Without it two transactions that meet at the quota's edge would both count one place left, since
    neither sees the other's row: a count has no row to lock. A lock by name costs a round trip and
    no write; it is the platform's and not the owner's, because the count of all stores is common.
    """
    await transaction.lock(_LOCK)


async def enforce(transaction: Transaction, quota: Quota, owner: Owner) -> None:
    """Raise RefusedError when there is no place for another store of this owner."""
    owned = Usage(await stores_of(transaction, owner), quota.per_owner)
    if owned.left == 0:
        message = (
            f"You have {owned.used} stores, and may have {owned.limit}. Delete one that you no"
            " longer need; its place is free once it is gone. Or ask an operator for more"
            " (max_stores_per_user)."
        )
        raise RefusedError(Refusal(RefusalCode.USER_QUOTA_REACHED, message))
    everyones = Usage(await stores_of(transaction), quota.in_all)
    if everyones.left == 0:
        message = (
            f"The platform has {everyones.used} stores, and may have {everyones.limit}. Try again"
            " once a store was deleted, or ask an operator for more (max_stores)."
        )
        raise RefusedError(Refusal(RefusalCode.PLATFORM_QUOTA_REACHED, message))


async def stores_of(transaction: Transaction, owner: Owner | None = None) -> int:
    """Count the stores that are not deleted: an owner's, or everyone's."""
    owned, values = ("", {}) if owner is None else (f" AND {OWNED}", owner.values)
    row = await transaction.fetch_one(
        f"SELECT COUNT(*) AS stores FROM stores WHERE status <> 'DELETED'{owned}",  # noqa: S608
        values,
    )
    return 0 if row is None else int(row["stores"])
