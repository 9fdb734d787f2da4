"""Enforces how many stores each owner and the whole platform may have.

The stores are counted in the transaction that adds one. A store counts until it is DELETED. A store
that has failed, or is being deleted, still counts, because it may hold volumes and memory in the
cluster. Whether one that is SUSPENDED counts, which holds volumes alone, is the operator's choice;
where it does not, it is counted when it is resumed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.owners import MERCHANTS, OWNED, Owner
from provisioner.domain.stores import Store, StoreStatus
from provisioner.storage.database import Transaction

_LOCK = "quota"


@dataclass(frozen=True, slots=True)
class Quota:
    """The most stores at a time, in all and for each owner; None means no limit.

    ``counts_suspended``: whether suspended stores count too.
    """

    in_all: int | None = None
    per_owner: int | None = None
    counts_suspended: bool = True


@dataclass(frozen=True, slots=True)
class Usage:
    """How many stores count against a limit; a ``limit`` of None means no limit."""

    used: int
    limit: int | None

    @property
    def left(self) -> int | None:
        """How many more stores there may be, or None without a limit."""
        # An operator may lower the limit below what is used already.
        return None if self.limit is None else max(self.limit - self.used, 0)


async def serialise_creates(transaction: Transaction) -> None:
    """Wait until no other transaction is adding a store, and keep others out until this one ends.

    Without this lock, two transactions could both count one free place and both add a store,
    because neither sees the row of the other.
    """
    # A lock by name, because a count has no row to lock; it costs a round trip and no write. It is
    # one lock for all owners, because the stores of all owners are counted too.
    await transaction.lock(_LOCK)


async def enforce(transaction: Transaction, quota: Quota, owner: Owner) -> None:
    """Raise RefusedError when the quota has no place for another store of this owner."""
    owned = Usage(await stores_of(transaction, quota, owner), quota.per_owner)
    if owned.left == 0:
        way = (
            "Delete one that you no longer need; its place is free once it is gone."
            if quota.counts_suspended
            else "Pause or delete one that you do not need; its place is free once that is done."
        )
        message = (
            f"You have {owned.used} stores, and may have {owned.limit}. {way} Or ask an operator"
            " for more (max_stores_per_user)."
        )
        raise RefusedError(Refusal(RefusalCode.USER_QUOTA_REACHED, message))
    everyones = Usage(await stores_of(transaction, quota), quota.in_all)
    if everyones.left == 0:
        message = (
            f"The platform has {everyones.used} stores, and may have {everyones.limit}. Try again"
            " once a store was deleted, or ask an operator for more (max_stores)."
        )
        raise RefusedError(Refusal(RefusalCode.PLATFORM_QUOTA_REACHED, message))


async def enforce_owner(
    transaction: Transaction, quota: Quota, owner: Owner, stores: Sequence[Store]
) -> None:
    """Raise RefusedError when an owner has no place for stores that others have so far.

    These count against the platform's quota already, so that is not asked.
    """
    wanted = sum(
        quota.counts_suspended or store.status is not StoreStatus.SUSPENDED for store in stores
    )
    owned = Usage(await stores_of(transaction, quota, owner), quota.per_owner)
    if owned.left is None or wanted <= owned.left:
        return
    copies = len(stores) - 1
    with_copies = "its copy" if copies == 1 else f"its {copies} copies"
    what = f"this one with {with_copies}" if copies else "one more"
    message = (
        f"You have {owned.used} stores, and may have {owned.limit}, so there is no place for"
        f" {what}. Delete what you no longer need, or ask an operator for more"
        " (max_stores_per_user). The offer stays open."
    )
    raise RefusedError(Refusal(RefusalCode.USER_QUOTA_REACHED, message))


async def stores_of(transaction: Transaction, quota: Quota, owner: Owner | None = None) -> int:
    """Return the number of stores that count: an owner's, or everyone's.

    The platform's own, by which it checks backups, are nobody's.
    """
    free = "'DELETED'" if quota.counts_suspended else "'DELETED', 'SUSPENDED'"
    owned, values = (f" AND {MERCHANTS}", {}) if owner is None else (f" AND {OWNED}", owner.values)
    row = await transaction.fetch_one(
        f"SELECT COUNT(*) AS stores FROM stores WHERE status NOT IN ({free}){owned}",  # noqa: S608
        values,
    )
    return 0 if row is None else int(row["stores"])
