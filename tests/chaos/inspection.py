"""What must be true once the storm is over."""

from tests.chaos.storm import Storm

_EVENTS = "SELECT version, kind, subject, status, message FROM events WHERE store_id = :id"
_STEPS = """SELECT steps.name, steps.status FROM steps JOIN stores ON stores.id = steps.store_id
            AND stores.attempt = steps.attempt WHERE stores.id = :id"""


def inspect(storm: Storm) -> None:
    """Compare what was promised, what is recorded, what was told, and what runs."""
    stores = {
        f"store_{row[0]}": row[1:]
        for row in storm.rows("SELECT id, status, target, namespace, reason_code FROM stores")
    }
    assert set(stores) == set(storm.accepted.values()), "a store was lost, or made twice"
    for store_id, (status, target, _, reason) in stores.items():
        assert (status == "DELETED") == (store_id in storm.delete_asked), (store_id, status)
        assert (target == "DELETED") == (status == "DELETED"), (store_id, status, target)
        assert status != "FAILED" or reason == "IMAGE_NOT_FOUND", (store_id, reason)
        _inspect_events(storm, store_id)
        _inspect_steps(storm, store_id, status)
    _inspect_cluster(storm, {row[2] for row in stores.values() if row[0] != "DELETED"})


def _inspect_events(storm: Storm, store_id: str) -> None:
    recorded = storm.rows(f"{_EVENTS} ORDER BY version", id=store_id.removeprefix("store_"))
    assert [row[0] for row in recorded] == list(range(1, storm.version_of(store_id) + 1))
    told = [
        (e["version"], e["kind"], e["subject"], e["status"], e["message"])
        for e in storm.followers[store_id].events
    ]
    assert told == recorded, f"{store_id}: what a follower was told is not what is recorded"
    for kind, status in (("STATUS", "DELETED"), ("POD", "Gone")):
        once = [row[2] for row in recorded if (row[1], row[3]) == (kind, status)]
        ended = [subject for subject in once if subject != "target"]
        assert len(ended) == len(set(ended)), f"{store_id}: {ended} ended twice"


def _inspect_steps(storm: Storm, store_id: str, status: str) -> None:
    steps = dict(storm.rows(_STEPS, id=store_id.removeprefix("store_")))
    expected = {
        "READY": {"SUCCEEDED", "SKIPPED"},
        "DELETED": {"SUCCEEDED", "SKIPPED"},
        "FAILED": {"SUCCEEDED", "FAILED", "PENDING"},
    }[status]
    assert set(steps.values()) <= expected, (store_id, status, steps)
    assert len(steps) == (2 if status == "DELETED" else 6), (store_id, steps)


def _inspect_cluster(storm: Storm, live: set[str]) -> None:
    cluster = storm.service.cluster
    found = cluster.kubectl_json("get", "namespaces", "-l", "store-platform.dev/store")["items"]
    mine = {item["metadata"]["name"] for item in found}
    assert mine == live, "namespaces without a store, or stores without a namespace"
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
