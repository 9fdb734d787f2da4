"""Moves everything that one owner has to another owner: stores, tokens, and tokens they made."""

from dataclasses import dataclass

import structlog

from provisioner.domain.owners import OWNED, UNCLAIMED, Owner, owner_of
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.database import Database, Transaction

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Holdings:
    """How many stores and tokens an owner has, including deleted and revoked ones."""

    owner: Owner
    stores: int
    tokens: int


async def holdings(database: Database) -> list[Holdings]:
    """Return every owner with their numbers of stores and tokens, by source and name."""
    rows = await database.read(
        lambda transaction: transaction.fetch_all(
            # One owner may have several display names over time: MAX picks one of them.
            "SELECT owner_source, owner, MAX(owner_name) AS owner_name, SUM(stores) AS stores,"
            " SUM(tokens) AS tokens FROM"
            " (SELECT owner_source, owner, owner_name, 1 AS stores, 0 AS tokens FROM stores"
            " UNION ALL SELECT owner_source, owner, owner_name, 0, 1 FROM tokens) AS everything"
            " GROUP BY owner_source, owner ORDER BY owner_source, owner"
        )
    )
    return [Holdings(owner_of(row), int(row["stores"]), int(row["tokens"])) for row in rows]


async def move(
    database: Database, giver: Owner, taker: Owner, *, audit: AuditedAction | None = None
) -> Holdings:
    """Move all stores and tokens of ``giver`` to ``taker``; return how many were moved.

    The taker keeps what they have already. ``audit`` is the action whose entry is written in the
    same transaction.
    """

    async def work(transaction: Transaction) -> Holdings:
        names = {
            **giver.values, "source": taker.source, "name": taker.subject,
            "shown": taker.display_name,
        }  # fmt: skip
        # An idempotency key is unique for each owner. Where both have used the same key, the
        # taker's store keeps it: the key exists so that the taker can repeat the request.
        await transaction.execute(
            f"UPDATE stores SET idempotency_key = NULL WHERE {OWNED} AND idempotency_key IN"  # noqa: S608
            " (SELECT taken.idempotency_key FROM stores AS taken"
            " WHERE taken.owner_source = :source AND taken.owner = :name)",
            {**giver.values, "source": taker.source, "name": taker.subject},
        )
        found = [
            await transaction.fetch_all(
                f"UPDATE {table} SET owner_source = :source, owner = :name, owner_name = :shown"  # noqa: S608
                f" WHERE {OWNED} RETURNING id",
                names,
            )
            for table in ("stores", "tokens")
        ]
        await transaction.execute(
            "UPDATE tokens SET maker_source = :source, maker = :name, maker_name = :shown"
            " WHERE maker_source = :owner_source AND maker = :owner",
            names,
        )
        if audit is not None:
            await audit.accept(transaction)
        stores, tokens = map(len, found)
        return Holdings(taker, stores, tokens)

    return await database.transact(work)


async def claim(database: Database, issuer: str) -> None:
    """Give the issuer those stores of its people that were made before issuers were recorded.

    Migration 0005 marked them with the source ``UNCLAIMED``.
    """

    async def work(transaction: Transaction) -> int:
        rows = await transaction.fetch_all(
            "UPDATE stores SET owner_source = :issuer WHERE owner_source = :unclaimed RETURNING id",
            {"issuer": issuer, "unclaimed": UNCLAIMED},
        )
        return len(rows)

    if stores := await database.transact(work):
        _log.info("stores_claimed", issuer=issuer, stores=stores)
