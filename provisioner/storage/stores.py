"""The stores in SQL. One function changes a status; every write carries its event with it.

A write that finds the row in another state than the caller believed writes nothing and raises
ConflictError: the caller reads again. The SQL is the same on SQLite and PostgreSQL.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from provisioner.domain.cluster import Pod
from provisioner.domain.errors import ConflictError, Refusal, RefusedError
from provisioner.domain.owners import OWNED, Owner
from provisioner.domain.pod_events import diff_pods
from provisioner.domain.ports import Announcer, Clock
from provisioner.domain.stores import (
    EventKind,
    Reason,
    Step,
    StepName,
    StepStatus,
    Store,
    StoreStatus,
    StoreTarget,
)
from provisioner.domain.transitions import PROVISION_STEPS, is_allowed
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.change_log import note_removed, number_change
from provisioner.storage.database import Transaction, Transactions, UniqueViolation
from provisioner.storage.kept_names import refuse_kept_name
from provisioner.storage.quota import Quota, enforce, serialise_creates
from provisioner.storage.rows import pod_detail, step_of, store_of, to_micros
from provisioner.storage.snapshots import sorted_pods
from provisioner.storage.store_reads import StoreReader, read_store

T = TypeVar("T")

_NO_QUOTA = Quota()
_STARTS = (StoreStatus.PROVISIONING, StoreStatus.DELETING)
_STEP_ENDS = (StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.SKIPPED)

_INSERT_STORE = """
    INSERT INTO stores (id, name, owner_source, owner, owner_name, engine, engine_version, status,
                        target, namespace, release, host, url, idempotency_key, version, attempt,
                        created_at, updated_at)
    VALUES (:id, :name, :owner_source, :owner, :owner_name, :engine, :engine_version, :status,
            :target, :namespace, :release, :host, :url, :idempotency_key, 0, 0, :now, :now)
"""
_INSERT_STEP = """
    INSERT INTO steps (store_id, attempt, position, name, status, message, output)
    VALUES (:store_id, :attempt, :position, :name, 'PENDING', '', '')
"""
_INSERT_EVENT = """
    INSERT INTO events (store_id, version, kind, subject, status, message, at)
    VALUES (:store_id, :version, :kind, :subject, :status, :message, :at)
"""
_TRANSITION = """
    UPDATE stores
    SET status = :following, reason_code = :code, reason_message = :message,
        version = version + 1, updated_at = :now,
        attempt = attempt + :new_attempt,
        attempt_started_at = CASE WHEN :starts = 1 THEN :now ELSE attempt_started_at END,
        ready_at = CASE WHEN :following = 'READY' THEN :now ELSE ready_at END,
        deleted_at = CASE WHEN :following = 'DELETED' THEN :now ELSE deleted_at END
    WHERE id = :id AND status = :current
    RETURNING *
"""
_OF_A_STORE = (
    ("events", "store_id"), ("pods", "store_id"), ("steps", "store_id"), ("stores", "id"),
)  # fmt: skip
_UPSERT_POD = """
    INSERT INTO pods (store_id, uid, detail) VALUES (:store_id, :uid, :detail)
    ON CONFLICT (store_id, uid) DO UPDATE SET detail = excluded.detail
