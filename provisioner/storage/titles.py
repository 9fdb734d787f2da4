"""Writes the titles of stores."""

from provisioner.domain.errors import ConflictError
from provisioner.domain.ports import Announcer, Clock
from provisioner.domain.stores import EventKind, Store, StoreTarget
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.database import Transaction, Transactions
from provisioner.storage.store_events import add_event
from provisioner.storage.store_reads import read_store

_TITLE = "UPDATE stores SET title = :title WHERE id = :id"


class Titles:
    """Writes titles; ``announcer`` is told of each store that changed."""

    def __init__(self, database: Transactions, clock: Clock, announcer: Announcer) -> None:
        self._database = database
        self._clock = clock
        self._announcer = announcer

    async def change(
        self, store: Store, title: str, message: str, *, audit: AuditedAction
    ) -> Store:
        """Give a store another title; return it. The same title again changes nothing.

        Raises ConflictError when it is being deleted, or has another owner by now.
        """

        async def work(transaction: Transaction) -> Store:
            await transaction.lock_store(store.id)
            found = await read_store(transaction, store.id)
            if found.target is StoreTarget.DELETED or found.owner != store.owner:
                raise ConflictError(f"Store {store.id} cannot be renamed.")
            if found.title != title:
                # Without a title of its own a store has that of its name.
                kept = None if title == found.name else title
                await transaction.execute(_TITLE, {"id": store.id, "title": kept})
                await add_event(
                    transaction, store.id, EventKind.RENAME, "title", "RENAMED", message,
                    now=self._clock.now(),
                )  # fmt: skip
            await audit.accept(transaction)
            return await read_store(transaction, store.id)

        result = await self._database.transact(work)
        self._announcer.announce(store.id)
        return result
