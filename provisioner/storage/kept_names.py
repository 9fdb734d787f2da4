"""Keeps a deleted store's name for its owner for a time.

Webhooks, service workers and bookmarks go on calling the address of a shop that is gone. The next
owner of the name would receive these calls with all their contents.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.names import RESERVED_NAMES
from provisioner.domain.owners import owner_of
from provisioner.domain.stores import Store
from provisioner.storage.database import Transaction
from provisioner.storage.rows import from_micros


@dataclass(frozen=True, slots=True)
class NameRules:
    """The reserved names, and how long a deleted store's name is kept; None means not at all."""

    reserved: frozenset[str] = RESERVED_NAMES
    kept_for: timedelta | None = None


async def refuse_kept_name(
    transaction: Transaction, store: Store, *, kept_for: timedelta, now: datetime
) -> None:
    """Raise RefusedError (NAME_KEPT) when the store's name is still kept for another owner.

    Call this after the insert of the store's own row. A store of the same name may be deleted at
    the same time. If it is not DELETED yet, the insert fails; if it is, this sees it. A check
    before the insert could miss a deletion that ends between the two.
    """
    last = await transaction.fetch_one(
        "SELECT owner_source, owner, owner_name, deleted_at FROM stores"
        " WHERE name = :name AND status = 'DELETED' ORDER BY deleted_at DESC LIMIT 1",
        {"name": store.name},
    )
    if last is None or owner_of(last) == store.owner:
        return
    free_at = from_micros(last["deleted_at"]) + kept_for
    if free_at <= now:
        return
    message = (
        f"The name {store.name!r} belonged to a deleted store, and is kept for that store's owner"
        f" until {free_at:%Y-%m-%d %H:%M} UTC; choose another name."
    )
    raise RefusedError(Refusal(RefusalCode.NAME_KEPT, message, "name"))