"""


class StoreRepository(StoreReader):
    """Stores, steps, pods and events of a database. Implements ``ports.StoreRecords``."""

    def __init__(self, database: Transactions, clock: Clock, announcer: Announcer) -> None:
        super().__init__(database)
        self._clock = clock
        self._announcer = announcer

    async def create(
        self,
        store: Store,
        *,
        idempotency_key: str | None = None,
        quota: Quota = _NO_QUOTA,
        names_kept_for: timedelta | None = None,
        audit: AuditedAction | None = None,
    ) -> Store:
        """Insert a queued store with its steps.

        With an idempotency key that the owner used before, return that earlier store instead, also
        when there is no place for another. Raises RefusedError when a live store has the name
        (NAME_TAKEN), a deleted one of another owner had it less than ``names_kept_for`` ago
        (NAME_KEPT), or the quota is used up (see ``quota``); nothing is written then.
        """

        async def work(transaction: Transaction) -> Store:
            await serialise_creates(transaction)
            found = await _find_by_key(transaction, store.owner, idempotency_key)
            if found is None:
                await enforce(transaction, quota, store.owner)
                await self._insert(transaction, store, idempotency_key)
                if names_kept_for is not None:
                    now = self._clock.now()
                    await refuse_kept_name(transaction, store, kept_for=names_kept_for, now=now)
                await self._begin_attempt(transaction, store.id, 1, PROVISION_STEPS)
                message = (
                    f"Store {store.name} was created by {store.owner.label} and waits for its turn."
                )
                await self._bump(
                    transaction, store.id, EventKind.STATUS, "store", store.status, message,
                    attempt=1,
                )  # fmt: skip
                found = await read_store(transaction, store.id)
            if audit is not None:
                await audit.accept(transaction, store_id=found.id)
            return found

        return await self._write(store.id, work)

    async def request_delete(
        self,
        store_id: str,
        message: str,
        *,
        only_in: Sequence[StoreStatus] = tuple(StoreStatus),
        audit: AuditedAction | None = None,
    ) -> Store:
        """Set the store's target to DELETED; does nothing when it already is.

        Raises ConflictError when the store's status is none of ``only_in``.
        """

        async def work(transaction: Transaction) -> Store:
            await transaction.lock_store(store_id)
            found = await read_store(transaction, store_id)
            if found.target is not StoreTarget.DELETED:
                if found.status not in only_in:
                    raise ConflictError(f"Store {store_id} is {found.status}.")
                await transaction.execute(
                    "UPDATE stores SET target = 'DELETED' WHERE id = :id", {"id": store_id}
                )
                await self._bump(
                    transaction, store_id, EventKind.STATUS, "target", StoreTarget.DELETED, message
                )
            if audit is not None:
                await audit.accept(transaction)
            return await read_store(transaction, store_id)

        return await self._write(store_id, work)

    async def transition(
        self,
        store: Store,
        following: StoreStatus,
        *,
        reason: Reason | None = None,
        steps: Sequence[StepName] = (),
        message: str = "",
        audit: AuditedAction | None = None,
    ) -> Store:
        """See ``ports.StoreRecords``."""
        if not is_allowed(store.status, following):
            raise ConflictError(f"A store cannot go from {store.status} to {following}.")

        async def work(transaction: Transaction) -> Store:
            now = to_micros(self._clock.now())
            row = await transaction.fetch_one(
                _TRANSITION,
                {
                    "id": store.id,
                    "current": store.status,
                    "following": following,
                    "code": reason.code if reason else None,
                    "message": reason.message if reason else None,
                    "now": now,
                    "new_attempt": int(bool(steps)),
                    "starts": int(following is not store.status and following in _STARTS),
                },
            )
            if row is None:
                raise ConflictError(f"Store {store.id} is no longer {store.status}.")
            if steps:
                await self._begin_attempt(transaction, store.id, row["attempt"], steps)
            said = message or (reason.message if reason else f"The store is {following}.")
            await self._event(
                transaction, store.id, row["version"], EventKind.STATUS, "store", following, said
            )
            if audit is not None:
                await audit.accept(transaction)
            return store_of(row)

        return await self._write(store.id, work)

    async def update_step(
        self,
        store: Store,
        name: StepName,
        status: StepStatus,
        *,
        message: str = "",
        output: str = "",
    ) -> Step:
        """See ``ports.StoreRecords``. Raises ConflictError when another attempt has begun."""

        async def work(transaction: Transaction) -> Step:
            await transaction.lock_store(store.id)
            row = await transaction.fetch_one(
                "UPDATE steps SET status = :status, message = :message, output = :output,"
                " started_at = COALESCE(started_at, :now), finished_at = :finished"
                " WHERE store_id = :store_id AND attempt = :attempt AND name = :name"
                " AND attempt = (SELECT attempt FROM stores WHERE id = :store_id)"
                " RETURNING *",
                {
                    "store_id": store.id,
                    "attempt": store.attempt,
                    "name": name,
                    "status": status,
                    "message": message,
                    "output": output,
                    "now": to_micros(self._clock.now()),
                    "finished": to_micros(self._clock.now()) if status in _STEP_ENDS else None,
                },
            )
            if row is None:
                raise ConflictError(f"Attempt {store.attempt} of store {store.id} is over.")
            await self._bump(transaction, store.id, EventKind.STEP, name, status, message)
            return step_of(row)

        return await self._write(store.id, work)

    async def purge(self, before: datetime, *, limit: int) -> int:
        """Remove all that is kept of stores deleted before a moment; return how many that were."""

        async def work(transaction: Transaction) -> int:
            rows = await transaction.fetch_all(
                "SELECT id, change FROM stores WHERE status = 'DELETED' AND deleted_at < :before"
                " ORDER BY deleted_at LIMIT :limit",
                {"before": to_micros(before), "limit": limit},
            )
            for row in rows:
                await transaction.lock_store(row["id"])
                for table, key in _OF_A_STORE:
                    # Only fixed words are put into the statement.
                    await transaction.execute(
                        f"DELETE FROM {table} WHERE {key} = :id",  # noqa: S608
                        {"id": row["id"]},
                    )
            await note_removed(transaction, max((row["change"] for row in rows), default=0))
            return len(rows)

        return await self._database.transact(work)

    async def record_pods(self, store_id: str, pods: Sequence[Pod]) -> int:
        """See ``ports.StoreRecords``. Raises NotFoundError for an unknown store."""

        async def work(transaction: Transaction) -> int:
            await transaction.lock_store(store_id)
            store = await read_store(transaction, store_id)
            if store.status is StoreStatus.DELETED:
                return 0  # news that came too late: that it is deleted stays the last of its events
            known = await self._pods(transaction, store_id)
            changes = list(diff_pods(known, pods))
            for change in changes:
                key: dict[str, object] = {"store_id": store_id, "uid": change.uid}
                if change.pod is None:
                    await transaction.execute(
                        "DELETE FROM pods WHERE store_id = :store_id AND uid = :uid", key
                    )
                else:
                    await transaction.execute(
                        _UPSERT_POD, {**key, "detail": pod_detail(change.pod)}
                    )
                await self._bump(
                    transaction, store_id, EventKind.POD, change.name, change.status, change.message
                )
            return len(changes)

        changes = await self._database.transact(work)
        if changes:
            self._announcer.announce(store_id)
        return changes

    async def record_repair(self, store_id: str, message: str, *, is_done: bool) -> None:
        """See ``ports.StoreRecords``."""
        status = "REPAIRED" if is_done else "NOT_REPAIRED"

        async def work(transaction: Transaction) -> None:
            last = await transaction.fetch_one(
                "SELECT message FROM events WHERE store_id = :id AND kind = 'REPAIR'"
                " ORDER BY version DESC LIMIT 1",
                {"id": store_id},
            )
            if is_done or last is None or last["message"] != message:
                await self._bump(
                    transaction, store_id, EventKind.REPAIR, "release", status, message
                )

        await self._write(store_id, work)

    async def _write(self, store_id: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run a transaction, then tell the store's followers: never before it is committed."""
        result = await self._database.transact(work)
        self._announcer.announce(store_id)
        return result

    async def _insert(self, transaction: Transaction, store: Store, key: str | None) -> None:
        values = {
            "id": store.id,
            "name": store.name,
            **store.owner.values,
            "owner_name": store.owner.display_name,
            "engine": store.engine,
            "engine_version": store.engine_version,
            "status": store.status,
            "target": store.target,
            "namespace": store.namespace,
            "release": store.release,
            "host": store.host,
            "url": store.url,
            "idempotency_key": key,
            "now": to_micros(store.created_at),
        }
        try:
            await transaction.execute(_INSERT_STORE, values)
        except UniqueViolation as error:
            raise RefusedError(name_taken(store.name)) from error

    async def _begin_attempt(
        self, transaction: Transaction, store_id: str, attempt: int, steps: Sequence[StepName]
    ) -> None:
        """Add the steps of an attempt; whatever an earlier one left unfinished is over."""
        await transaction.execute(
            "UPDATE steps SET status = 'SKIPPED', message = 'Interrupted.', finished_at = :now"
            " WHERE store_id = :store_id AND attempt < :attempt"
            " AND status IN ('PENDING', 'RUNNING')",
            {"store_id": store_id, "attempt": attempt, "now": to_micros(self._clock.now())},
        )
        for position, name in enumerate(steps):
            await transaction.execute(
                _INSERT_STEP,
                {"store_id": store_id, "attempt": attempt, "position": position, "name": name},
            )

    async def _bump(
        self,
        transaction: Transaction,
        store_id: str,
        kind: EventKind,
        subject: str,
        status: str,
        message: str,
        *,
        attempt: int | None = None,
    ) -> None:
        """Raise the store's version by one and record the event under it."""
        row = await transaction.fetch_one(
            "UPDATE stores SET version = version + 1, updated_at = :now,"
            " attempt = COALESCE(:attempt, attempt)"
            " WHERE id = :id AND status <> 'DELETED' RETURNING version",
            {"id": store_id, "now": to_micros(self._clock.now()), "attempt": attempt},
        )
        if row is None:
            raise ConflictError(f"Store {store_id} is deleted: nothing happens to it any more.")
        await self._event(transaction, store_id, row["version"], kind, subject, status, message)

    async def _event(
        self,
        transaction: Transaction,
        store_id: str,
        version: int,
        kind: EventKind,
        subject: str,
        status: str,
        message: str,
    ) -> None:
        await transaction.execute(
            _INSERT_EVENT,
            {
                "store_id": store_id,
                "version": version,
                "kind": kind,
                "subject": subject,
                "status": status,
                "message": message,
                "at": to_micros(self._clock.now()),
            },
        )
        await number_change(transaction, store_id)

    async def _pods(self, transaction: Transaction, store_id: str) -> list[Pod]:
        rows = await transaction.fetch_all(
            "SELECT detail FROM pods WHERE store_id = :id", {"id": store_id}
        )
        return list(sorted_pods(rows))


