"""Has backups of a store made, restored and removed, and follows that to its end."""

import base64
from pathlib import Path
from typing import Any

from app.local.cluster import LocalCluster
from tests.e2e.test_recovery import Follower
from tests.real.life import PATIENCE_SECONDS, await_that, is_ready

_MAKE = "mutation ($id: ID!) { createBackup(input: {id: $id}) { errors { code message } } }"
_RESTORE = """mutation ($input: CreateStoreInput!) { createStore(input: $input) {
  store { id } errors { code message } } }"""
_PUT_BACK = """mutation ($input: RestoreBackupInput!) { restoreBackup(input: $input) {
  operation { kind } errors { code message } } }"""
_LOST = "query ($id: ID!) { node(id: $id) { ... on Backup { lostByRestore { name number } } } }"
_VERIFY = """mutation ($id: ID!) { verifyBackup(input: {id: $id}) {
  backup { check { isUnderWay } } errors { code message } } }"""
_CHECK = """query ($id: ID!) { node(id: $id) { ... on Backup {
  lastVerifiedAt check { isUnderWay fault } } } }"""
_STORES = "{ stores(first: 100) { edges { node { name owner } } } }"
_LAST = """query ($id: ID!) { store(id: $id) { status operation { kind status reason { message } }
  lastBackup { id number madeAt sizeInBytes addedInBytes counts { name number } } } }"""

_IN = ("--namespace", "backups")
_RUN = "by-hand"

KEEPS_THE_NEWEST = {
    "STORE_PLATFORM_BACKUP_KEEP_ALL_DAYS": "0",
    "STORE_PLATFORM_BACKUP_KEEP_DAYS": "1",
    "STORE_PLATFORM_BACKUP_KEEP_WEEKS": "0",
    "STORE_PLATFORM_BACKUP_KEEP_MONTHS": "0",
}
"""Settings with which a store's newest backup alone is kept."""


async def backed_up(store: Follower) -> dict[str, Any]:
    """Return the backup that is made now, of a shop that serves on."""
    made = store.service.execute(store.token, _MAKE, id=store.store_id)["createBackup"]
    assert made["errors"] == []
    await store.until_update(has_ended)
    found: dict[str, Any] = store.service.execute(store.token, _LAST, id=store.store_id)["store"]
    assert found["operation"] == {"kind": "BACKUP", "status": "SUCCEEDED", "reason": None}
    assert found["status"] == "READY"
    backup: dict[str, Any] = found["lastBackup"]
    return backup


def old_ones_are_removed(store: Follower) -> None:
    """All but the newest: the platform decides it at its start, a run of the CronJob does it."""
    service, store_id = store.service, store.store_id.removeprefix("store_")
    service.stop()
    service.start()
    cluster = service.cluster
    await_that(lambda: store_id in _removals(cluster))
    cluster.kubectl(*_IN, "create", "job", "--from=cronjob/removal", _RUN)
    cluster.kubectl(*_IN, "wait", "--for=condition=complete", f"job/{_RUN}", "--timeout=180s")
    assert "Backups removed: 1," in cluster.kubectl(*_IN, "logs", f"job/{_RUN}")
    cluster.kubectl(*_IN, "delete", "job", _RUN, "--cascade=foreground")
    listing = ("--", "ls", f"/data/{store_id}/snapshots")
    assert len(cluster.kubectl(*_IN, "exec", "deployment/server", *listing).split()) == 1


def _removals(cluster: LocalCluster) -> str:
    secret = cluster.kubectl_json(*_IN, "get", "secret", "removal")
    return base64.b64decode(secret.get("data", {}).get("removals", "")).decode()


def being_checked(store: Follower, backup: dict[str, Any]) -> None:
    """Have a shop made of it that nobody sees, beside all that follows."""
    asked = store.service.execute(store.token, _VERIFY, id=backup["id"])["verifyBackup"]
    assert (asked["errors"], asked["backup"]["check"]["isUnderWay"]) == ([], True)


def proven(store: Follower, backup: dict[str, Any]) -> None:
    """The check under way finds nothing wrong."""
    found = ended_check(store, backup)
    assert found["check"]["fault"] is None
    assert found["lastVerifiedAt"] is not None


