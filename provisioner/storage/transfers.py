"""Writes and reads offers of stores to other owners, and changes a store's owner.

An offer is a part of its store's row, so there is at most one. Like every write, each is one
transaction that includes its event.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import ConflictError, NotFoundError, Refusal, RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.owners import OWNED, Owner
from provisioner.domain.ports import Announcer, Clock
from provisioner.domain.stores import EventKind, Store, StoreStatus, StoreTarget
from provisioner.domain.transfers import MOST_OFFERS, Offer
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.change_log import note_departure
from provisioner.storage.database import Row, Transaction, Transactions
from provisioner.storage.quota import Quota, enforce_owner, serialise_creates
from provisioner.storage.rows import offer_detail, store_of, to_micros
from provisioner.storage.store_events import add_event
from provisioner.storage.store_reads import read_store

T = TypeVar("T")

_OFFER = """
    UPDATE stores SET offer = :offer, offered_to = :to, offered_email = :email,
                      offer_ends_at = :ends_at
    WHERE id = :id
"""
_NO_OFFER = """
    UPDATE stores SET offer = NULL, offered_to = NULL, offered_email = NULL, offer_ends_at = NULL
    WHERE id = :id
"""
# The key of a request is its owner's: it must not bring the new one a store that they did not ask
# for, nor the former one a store that they no longer have.
_TAKEN = """
    UPDATE stores SET owner_source = :owner_source, owner = :owner, owner_name = :name,
                      idempotency_key = NULL
    WHERE id = :id
"""
_OFFERED = """
    SELECT * FROM stores
    WHERE (offered_to = :key OR offered_email = :email) AND offer_ends_at > :now
      AND status <> 'DELETED' AND target <> 'DELETED'
    ORDER BY offer_ends_at DESC, id LIMIT :limit
"""
_OVER = "SELECT id FROM stores WHERE offer_ends_at <= :now ORDER BY offer_ends_at LIMIT :limit"
_COPIES = f"""
    SELECT * FROM stores WHERE is_copy = 1 AND target <> 'DELETED' AND {OWNED} ORDER BY id
