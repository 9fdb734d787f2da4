"""Pages of a store's operations, newest first, each with its steps."""

from collections import defaultdict

from provisioner.domain.operations import OperationWithSteps
from provisioner.domain.stores import Step
from provisioner.storage.database import Transaction, Transactions
from provisioner.storage.paging import Number, Page, check_page_size, decode_key, encode_key
from provisioner.storage.rows import operation_of, step_of


def encode_cursor(item: OperationWithSteps) -> str:
    """Return an opaque cursor that continues a store's list right after this operation."""
    operation = item.operation
    return encode_key(_list_of(operation.store_id), operation.number)


class OperationPages:
    """Reads the operations of stores from a database."""

    def __init__(self, database: Transactions) -> None:
        self._database = database

    async def page(
        self, store_id: str, *, first: int, after: str | None
    ) -> Page[OperationWithSteps]:
        """Return a page of a store's operations. Raises RefusedError for a wrong size or cursor."""
        check_page_size(first, "operations")
        before = None
        if after is not None:
            _, before = decode_key(after, _list_of(store_id), tuple[str, Number])
        # One row too many says that there is a next page.
        found = await self._database.read(
            lambda transaction: _read(transaction, store_id, before=before, limit=first + 1)
        )
        return Page(tuple(found[:first]), len(found) > first)

    async def get(self, store_id: str, number: int) -> OperationWithSteps | None:
        """Return the operation with this number, or None."""
        found = await self._database.read(
            lambda transaction: _read(transaction, store_id, before=number + 1, limit=1)
        )
        is_found = bool(found) and found[0].operation.number == number
        return found[0] if is_found else None


async def _read(
    transaction: Transaction, store_id: str, *, before: int | None, limit: int
) -> list[OperationWithSteps]:
    below = "" if before is None else " AND number < :before"
    values = {"id": store_id, "limit": limit} | ({} if before is None else {"before": before})
    operations = await transaction.fetch_all(
        # Only fixed words are put into the statement; every value is bound.
        f"SELECT * FROM operations WHERE store_id = :id{below}"  # noqa: S608
        " ORDER BY number DESC LIMIT :limit",
        values,
    )
    if not operations:
        return []
    steps: dict[int, list[Step]] = defaultdict(list)
    for row in await transaction.fetch_all(
        "SELECT * FROM steps WHERE store_id = :id AND attempt BETWEEN :lowest AND :highest"
        " ORDER BY attempt, position",
        {"id": store_id, "lowest": operations[-1]["number"], "highest": operations[0]["number"]},
    ):
        steps[row["attempt"]].append(step_of(row))
    return [
        OperationWithSteps(operation_of(row), tuple(steps[row["number"]])) for row in operations
    ]


def _list_of(store_id: str) -> str:
    return f"operations of {store_id}"
