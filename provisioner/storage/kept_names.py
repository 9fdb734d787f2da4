"""A deleted store's name is kept for its owner for a time.

Webhooks, service workers and bookmarks go on calling the address of a shop that is gone. Whoever
had its name next would get them, with what they carry.
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
    """Which names nobody may have, and for how long a deleted store's is kept; None: it is not."""

    reserved: frozenset[str] = RESERVED_NAMES
    kept_for: timedelta | None = None


async def refuse_kept_name(
    transaction: Transaction, store: Store, *, kept_for: timedelta, now: datetime
) -> None:
    """Raise RefusedError (NAME_KEPT) when the store's name is still kept for somebody else.

    To be called once the store's own row is there. Another's deletion that ends meanwhile has then
    either made the insert fail, or is seen here: before the insert it might be missed.
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
        f"The name {store.name!r} was a store's that is deleted, and is kept for its owner until"
        f" {free_at:%Y-%m-%d %H:%M} UTC; choose another name."
    )
    raise RefusedError(Refusal(RefusalCode.NAME_KEPT, message, "name"))
