"""What must be true once all is quiet."""

import json

from app.local.cluster import LocalCluster
from provisioner.domain.owners import MERCHANTS
from tests.chaos.backup_inspection import inspect_backups
from tests.chaos.backups import DAMAGED
from tests.chaos.merchants import inspect_merchants
from tests.chaos.operation_inspection import inspect_operations
from tests.chaos.promises import Promises
from tests.chaos.storm import Storm
from tests.chaos.suspensions import inspect_suspensions
from tests.chaos.upgrades import inspect_upgrades
from tests.e2e.namespaces import store_namespaces

_EVENTS = "SELECT version, kind, subject, status, message FROM events WHERE store_id = :id"
_STORES = f"""SELECT id, status, target, namespace, reason_code, from_backup FROM stores
              WHERE {MERCHANTS}"""  # noqa: S608 - only fixed words are put into the statement


def inspect(promises: Promises, cluster: LocalCluster) -> None:
    """Compare what was promised, what is recorded, what was told, and what runs."""
    inspect_cluster(cluster, inspect_records(promises))
    inspect_backups(promises, cluster)
    inspect_suspensions(promises, cluster)


def inspect_storm(storm: Storm, cluster: LocalCluster) -> None:
    """Do the same, and see to what of shops only a storm changes."""
    inspect(storm.promises, cluster)
    inspect_upgrades(storm.promises, cluster)
    inspect_merchants(storm.merchants, storm.promises, cluster)


def inspect_records(promises: Promises) -> set[str]:
    """Compare what was promised, recorded and told; return the namespaces that should be there."""
    stores = {f"store_{row[0]}": row[1:] for row in promises.rows(_STORES)}
    assert set(stores) == set(promises.accepted.values()), "a store was lost, or made twice"
    for store_id, (status, target, _, reason, source) in stores.items():
        assert (status == "DELETED") == (store_id in promises.delete_asked), (store_id, status)
        assert (target == "DELETED") == (status == "DELETED"), (store_id, status, target)
        assert status != "FAILED" or reason == _fault_of(source), (store_id, reason)
        _inspect_events(promises, store_id)
        inspect_operations(promises, store_id, status)
    return {row[2] for row in stores.values() if row[0] != "DELETED"}


def inspect_cluster(cluster: LocalCluster, live: set[str]) -> None:
    """Compare a cluster's namespaces and releases with the namespaces that should be there."""
    found = store_namespaces(cluster)
    without_store = [item for name, item in found.items() if name not in live]
    assert without_store == []
    assert live - set(found) == set(), "stores without a namespace"
    releases = cluster.kubectl_json("get", "secrets", "--all-namespaces", "-l", "owner=helm")
    latest: dict[str, tuple[int, str]] = {}
    for item in releases["items"]:
        metadata = item["metadata"]
        revision = (int(metadata["labels"]["version"]), metadata["labels"]["status"])
        latest[metadata["namespace"]] = max(revision, latest.get(metadata["namespace"], revision))
    states = {namespace: state for namespace, (_, state) in latest.items()}
    assert states == dict.fromkeys(live, "deployed"), (
        "releases that no live store has, or half done"
    )


def _fault_of(source: str | None) -> str:
    """Return why a store can fail here that is made from this backup, or from none."""
    if source is None:
        return "IMAGE_NOT_FOUND"
    return "RESTORE_INCOMPLETE" if json.loads(source)["counts"] == DAMAGED else "nothing"


def _inspect_events(promises: Promises, store_id: str) -> None:
    recorded = promises.rows(f"{_EVENTS} ORDER BY version", id=store_id.removeprefix("store_"))
    assert [row[0] for row in recorded] == list(range(1, promises.version_of(store_id) + 1))
    for follower in promises.followers[store_id]:
        told = [
            (e["version"], e["kind"], e["subject"], e["status"], e["message"] or "")
            for e in follower.events
        ]
        # A store that failed may still get an event of a pod, just now.
        assert len(told) >= promises.settled[store_id], f"{store_id}: a follower misses events"
        assert told == recorded[: len(told)], (
            f"{store_id}: what a follower was told is not what is recorded:"
            f" {sorted({*told} ^ {*recorded})}, {len(told)} of {len(recorded)}"
        )
    deleted = [row for row in recorded if row[1:4] == ("STATUS", "store", "DELETED")]
    assert len(deleted) <= 1, f"{store_id} was deleted twice"
    gone: set[str] = set()
    for _, kind, subject, status, _ in recorded:
        if kind == "POD":
            # One of the same name may come after it, as a database's does.
            assert status != "Gone" or subject not in gone, f"{store_id}: {subject} ended twice"
            (gone.add if status == "Gone" else gone.discard)(subject)
