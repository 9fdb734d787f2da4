"""Reads stores with their latest operations, the steps of those, and pods, all at one moment."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from provisioner.domain.cluster import Pod
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.storage.database import Row, Transaction
from provisioner.storage.rows import operation_of, pod_of, step_of, store_of


async def read_snapshots(
    transaction: Transaction, store_ids: Sequence[str]
) -> Mapping[str, StoreSnapshot]:
    """Return the snapshots of those stores that exist, by id."""
    if not store_ids:  # ``IN ()`` is an error in PostgreSQL
        return {}
    # Four statements for all stores together, and not four for each.
    names = ", ".join(f":id_{index}" for index in range(len(store_ids)))
    values = {f"id_{index}": store_id for index, store_id in enumerate(store_ids)}
    # Only the names of parameters are put into the statements; every value is bound.
    stores = await transaction.fetch_all(
        f"SELECT * FROM stores WHERE id IN ({names})",  # noqa: S608
        values,
    )
    operations = await transaction.fetch_all(
        "SELECT operations.* FROM operations JOIN stores"  # noqa: S608
        " ON stores.id = operations.store_id AND stores.attempt = operations.number"
        f" WHERE stores.id IN ({names})",
        values,
    )
    steps = await transaction.fetch_all(
        "SELECT steps.* FROM steps JOIN stores ON stores.id = steps.store_id"  # noqa: S608
        f" AND stores.attempt = steps.attempt WHERE stores.id IN ({names})"
        " ORDER BY steps.store_id, steps.position",
        values,
    )
    pods = await transaction.fetch_all(
        f"SELECT store_id, detail FROM pods WHERE store_id IN ({names})",  # noqa: S608
        values,
    )
    operation_of_store = {row["store_id"]: operation_of(row) for row in operations}
    steps_of, pods_of = _by_store(steps), _by_store(pods)
    return {
        row["id"]: StoreSnapshot(
            store=store_of(row),
            operation=operation_of_store.get(row["id"]),
            steps=tuple(map(step_of, steps_of[row["id"]])),
            pods=sorted_pods(pods_of[row["id"]]),
        )
        for row in stores
    }


def sorted_pods(rows: Iterable[Row]) -> tuple[Pod, ...]:
    """Return the pods of rows of ``pods``, oldest first."""
    return tuple(sorted(map(pod_of, rows), key=lambda pod: (pod.created_at, pod.name)))


def _by_store(rows: Iterable[Row]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["store_id"]].append(row)
    return found
