"""What must be true of backups, and of shops that were made from them, once all is quiet."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.local.cluster import LocalCluster
from provisioner.domain.owners import MERCHANTS
from provisioner.kubernetes.labels import COMPONENT_LABEL, OPERATION_LABEL
from provisioner.reconcile.namespaces import RESTORE_SECRET
from tests.chaos.backups import DAMAGED, WHOLE
from tests.chaos.promises import Promises
from tests.chaos.upgrades import NOT_BEGUN, UNDONE, restored
from tests.e2e.simulated_backups import ACCOUNTS, NAMESPACE

_BACKUPS = """SELECT store_id, number, snapshot, counts, checked_at, fault FROM backups
              ORDER BY store_id, number"""
_OPERATIONS = """SELECT store_id, number, kind, status, reason_code, parameters FROM operations
                 WHERE kind IN ('BACKUP', 'RESTORE', 'UPGRADE') ORDER BY store_id, number"""
_SAVED = """SELECT store_id, attempt FROM steps
            WHERE name = 'REMOVE' AND status IN ('SUCCEEDED', 'SKIPPED')
            AND EXISTS (SELECT 1 FROM steps AS others WHERE others.store_id = steps.store_id
                        AND others.attempt = steps.attempt AND others.name = 'CLOSE')"""
_SHOPS = f"""SELECT id, namespace, release, from_backup,
                 (SELECT MAX(attempt) FROM steps WHERE store_id = stores.id
                  AND name = 'RESTORE' AND status = 'SUCCEEDED') AS loaded_by
             FROM stores WHERE status = 'READY' AND {MERCHANTS}"""  # noqa: S608 - fixed words
_LISTED = """query ($id: ID!) { store(id: $id) {
  backups(first: 100) { edges { node { id } } } } }"""
_FAULT = "The backup was loaded, but there are 3 of 4 orders."

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is recorded of a backup."""

    snapshot: str
    counts: dict[str, int]
    is_checked: bool
    fault: str | None


def inspect_backups(promises: Promises, cluster: LocalCluster) -> None:
    """Compare what was seen of backups, what is recorded, what is listed, and what runs."""
    recorded = {
        (row[0], row[1]): Recorded(row[2], json.loads(row[3]), row[4] is not None, row[5])
        for row in promises.rows(_BACKUPS)
    }
    _inspect_recorded(promises, recorded)
    _inspect_checks(recorded)
    _inspect_operations(promises, recorded)
    if recorded or promises.backups:
        _inspect_cluster(promises, cluster, recorded)


def _inspect_recorded(promises: Promises, recorded: Mapping[Key, Recorded]) -> None:
    snapshots = [backup.snapshot for backup in recorded.values()]
    assert len(set(snapshots)) == len(snapshots), "two backups have the same snapshot"
    assert [one for one in snapshots if not re.fullmatch("[0-9a-f]{64}", one)] == []
    assert [key for key, one in recorded.items() if one.counts not in (WHOLE, DAMAGED)] == []
    found = {f"backup_{store_id}_{number}": one for (store_id, number), one in recorded.items()}
    seen = {one.id: one.snapshot for one in promises.backups.values()}
    assert seen == {key: found[key].snapshot for key in seen if key in found}, "a backup was lost"
    listed = [backup for store_id in sorted(promises.accepted.values())
              for backup in _listed(promises, store_id)]  # fmt: skip
    assert sorted(listed) == sorted(found)


def _listed(promises: Promises, store_id: str) -> list[str]:
    answer = promises.choose().execute(promises.token, _LISTED, id=store_id)
    return [edge["node"]["id"] for edge in answer["store"]["backups"]["edges"]]


def _inspect_checks(recorded: Mapping[Key, Recorded]) -> None:
    for key, one in recorded.items():
        found_out = one.fault is not None and one.fault.startswith(_FAULT)
        assert found_out == (one.is_checked and one.counts == DAMAGED), (key, one)
        assert found_out or one.fault is None, (key, one)


def _inspect_operations(promises: Promises, recorded: Mapping[Key, Recorded]) -> None:
    """See that backups are of operations, and operations made what they say."""
    operations = promises.rows(_OPERATIONS)
    kinds = {(row[0], row[1]): (row[2], row[3]) for row in operations}
    ends = {("BACKUP", "SUCCEEDED", None), ("UPGRADE", "SUCCEEDED", None)}
    made = {
        (row[0], row[1]) for row in operations if row[2:5] in {*ends, ("UPGRADE", "FAILED", UNDONE)}
    }
    saved = {(row[0], row[1]) for row in promises.rows(_SAVED)}
    assert made | saved <= set(recorded), "success without a backup"
    # One that was cancelled after the shop was saved, and before it was removed, has a backup too.
    cancelled = {("RESTORE", "CANCELLED"), ("UPGRADE", "CANCELLED")}
    late = {key for key, end in kinds.items() if end in cancelled}
    assert set(recorded) <= made | saved | late, "a backup of nothing that has succeeded"
    for store_id, number, kind, status, reason, parameters in operations:
        if status == "FAILED" and reason != NOT_BEGUN:
            assert kinds[store_id, number + 1][0] == "RESTORE", f"{store_id} is not brought back"
        if kind == "RESTORE" and status != "CANCELLED":
            chosen = restored(promises, parameters)
            is_whole = chosen is None or recorded[chosen].counts == WHOLE
            assert (status == "SUCCEEDED") == is_whole, (store_id, number, status)


def _inspect_cluster(
    promises: Promises, cluster: LocalCluster, recorded: Mapping[Key, Recorded]
) -> None:
    jobs = {
        (item["metadata"]["namespace"], item["metadata"]["name"]): item
        for item in _items(cluster, "jobs", f"{COMPONENT_LABEL} in (backup, restore)")
    }
    assert [key for key, job in jobs.items() if job["status"].get("active")] == []
    replicas = {
        item["metadata"]["namespace"]: item["spec"]["replicas"]
        for item in _items(cluster, "deployments", f"{COMPONENT_LABEL}=wordpress")
    }
    accounts = _secret(cluster, NAMESPACE, ACCOUNTS)["htpasswd"].splitlines()
    users = {line.partition(":")[0] for line in accounts}
    for store_id, namespace, release, detail, loaded_by in promises.rows(_SHOPS):
        assert replicas[namespace] == 1, f"{store_id} is READY, and closed"
        assert store_id in users, f"{store_id} has no account for its backups"
        if detail is None:
            assert loaded_by is None, f"{store_id} has loaded what it is not made from"
            continue
        source = json.loads(detail)
        backup = recorded[source["store_id"], source["number"]]
        assert (source["snapshot"], source["counts"]) == (backup.snapshot, WHOLE), store_id
        job = jobs.get((namespace, f"{release}-restore"), {"metadata": {"labels": {}}})
        assert job.get("status", {}).get("succeeded") == 1, f"{store_id} is READY, and not loaded"
        assert job["metadata"]["labels"][OPERATION_LABEL] == str(loaded_by), (store_id, loaded_by)
        assert _secret(cluster, namespace, RESTORE_SECRET)["SNAPSHOT"] == backup.snapshot, store_id


def _items(cluster: LocalCluster, kind: str, selector: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cluster.kubectl_json(
        "get", kind, "--all-namespaces", "-l", selector
    )["items"]
    return found


def _secret(cluster: LocalCluster, namespace: str, name: str) -> dict[str, str]:
    data = cluster.kubectl_json("-n", namespace, "get", "secret", name).get("data", {})
    return {key: base64.b64decode(value).decode() for key, value in data.items()}