async def _find_by_key(transaction: Transaction, owner: Owner, key: str | None) -> Store | None:
    """Return the store that the owner has asked for with this idempotency key, or None."""
    if key is None:
        return None
    row = await transaction.fetch_one(
        f"SELECT * FROM stores WHERE {OWNED} AND idempotency_key = :key",  # noqa: S608
        {**owner.values, "key": key},
    )
    return None if row is None else store_of(row)


def name_taken(name: str) -> Refusal:
    """Return the refusal for a name that a live store already has."""
    return Refusal(
        "NAME_TAKEN", f"A store named {name!r} already exists; choose another name.", "name"
    )


def new_store(
    *,
    store_id: str,
    name: str,
    owner: Owner,
    engine: str,
    engine_version: str,
    release: str,
    host: str,
    url: str,
    now: datetime,
) -> Store:
    """Return the record of a store that was just asked for."""
    return Store(
        id=store_id,
        name=name,
        owner=owner,
        engine=engine,
        engine_version=engine_version,
        status=StoreStatus.QUEUED,
        target=StoreTarget.READY,
        reason=None,
        namespace=release,
        release=release,
        host=host,
        url=url,
        version=0,
        attempt=0,
        attempt_started_at=None,
        created_at=now,
        updated_at=now,
        ready_at=None,
        deleted_at=None,
    )