def ended_check(store: Follower, backup: dict[str, Any]) -> dict[str, Any]:
    """Return what a check has found, once its shop is removed again."""
    service, admin = store.service, store.service.token("an-admin", role="admin")

    def check() -> dict[str, Any]:
        found: dict[str, Any] = service.execute(store.token, _CHECK, id=backup["id"])["node"]
        return found

    await_that(lambda: not check()["check"]["isUnderWay"], check)

    def shops() -> list[str]:
        stores = service.execute(admin, _STORES)["stores"]["edges"]
        return [edge["node"]["name"] for edge in stores if edge["node"]["owner"] == "platform"]

    await_that(lambda: shops() == [], shops)
    return check()


async def restored(
    store: Follower,
    name: str,
    backup: dict[str, Any],
    *,
    components: set[str],
    as_copy: bool = False,
) -> Follower:
    """Return a new shop made from the backup, once it is ready."""
    given = {"name": name, "fromBackup": backup["id"], "asCopy": as_copy}
    made = store.service.execute(store.token, _RESTORE, input=given)["createStore"]
    assert made["errors"] == []
    again = Follower(
        store.service, store.token, made["store"]["id"], patience_seconds=PATIENCE_SECONDS
    )
    return await is_ready(again, components)


async def put_back(
    store: Follower, backup: dict[str, Any], *, components: set[str], without_backup: bool = False
) -> str:
    """Have the backup put in the place of its shop; return what the refusal before that said."""
    given = {"id": backup["id"], "withoutBackup": without_backup}
    refused = store.service.execute(store.token, _PUT_BACK, input=given)["restoreBackup"]
    (error,) = refused["errors"]
    assert error["code"] == "LOSS_NOT_ACCEPTED"
    given["acceptLossSince"] = backup["madeAt"]
    asked = store.service.execute(store.token, _PUT_BACK, input=given)["restoreBackup"]
    assert asked["errors"] == []
    await store.until("PROVISIONING", "FAILED")
    await is_ready(store, components)
    found = store.service.execute(store.token, _LAST, id=store.store_id)["store"]
    assert found["operation"] == {"kind": "RESTORE", "status": "SUCCEEDED", "reason": None}
    said: str = error["message"]
    return said


def newest(store: Follower) -> dict[str, Any]:
    """Return the newest backup of the store."""
    found = store.service.execute(store.token, _LAST, id=store.store_id)["store"]
    backup: dict[str, Any] = found["lastBackup"]
    return backup


def lost_by_restore(store: Follower, backup: dict[str, Any]) -> dict[str, int]:
    """Return what putting the backup back would lose, as far as the newest one tells."""
    found = store.service.execute(store.token, _LOST, id=backup["id"])["node"]
    return {item["name"]: item["number"] for item in found["lostByRestore"]}


def counts(backup: dict[str, Any]) -> dict[str, int]:
    return {item["name"]: item["number"] for item in backup["counts"]}


def server_parts(cluster: LocalCluster) -> list[str]:
    """Return what tells the files of the backups' server: its pod's and its volume's name."""
    cluster.kubectl(*_IN, "rollout", "status", "deployment/server", "--timeout=180s")
    (pod,) = cluster.kubectl_json(*_IN, "get", "pods")["items"]
    return [pod["metadata"]["uid"], _volume(cluster)]


def server_volume(cluster: LocalCluster) -> Path:
    """Return the folder on this machine with the repositories of all stores."""
    assert cluster.layout.node is not None
    (folder,) = cluster.layout.node.volumes.glob(f"{_volume(cluster)}*")
    return folder


def _volume(cluster: LocalCluster) -> str:
    claim = cluster.kubectl_json(*_IN, "get", "persistentvolumeclaim", "data")
    name: str = claim["spec"]["volumeName"]
    return name


def has_ended(update: dict[str, Any]) -> bool:
    """Tell whether an update is of the end of a task, such as a backup's."""
    return any(
        event["kind"] == "TASK" and event["status"] in {"SUCCEEDED", "FAILED"}
        for event in update["events"]
    )
