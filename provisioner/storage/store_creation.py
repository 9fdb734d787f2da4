"""Adds a store: its row, the operation that creates it, and its first event."""

from datetime import datetime, timedelta

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.operations import OperationKind, Request
from provisioner.domain.owners import OWNED, Owner
from provisioner.domain.ports import Clock
from provisioner.domain.stores import EventKind, Store
from provisioner.storage.backup_removals import hold_source
from provisioner.storage.database import Transaction, UniqueViolation
from provisioner.storage.kept_names import refuse_kept_name
from provisioner.storage.operations import begin_operation
from provisioner.storage.quota import Quota, enforce, serialise_creates
from provisioner.storage.rows import source_detail, store_of, to_micros
from provisioner.storage.store_events import insert_event
from provisioner.storage.store_reads import read_store

FIRST = 1
"""The first version of a store, and the number of its first operation."""

_INSERT_STORE = """
    INSERT INTO stores (id, name, owner_source, owner, owner_name, engine, engine_version, status,
                        target, reason_code, reason_message, namespace, release, host, url,
                        contact_email, idempotency_key, version, attempt, attempt_started_at,
                        created_at, updated_at, ready_at, from_backup, is_copy, suspended_at,
                        plan, storage_plan, title)
    VALUES (:id, :name, :owner_source, :owner, :owner_name, :engine, :engine_version, :status,
            :target, :code, :message, :namespace, :release, :host, :url,
            :contact_email, :idempotency_key, :version, :attempt, :started_at,
            :created_at, :updated_at, :ready_at, :from_backup, :is_copy, :suspended_at,
            :plan, :storage_plan, :title)
"""


async def add_store(
    transaction: Transaction,
    store: Store,
    *,
    idempotency_key: str | None,
    quota: Quota,
    names_kept_for: timedelta | None,
    request: Request,
    clock: Clock,
) -> Store:
    """Insert a store, or return the one that its owner created earlier with the same key.

    Raises RefusedError; see ``StoreRepository.create``.
    """
    # The lock comes first: both the key and the quota are read before the row is written.
    await serialise_creates(transaction)
    # The key comes before the quota: a repeated request must get its store also when the owner has
    # no place for another one.
    earlier = await _find_by_key(transaction, store.owner, idempotency_key)
    if earlier is not None:
        return earlier
    if store.from_backup is not None:
        await hold_source(transaction, store.from_backup)
    await enforce(transaction, quota, store.owner)
    now = clock.now()
    await insert_store(transaction, store, idempotency_key, now=now)
    if names_kept_for is not None:
        await refuse_kept_name(transaction, store, kept_for=names_kept_for, now=now)
    made = await read_store(transaction, store.id)
    await begin_operation(transaction, made, OperationKind.CREATE, request, now=now)
    message = f"Store {store.name} was created by {store.owner.label} and waits for its turn."
    await insert_event(
        transaction, store.id, EventKind.STATUS, "store", store.status, message,
        version=FIRST, now=now,
    )  # fmt: skip
    return await read_store(transaction, store.id)


async def _find_by_key(transaction: Transaction, owner: Owner, key: str | None) -> Store | None:
    if key is None:
        return None
    row = await transaction.fetch_one(
        f"SELECT * FROM stores WHERE {OWNED} AND idempotency_key = :key",  # noqa: S608
        {**owner.values, "key": key},
    )
    return None if row is None else store_of(row)


async def insert_store(
    transaction: Transaction, store: Store, idempotency_key: str | None, *, now: datetime
) -> None:
    """Insert the row of a store with its first version and operation number, whatever it has.

    Raises RefusedError (NAME_TAKEN) when a store that is not deleted has the name.
    """
    reason = store.reason
    values = {
        "id": store.id,
        "name": store.name,
        **store.owner.values,
        "owner_name": store.owner.display_name,
        "engine": store.engine,
        "engine_version": store.engine_version,
        "status": store.status,
        "target": store.target,
        "code": reason.code if reason else None,
        "message": reason.message if reason else None,
        "namespace": store.namespace,
        "release": store.release,
        "host": store.host,
        "url": store.url,
        "contact_email": store.contact_email,
        "idempotency_key": idempotency_key,
        "version": FIRST,
        "attempt": FIRST,
        "started_at": _micros(store.operation_started_at),
        "created_at": to_micros(store.created_at),
        "updated_at": to_micros(now),
        "ready_at": _micros(store.ready_at),
        "from_backup": store.from_backup and source_detail(store.from_backup),
        "is_copy": int(store.is_copy),
        "suspended_at": _micros(store.suspended_at),
        "plan": store.plan,
        "storage_plan": store.storage_plan,
        "title": store.chosen_title,
    }
    # A unique index on the names of live stores decides, and not a query before: another store of
    # that name could be inserted in between.
    try:
        await transaction.execute(_INSERT_STORE, values)
    except UniqueViolation as error:
        raise RefusedError(_name_taken(store.name)) from error


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)


def _name_taken(name: str) -> Refusal:
    return Refusal(
        RefusalCode.NAME_TAKEN,
        f"A store named {name!r} already exists; choose another name.",
        "name",
    )