"""  # noqa: S608 - a fixed condition
_BATCH = 100


class Transfers:
    """Writes and reads offers; ``announcer`` is told of each store that changed."""

    def __init__(self, database: Transactions, clock: Clock, announcer: Announcer) -> None:
        self._database = database
        self._clock = clock
        self._announcer = announcer

    async def offer(self, store: Store, offer: Offer, *, audit: AuditedAction) -> Store:
        """Offer a store; return it.

        Raises ConflictError when it is deleted, has another owner by now, or is offered already.
        """

        async def work(transaction: Transaction) -> Store:
            found = await _locked(transaction, store)
            if found.target is StoreTarget.DELETED or _open_offer(found, self._clock):
                raise ConflictError(f"Store {store.id} cannot be offered.")
            values = {
                "id": store.id, "offer": offer_detail(offer), "to": offer.taker_key,
                "email": offer.to_email, "ends_at": to_micros(offer.ends_at),
            }  # fmt: skip
            await transaction.execute(_OFFER, values)
            message = (
                f"{offer.by.label} offered the store to {offer.to}, until"
                f" {offer.ends_at:%Y-%m-%d %H:%M} UTC."
            )
            await self._tell(transaction, store.id, "OFFERED", message)
            await audit.accept(transaction)
            return await read_store(transaction, store.id)

        return await self._write([store.id], work)

    async def withdraw(self, store: Store, message: str, *, audit: AuditedAction) -> Store:
        """End the offer of a store; return it.

        Raises ConflictError when it has another owner by now, or is not offered.
        """

        async def work(transaction: Transaction) -> Store:
            found = await _locked(transaction, store)
            if _open_offer(found, self._clock) is None:
                raise ConflictError(f"Store {store.id} is not offered.")
            await self._end(transaction, store.id, "WITHDRAWN", message)
            await audit.accept(transaction)
            return await read_store(transaction, store.id)

        return await self._write([store.id], work)

    async def decline(self, store_id: str, taker: Identity, *, audit: AuditedAction) -> Store:
        """End an offer to this taker; return the store as it was offered.

        Raises NotFoundError when there is no open offer to them.
        """

        async def work(transaction: Transaction) -> Store:
            store = await self._offered(transaction, store_id, taker)
            message = f"{taker.owner.label} declined the offer of the store."
            await self._end(transaction, store_id, "DECLINED", message)
            await audit.accept(transaction)
            return store

        return await self._write([store_id], work)

    async def accept(
        self, store_id: str, taker: Identity, quota: Quota, *, audit: AuditedAction
    ) -> Store:
        """Make the taker of an offer the owner of the store and of its copies; return the store.

        Raises NotFoundError when there is no open offer to them, and RefusedError
        (USER_QUOTA_REACHED) when the taker has no place for them. Nothing is written then.
        """
        changed = [store_id]

        async def work(transaction: Transaction) -> Store:
            # The quota is read before the rows are written. It also puts all acceptances in a row,
            # so that two of them that lock several stores do not wait for each other.
            await serialise_creates(transaction)
            store = await self._offered(transaction, store_id, taker)
            # Before anything is written: the counter of changes is locked after every store.
            for item in await _copies(transaction, store):
                await transaction.lock_store(item.id)
            stores = [store, *await _copies(transaction, store)]
            await enforce_owner(transaction, quota, taker.owner, stores)
            message = f"{taker.owner.label} accepted the store, and is its owner now."
            for item in stores:
                await self._give(transaction, item, taker.owner, message)
            changed[:] = [item.id for item in stores]
            await audit.accept(transaction)
            return await read_store(transaction, store_id)

        return await self._write(changed, work)

    async def offered(self, taker: Identity) -> Sequence[Store]:
        """Return the stores that are offered to this taker, the latest offers first."""
        values = {
            "key": taker.owner.key, "email": taker.proven_email, "limit": MOST_OFFERS,
            "now": to_micros(self._clock.now()),
        }  # fmt: skip
        rows = await self._database.read(
            lambda transaction: transaction.fetch_all(_OFFERED, values)
        )
        return [store_of(row) for row in rows]

    async def end_those_that_ran_out(self) -> int:
        """End up to 100 offers whose time is over; return how many. Repeat it until that is 0."""
        values = {"now": to_micros(self._clock.now()), "limit": _BATCH}
        rows: list[Row] = await self._database.read(
            lambda transaction: transaction.fetch_all(_OVER, values)
        )
        for row in rows:
            await self._end_if_over(row["id"])
        return len(rows)

    async def _end_if_over(self, store_id: str) -> None:
        async def work(transaction: Transaction) -> None:
            await transaction.lock_store(store_id)
            store = await read_store(transaction, store_id)
            if store.offer is None or store.offer.is_open(self._clock.now()):
                return  # it was accepted, ended or made anew in the meantime
            if store.status is StoreStatus.DELETED:  # its deletion is its last event
                await transaction.execute(_NO_OFFER, {"id": store_id})
                return
            message = f"The offer of the store to {store.offer.to} has run out."
            await self._end(transaction, store_id, "EXPIRED", message)

        await self._write([store_id], work)

    async def _offered(self, transaction: Transaction, store_id: str, taker: Identity) -> Store:
        await transaction.lock_store(store_id)
        store = await read_store(transaction, store_id)
        offer = _open_offer(store, self._clock)
        if store.target is StoreTarget.DELETED or offer is None or not offer.is_for(taker):
            raise NotFoundError(f"Store {store_id} is not offered to them.")
        return store

    async def _give(
        self, transaction: Transaction, store: Store, taker: Owner, message: str
    ) -> None:
        values = {"id": store.id, **taker.values, "name": taker.display_name}
        await transaction.execute(_TAKEN, values)
        await note_departure(transaction, store.id, giver=store.owner, taker=taker)
        await self._end(transaction, store.id, "ACCEPTED", message)

    async def _end(
        self, transaction: Transaction, store_id: str, status: str, message: str
    ) -> None:
        await transaction.execute(_NO_OFFER, {"id": store_id})
        await self._tell(transaction, store_id, status, message)

    async def _tell(
        self, transaction: Transaction, store_id: str, status: str, message: str
    ) -> None:
        await add_event(
            transaction, store_id, EventKind.TRANSFER, "owner", status, message,
            now=self._clock.now(),
        )  # fmt: skip

    async def _write(
        self, changed: Sequence[str], work: Callable[[Transaction], Awaitable[T]]
    ) -> T:
        result = await self._database.transact(work)
        for store_id in changed:
            self._announcer.announce(store_id)
        return result


async def _locked(transaction: Transaction, store: Store) -> Store:
    """Lock a store and return it. Raises ConflictError when it has another owner by now."""
    await transaction.lock_store(store.id)
    found = await read_store(transaction, store.id)
    if found.owner != store.owner:
        raise ConflictError(f"Store {store.id} has another owner.")
    return found


def _open_offer(store: Store, clock: Clock) -> Offer | None:
    offer = store.offer
    return offer if offer is not None and offer.is_open(clock.now()) else None


async def _copies(transaction: Transaction, store: Store) -> list[Store]:
    """Return the copies of a store that its owner has, and the copies of those, by id.

    They hold the data of the shop's customers, which the former owner is not to keep.
    """
    rows = await transaction.fetch_all(_COPIES, store.owner.values)
    candidates = [store_of(row) for row in rows if row["id"] != store.id]
    known, found = {store.id}, True
    while found:
        found = False
        for item in candidates:
            source = item.from_backup
            if item.id not in known and source is not None and source.store_id in known:
                known.add(item.id)
                found = True
    return [item for item in candidates if item.id in known]


def not_offered() -> RefusedError:
    """Return the refusal of whoever answers an offer that is not there, or not to them."""
    message = (
        "This store is not offered to you. The offer may have been withdrawn, or have run out; or"
        " it names you in another way than you have signed in now."
    )
    return RefusedError(Refusal(RefusalCode.NOT_FOUND, message, "id"))
