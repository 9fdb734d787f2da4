"""The audit log: who asked for which change, when, from where, and with which outcome.

Entries are written once and never changed; only retention removes them. This module has no way to
update or delete a single entry.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from provisioner.domain.identities import Role
from provisioner.domain.operations import Request
from provisioner.domain.owners import Owner
from provisioner.domain.ports import Clock
from provisioner.storage.audit_size import bounded
from provisioner.storage.database import Row, Transaction, Transactions
from provisioner.storage.paging import Number, Page, check_page_size, decode_key, encode_key
from provisioner.storage.rows import from_micros, to_micros

SIGN_IN = "SIGN_IN"
"""The action of a sign-in that failed; every other action is a mutation's name."""

_LIST = "audit"


class AuditOutcome(StrEnum):
    """The outcome of an action: done, refused with a code, or failed by an error of ours."""

    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """The contents of an audit entry.

    ``arguments`` is JSON without secrets. ``actor`` is None when nobody is signed in. ``token_id``
    is the token that the actor signed in with, and ``token_maker`` its maker; both are None for a
    sign-in without a token of ours. Old entries have an actor whose source is "", because sources
    were not recorded yet.
    """

    action: str
    outcome: AuditOutcome
    address: str
    actor: Owner | None = None
    role: Role | None = None
    arguments: str = "{}"
    code: str | None = None
    store_id: str | None = None
    token_id: str | None = None
    token_maker: Owner | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry of the log: a record with its number and time."""

    id: int
    at: datetime
    record: AuditRecord


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to read; a field that is None does not restrict them."""

    actor: str | None = None
    actor_source: str | None = None
    action: str | None = None
    outcome: AuditOutcome | None = None
    store_id: str | None = None
    token_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def encode_cursor(entry: AuditEntry) -> str:
    """Return an opaque cursor that continues a list right after ``entry``."""
    return encode_key(_LIST, entry.id)


