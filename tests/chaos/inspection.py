"""What must be true once all is quiet."""

from app.local.cluster import LocalCluster
from tests.chaos.promises import Promises
from tests.e2e.namespaces import store_namespaces

_EVENTS = "SELECT version, kind, subject, status, message FROM events WHERE store_id = :id"
_OPERATIONS = "SELECT number, kind, status, finished_at FROM operations WHERE store_id = :id"
_STEPS = """SELECT steps.name, steps.status FROM steps JOIN stores ON stores.id = steps.store_id
            AND stores.attempt = steps.attempt WHERE stores.id = :id"""


def inspect(promises: Promises, cluster: LocalCluster) -> None:
    """Compare what was promised, what is recorded, what was told, and what runs."""
    inspect_cluster(cluster, inspect_records(promises))


def inspect_records(promises: Promises) -> set[str]:
    """Compare what was promised, recorded and told; return the namespaces that should be there."""
    stores = {
        f"store_{row[0]}": row[1:]
        for row in promises.rows("SELECT id, status, target, namespace, reason_code FROM stores")
    }
    assert set(stores) == set(promises.accepted.values()), "a store was lost, or made twice"
    for store_id, (status, target, _, reason) in stores.items():
        assert (status == "DELETED") == (store_id in promises.delete_asked), (store_id, status)
        assert (target == "DELETED") == (status == "DELETED"), (store_id, status, target)
        assert status != "FAILED" or reason == "IMAGE_NOT_FOUND", (store_id, reason)
        _inspect_events(promises, store_id)
        _inspect_steps(promises, store_id, status)
        _inspect_operations(promises, store_id, status)
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
    for kind, status in (("STATUS", "DELETED"), ("POD", "Gone")):
        once = [row[2] for row in recorded if (row[1], row[3]) == (kind, status)]
        ended = [subject for subject in once if subject != "target"]
        assert len(ended) == len(set(ended)), f"{store_id}: {ended} ended twice"


def _inspect_steps(promises: Promises, store_id: str, status: str) -> None:
    steps = dict(promises.rows(_STEPS, id=store_id.removeprefix("store_")))
    expected = {
        "READY": {"SUCCEEDED", "SKIPPED"},
        "DELETED": {"SUCCEEDED", "SKIPPED"},
        "FAILED": {"SUCCEEDED", "FAILED", "PENDING"},
    }[status]
    assert set(steps.values()) <= expected, (store_id, status, steps)
    assert len(steps) == (2 if status == "DELETED" else 6), (store_id, steps)


def _inspect_operations(promises: Promises, store_id: str, status: str) -> None:
    found = promises.rows(f"{_OPERATIONS} ORDER BY number", id=store_id.removeprefix("store_"))
    assert [row[0] for row in found] == list(range(1, len(found) + 1)), (store_id, found)
    assert all(row[3] is not None for row in found), f"{store_id}: work that never ended: {found}"
    _, kind, ended, _ = found[-1]
    if status == "DELETED":
        assert (kind, ended) == ("DELETE", "SUCCEEDED"), (store_id, found)
    else:
        assert kind in {"CREATE", "RETRY"}, (store_id, found)
        # A store that has failed here never was ready: its image is not found.
        assert ended == ("SUCCEEDED" if status == "READY" else "FAILED"), (store_id, found)
