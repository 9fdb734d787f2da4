"""Writes and reads rollouts, and the turns of their stores.

How far a turn has come is not written down: it is what its operation says. So an upgrade begins,
and belongs to its rollout, in one transaction, and nothing has to be kept in step.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from provisioner.domain.errors import ConflictError, NotFoundError
from provisioner.domain.operations import OperationStatus, Request
from provisioner.domain.owners import Owner
from provisioner.domain.ports import Clock
from provisioner.domain.rollouts import Rollout, RolloutStatus, RolloutTerms, Turn, TurnStatus
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.database import Row, Transaction, Transactions
from provisioner.storage.paging import Number, Page, check_page_size, decode_key, encode_key
from provisioner.storage.rows import from_micros, moment, to_micros

_LIST = "rollouts"
_INSERT = """
    INSERT INTO rollouts (id, engine, engine_version, canaries, parallel, stop_after_failures,
                          status, reason, asked_by_source, asked_by, asked_by_name, token_id,
                          created_at)
    VALUES (:id, :engine, :engine_version, :canaries, :parallel, :stop_after_failures,
            :status, :reason, :source, :subject, :display_name, :token_id, :created_at)
"""
_INSERT_TURN = """
    INSERT INTO rollout_stores (rollout_id, position, store_id, store_name, former_version,
                                accepted)
    VALUES (:rollout_id, :position, :store_id, :store_name, :former_version, 0)
"""
_TURNS = """
    SELECT rollout_stores.*, operations.status AS operation_status, operations.reason_message
    FROM rollout_stores
    LEFT JOIN operations ON operations.store_id = rollout_stores.store_id
                         AND operations.number = rollout_stores.operation_number
    WHERE rollout_id = :id AND position > :after ORDER BY position
"""
_BEGUN = """
    UPDATE rollout_stores SET operation_number = (SELECT attempt FROM stores WHERE id = :store_id)
    WHERE rollout_id = :id AND store_id = :store_id AND operation_number IS NULL
    AND EXISTS (SELECT 1 FROM rollouts WHERE id = :id AND status = 'RUNNING')
    RETURNING position
"""
_SKIPPED = """
    UPDATE rollout_stores SET skipped = :why
    WHERE rollout_id = :id AND store_id = :store_id AND operation_number IS NULL
"""
_BECOMES = """
    UPDATE rollouts SET status = :status, reason = :reason, ended_at = :ended
    WHERE id = :id AND status = :current RETURNING id
"""
_ACCEPTED = """
    UPDATE rollout_stores SET accepted = 1
    WHERE rollout_id = :id AND operation_number IS NOT NULL AND EXISTS (
        SELECT 1 FROM operations WHERE operations.store_id = rollout_stores.store_id
        AND operations.number = rollout_stores.operation_number
        AND operations.status IN ('FAILED', 'CANCELLED'))
