"""Finds the stores that a rollout may be for, and those whose upgrade to a version has failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from provisioner.domain.owners import MERCHANTS
from provisioner.domain.stores import Store
from provisioner.storage.database import Transactions
from provisioner.storage.listing import StoreFilter, store_conditions
from provisioner.storage.rows import store_of

_parameters = msgspec.json.Decoder(dict[str, object])

_LAST_UPGRADES = """
    SELECT operations.store_id, operations.status, operations.parameters, operations.reason_message
    FROM operations JOIN (
        SELECT store_id, MAX(number) AS number FROM operations WHERE kind = 'UPGRADE'
        GROUP BY store_id
    ) AS latest ON latest.store_id = operations.store_id AND latest.number = operations.number
    WHERE operations.status = 'FAILED'
"""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Stores, oldest first, and of those whose last upgrade has failed why, by their ids."""

    stores: Sequence[Store]
    failures: Mapping[str, str]


class RolloutCandidates:
    """Reads the candidates for rollouts from a database."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def find(self, wanted: StoreFilter, version: str) -> Candidates:
        """Return merchants' stores by a filter; ``version`` is the one they are to get."""
        where, values = store_conditions(wanted)
        rows = await self._database.read(
            lambda transaction: transaction.fetch_all(
                # Only fixed words are put into the statement; every value is bound.
                f"SELECT * FROM stores WHERE {where} AND {MERCHANTS}"  # noqa: S608
                " ORDER BY created_at, id",
                values,
            )
        )
        failed = await self._database.read(
            lambda transaction: transaction.fetch_all(_LAST_UPGRADES)
        )
        return Candidates(
            [store_of(row) for row in rows],
            {
                row["store_id"]: row["reason_message"] or ""
                for row in failed
                if _parameters.decode(row["parameters"]).get("version") == version
            },
        )