class AuditLog:
    """Writes and reads the audit entries of a database."""

    def __init__(self, database: Transactions, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def record(self, record: AuditRecord) -> None:
        """Write an entry in a transaction of its own."""
        await self._database.transact(lambda transaction: self.write(transaction, record))

    async def write(self, transaction: Transaction, record: AuditRecord) -> None:
        """Write an entry as part of a transaction, so that change and entry are kept together."""
        record = bounded(record)
        await transaction.execute(
            "INSERT INTO audit (at, actor_source, actor, actor_name, role, address, action,"
            " arguments, outcome, code, store_id, token_id, token_maker_source, token_maker)"
            " VALUES (:at, :actor_source, :actor, :actor_name, :role, :address, :action,"
            " :arguments, :outcome, :code, :store_id, :token_id, :maker_source, :maker)",
            {
                "at": to_micros(self._clock.now()),
                "actor_source": record.actor and record.actor.source,
                "actor": record.actor and record.actor.subject,
                "actor_name": record.actor.display_name if record.actor else "",
                "role": record.role,
                "address": record.address,
                "action": record.action,
                "arguments": record.arguments,
                "outcome": record.outcome,
                "code": record.code,
                "store_id": record.store_id,
                "token_id": record.token_id,
                "maker_source": record.token_maker and record.token_maker.source,
                "maker": record.token_maker and record.token_maker.subject,
            },
        )

    async def accept(self, action: "AuditedAction") -> None:
        """Write the entry of an action that changes nothing, in a transaction of its own."""
        await self._database.transact(action.accept)

    async def get(self, entry_id: int) -> AuditEntry | None:
        """Return the entry with this number, or None."""
        row = await self._database.read(
            lambda transaction: transaction.fetch_one(
                "SELECT * FROM audit WHERE id = :id", {"id": entry_id}
            )
        )
        return None if row is None else _entry_of(row)

    async def page(
        self, *, first: int, after: str | None, filter_by: AuditFilter
    ) -> Page[AuditEntry]:
        """Return a page of the log, newest first.

        Its ``total`` is None, because counting a very long log would take too long. Raises
        RefusedError for a wrong size or cursor.
        """
        check_page_size(first, "entries")
        clauses, values = _conditions(filter_by)
        if after is not None:
            _, values["before"] = decode_key(after, _LIST, tuple[str, Number])
            clauses.append("id < :before")
        rows = await self._database.read(
            lambda transaction: transaction.fetch_all(
                # Only fixed words are put into the statement; every value is bound.
                f"SELECT * FROM audit WHERE {' AND '.join(['1 = 1', *clauses])}"  # noqa: S608
                " ORDER BY id DESC LIMIT :limit",
                {**values, "limit": first + 1},  # the row too many says that there is a next page
            )
        )
        return Page(tuple(map(_entry_of, rows[:first])), len(rows) > first)

    async def purge(self, before: datetime, *, limit: int) -> int:
        """Remove at most ``limit`` of the oldest entries written before a moment.

        Return how many were removed; call it again while that is ``limit``.
        """
        # In parts, because other writers wait for a transaction over a long log.
        rows = await self._database.transact(
            lambda transaction: transaction.fetch_all(
                "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < :before"
                " ORDER BY at LIMIT :limit) RETURNING id",
                {"before": to_micros(before), "limit": limit},
            )
        )
        return len(rows)


class AuditedAction:
    """An action whose audit entry is written in the same transaction as its change.

    ``record`` is the entry that is written if the action is accepted. The caller of the API layer
    creates it, and the storage method that makes the change calls ``accept``.
    """

    def __init__(self, log: AuditLog, record: AuditRecord) -> None:
        self.record = record
        self._log = log
        self._transaction: Transaction | None = None

    @property
    def request(self) -> Request:
        """Who asked for an operation by this action."""
        return Request(self.record.actor, self.record.token_id, self.record.arguments)

    @property
    def is_recorded(self) -> bool:
        """Whether the entry was committed, and the change with it."""
        # Written is not enough: the transaction may still have been rolled back.
        return self._transaction is not None and self._transaction.is_committed

    async def accept(self, transaction: Transaction, **completed: Any) -> None:
        """Write the entry as part of the transaction that makes the change.

        ``completed`` are fields of the record that are known only after the change, such as the id
        of a new store.
        """
        await self._log.write(transaction, replace(self.record, **completed))
        self._transaction = transaction

    async def accept_alone(self) -> None:
        """Write the entry of an action that changes nothing in the database."""
        await self._log.accept(self)


class Action(Protocol):
    """Why an operation begins, and what is written down with its beginning."""

    @property
    def request(self) -> Request:
        """Who asked for the operation."""
        ...

    async def accept(self, transaction: Transaction) -> None:
        """Write down that it begins, as part of the transaction in which it does."""
        ...


def request_of(action: Action | None) -> Request:
    """Return who asked for an operation by this action; without one it is the platform itself."""
    return Request() if action is None else action.request


def _conditions(wanted: AuditFilter) -> tuple[list[str], dict[str, object]]:
    clauses: list[str] = []
    values: dict[str, object] = {}
    for column in ("actor", "actor_source", "action", "outcome", "store_id", "token_id"):
        value = getattr(wanted, column)
        if value is not None:
            clauses.append(f"{column} = :{column}")
            values[column] = value
    for sign, name, moment in ((">=", "since", wanted.since), ("<", "until", wanted.until)):
        if moment is not None:
            clauses.append(f"at {sign} :{name}")
            values[name] = to_micros(moment)
    return clauses, values


def _entry_of(row: Row) -> AuditEntry:
    return AuditEntry(
        id=row["id"],
        at=from_micros(row["at"]),
        record=AuditRecord(
            action=row["action"],
            outcome=AuditOutcome(row["outcome"]),
            address=row["address"],
            actor=_named(row["actor_source"], row["actor"], row["actor_name"]),
            role=Role(row["role"]) if row["role"] else None,
            arguments=row["arguments"],
            code=row["code"],
            store_id=row["store_id"],
            token_id=row["token_id"],
            token_maker=_named(row["token_maker_source"], row["token_maker"]),
        ),
    )


def _named(source: str | None, subject: str | None, name: str = "") -> Owner | None:
    return None if subject is None else Owner(source or "", subject, name)