"""
_STATUS_OF = {
    OperationStatus.QUEUED: TurnStatus.RUNNING,
    OperationStatus.RUNNING: TurnStatus.RUNNING,
    OperationStatus.SUCCEEDED: TurnStatus.SUCCEEDED,
    OperationStatus.FAILED: TurnStatus.FAILED,
    OperationStatus.CANCELLED: TurnStatus.FAILED,  # the store is being deleted
}


def encode_cursor(rollout: Rollout) -> str:
    """Return an opaque cursor that continues the list of rollouts right after this one."""
    return encode_key(_LIST, to_micros(rollout.created_at), rollout.id)


class Rollouts:
    """Writes and reads the rollouts in a database."""

    def __init__(self, database: Transactions, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(
        self, rollout_id: str, terms: RolloutTerms, turns: Sequence[Turn], audit: AuditedAction
    ) -> Rollout:
        """Record a rollout that is RUNNING, with its PENDING turns in their order; return it."""

        async def work(transaction: Transaction) -> Rollout:
            values = _values_of(rollout_id, terms, audit.request)
            await transaction.execute(
                _INSERT, {**values, "created_at": to_micros(self._clock.now())}
            )
            for position, turn in enumerate(turns, start=1):
                await transaction.execute(
                    _INSERT_TURN,
                    {
                        "rollout_id": rollout_id,
                        "position": position,
                        "store_id": turn.store_id,
                        "store_name": turn.store_name,
                        "former_version": turn.former_version,
                    },
                )
            await audit.accept(transaction)
            return await _read(transaction, rollout_id)

        return await self._database.transact(work)

    async def get(self, rollout_id: str) -> Rollout:
        """Return a rollout with its counts. Raises NotFoundError."""
        return await self._database.read(lambda transaction: _read(transaction, rollout_id))

    async def running(self) -> list[Rollout]:
        """Return the rollouts that go on, without their counts, oldest first."""
        rows = await self._database.read(
            lambda transaction: transaction.fetch_all(
                "SELECT * FROM rollouts WHERE status = 'RUNNING' ORDER BY created_at, id"
            )
        )
        return [_rollout_of(row) for row in rows]

    async def page(self, *, first: int, after: str | None) -> Page[Rollout]:
        """Return a page of the rollouts, newest first. Raises RefusedError."""
        check_page_size(first, "rollouts")
        where, values = "1 = 1", dict[str, object]()
        if after is not None:
            _, values["at"], values["id"] = decode_key(after, _LIST, tuple[str, Number, str])
            where = "(created_at, id) < (:at, :id)"

        async def work(transaction: Transaction) -> list[Rollout]:
            rows = await transaction.fetch_all(
                # Only fixed words are put into the statement; every value is bound.
                f"SELECT id FROM rollouts WHERE {where}"  # noqa: S608
                " ORDER BY created_at DESC, id DESC LIMIT :limit",
                {**values, "limit": first + 1},
            )
            return [await _read(transaction, row["id"]) for row in rows]

        found = await self._database.read(work)
        return Page(tuple(found[:first]), len(found) > first)

    async def turns(self, rollout_id: str) -> list[Turn]:
        """Return all turns of a rollout, in their order."""
        return await self._database.read(lambda transaction: _turns(transaction, rollout_id))

    async def turns_page(
        self, rollout_id: str, *, first: int, after: str | None
    ) -> Page[tuple[str, Turn]]:
        """Return a page of a rollout's turns in their order, each with its cursor.

        Raises RefusedError for a wrong size or cursor.
        """
        check_page_size(first, "stores")
        name, position = f"stores of {rollout_id}", 0
        if after is not None:
            _, position = decode_key(after, name, tuple[str, Number])
        found = await self._database.read(
            lambda transaction: _turns(transaction, rollout_id, after=position, limit=first + 1)
        )
        items = tuple(
            (encode_key(name, position + index), turn) for index, turn in enumerate(found, 1)
        )
        return Page(items[:first], len(items) > first)

    async def skip(self, rollout_id: str, store_id: str, why: str) -> None:
        """Record why a store is passed over whose turn it is."""
        values = {"id": rollout_id, "store_id": store_id, "why": why}
        await self._database.transact(lambda transaction: transaction.execute(_SKIPPED, values))

    async def end(self, rollout_id: str, status: RolloutStatus, reason: str) -> None:
        """Record that a RUNNING rollout is STOPPED or FINISHED. Raises ConflictError."""
        await self._become(rollout_id, RolloutStatus.RUNNING, status, reason, None)

    async def stop(self, rollout_id: str, reason: str, audit: AuditedAction) -> Rollout:
        """Begin no more upgrades of a RUNNING rollout; return it. Raises ConflictError."""
        return await self._become(
            rollout_id, RolloutStatus.RUNNING, RolloutStatus.STOPPED, reason, audit
        )

    async def resume(self, rollout_id: str, audit: AuditedAction) -> Rollout:
        """Let a STOPPED rollout go on, whatever has failed so far; return it.

        Raises ConflictError when it is not STOPPED.
        """
        return await self._become(
            rollout_id, RolloutStatus.STOPPED, RolloutStatus.RUNNING, "", audit
        )

    async def _become(
        self,
        rollout_id: str,
        current: RolloutStatus,
        following: RolloutStatus,
        reason: str,
        audit: AuditedAction | None,
    ) -> Rollout:
        is_over = following is not RolloutStatus.RUNNING
        ended = to_micros(self._clock.now()) if is_over else None
        values = {"id": rollout_id, "current": current, "status": following, "reason": reason}

        async def work(transaction: Transaction) -> Rollout:
            if await transaction.fetch_one(_BECOMES, {**values, "ended": ended}) is None:
                raise ConflictError(f"Rollout {rollout_id} is not {current}.")
            if not is_over:
                await transaction.execute(_ACCEPTED, {"id": rollout_id})
            if audit is not None:
                await audit.accept(transaction)
            return await _read(transaction, rollout_id)

        return await self._database.transact(work)


class TurnAction:
    """The beginning of an upgrade as the turn of a store. Implements ``audit_log.Action``."""

    def __init__(self, rollout: Rollout, store_id: str) -> None:
        self._rollout = rollout
        self._store_id = store_id

    @property
    def request(self) -> Request:
        """Who asked for the rollout, and which it is."""
        parameters = msgspec.json.encode({"rollout": self._rollout.id}).decode()
        return Request(self._rollout.asked_by, self._rollout.token_id, parameters)

    async def accept(self, transaction: Transaction) -> None:
        """Write down that the turn has begun.

        Raises ConflictError when that was done already, or when the rollout is not RUNNING any
        more.
        """
        values = {"id": self._rollout.id, "store_id": self._store_id}
        if await transaction.fetch_one(_BEGUN, values) is None:
            raise ConflictError(f"It is not store {self._store_id}'s turn.")


def _values_of(rollout_id: str, terms: RolloutTerms, request: Request) -> dict[str, object]:
    asked_by = request.asked_by
    return {
        "id": rollout_id,
        "engine": terms.engine,
        "engine_version": terms.version,
        "canaries": terms.canaries,
        "parallel": terms.parallel,
        "stop_after_failures": terms.stop_after_failures,
        "status": RolloutStatus.RUNNING,
        "reason": "",
        "source": None if asked_by is None else asked_by.source,
        "subject": None if asked_by is None else asked_by.subject,
        "display_name": "" if asked_by is None else asked_by.display_name,
        "token_id": request.token_id,
    }


async def _read(transaction: Transaction, rollout_id: str) -> Rollout:
    row = await transaction.fetch_one("SELECT * FROM rollouts WHERE id = :id", {"id": rollout_id})
    if row is None:
        raise NotFoundError("There is no such rollout.")
    turns = await _turns(transaction, rollout_id)
    return replace(_rollout_of(row), counts=Counter(turn.status for turn in turns))


async def _turns(
    transaction: Transaction, rollout_id: str, *, after: int = 0, limit: int | None = None
) -> list[Turn]:
    values: dict[str, object] = {"id": rollout_id, "after": after}
    if limit is None:
        rows = await transaction.fetch_all(_TURNS, values)
    else:
        rows = await transaction.fetch_all(f"{_TURNS} LIMIT :limit", {**values, "limit": limit})
    return [_turn_of(row) for row in rows]


def _rollout_of(row: Row) -> Rollout:
    source, subject, name = row["asked_by_source"], row["asked_by"], row["asked_by_name"]
    return Rollout(
        id=row["id"],
        terms=RolloutTerms(
            engine=row["engine"],
            version=row["engine_version"],
            canaries=row["canaries"],
            parallel=row["parallel"],
            stop_after_failures=row["stop_after_failures"],
        ),
        status=RolloutStatus(row["status"]),
        reason=row["reason"],
        asked_by=None if subject is None else Owner(source or "", subject, name),
        token_id=row["token_id"],
        created_at=from_micros(row["created_at"]),
        ended_at=moment(row["ended_at"]),
    )


def _turn_of(row: Row) -> Turn:
    status, message = _status_of(row)
    return Turn(
        store_id=row["store_id"],
        store_name=row["store_name"],
        former_version=row["former_version"],
        status=status,
        operation_number=row["operation_number"],
        message=message,
        is_accepted=bool(row["accepted"]),
    )


def _status_of(row: Row) -> tuple[TurnStatus, str]:
    if row["operation_number"] is None:
        skipped = row["skipped"]
        return (TurnStatus.PENDING, "") if skipped is None else (TurnStatus.SKIPPED, skipped)
    if row["operation_status"] is None:
        return TurnStatus.SKIPPED, "The store is deleted, and its record was removed."
    return _STATUS_OF[OperationStatus(row["operation_status"])], row["reason_message"] or ""
