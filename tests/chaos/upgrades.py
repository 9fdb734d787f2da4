"""Shops get other versions in the storm, or are left or brought back as they were.

Some versions cannot be had, and some do not work. What each shop should have once all is quiet is
told by its operations: the version of the last one that has succeeded.
"""

import json
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from app.local.cluster import LocalCluster
from provisioner.domain.owners import MERCHANTS
from tests.chaos.asking import operate
from tests.chaos.promises import Promises
from tests.e2e.versions import BROKEN, MISSING

VERSIONS: Mapping[str, Sequence[str]] = {
    "1": ("2",), "2": ("1",), BROKEN: ("1", "2"), MISSING: ("1", "2"),
}  # fmt: skip
"""What each version follows: the first two each other, so that there is always one to ask for."""
_OTHER = {"1": "2", "2": "1"}

NOT_BEGUN, UNDONE = "IMAGE_NOT_FOUND", "SETUP_JOB_FAILED"
"""Why an upgrade fails here while the shop is open still, and why one is undone."""

_UPGRADE, _ROLL_BACK = 0.5, 0.15
"""How likely each is in a round."""
_GOOD, _BROKEN = 0.5, 0.3
"""How likely the version works, or does not; otherwise it is missing."""

_SHOPS = f"""SELECT id, engine_version FROM stores WHERE status = 'READY' AND {MERCHANTS}
             ORDER BY id"""  # noqa: S608 - only fixed words are put into the statements
_LIVE = f"""SELECT id, namespace, engine_version, status FROM stores
            WHERE status IN ('READY', 'SUSPENDED') AND {MERCHANTS}"""  # noqa: S608
_OPERATIONS = """SELECT kind, parameters FROM operations
                 WHERE store_id = :id AND status = 'SUCCEEDED' ORDER BY number"""
_ENGINE = "SELECT engine FROM stores WHERE id = :id"
_SAVED = "SELECT engine_version FROM backups WHERE store_id = :id AND number = :number"
_MADE = "SELECT number, made_at FROM backups WHERE store_id = :id"
_CREATED = "SELECT parameters FROM operations WHERE store_id = :id AND kind = 'CREATE'"
_WAY_BACK = "query ($id: ID!) { store(id: $id) { wayBack { madeAt } } }"
_COMPONENT = "app.kubernetes.io/component"
_RECORD = "store-platform.dev/record"


class Upgrades:
    """What is done to give shops other versions. ``promises`` keeps what was promised of it."""

    def __init__(self, promises: Promises, dice: random.Random) -> None:
        self._promises = promises
        self._random = dice

    async def act(self, spared: str) -> None:
        """Ask for some things, as the dice fall; never for the shop that is spared."""
        found = [(f"store_{row[0]}", row[1]) for row in self._promises.rows(_SHOPS)]
        if shops := [shop for shop in found if shop[0] != spared]:
            if self._random.random() < _UPGRADE:
                store_id, version = self._random.choice(shops)
                await self.upgrade(store_id, self._wanted(version))
            if self._random.random() < _ROLL_BACK:
                await self._roll_back(self._random.choice(shops)[0])

    async def upgrade(self, store_id: str, version: str) -> None:
        """Ask for a version of a shop."""
        given = {"id": store_id, "version": version}
        may_be = {"NOT_UPGRADABLE", "OPERATION_UNDER_WAY"}
        await operate(self._promises, "upgradeStore", store_id, given, may_be=may_be)

    async def _roll_back(self, store_id: str) -> None:
        found = self._promises.choose().execute(self._promises.token, _WAY_BACK, id=store_id)
        if (way_back := found["store"]["wayBack"]) is not None:
            given = {"id": store_id, "acceptLossSince": way_back["madeAt"]}
            may_be = {"NOT_READY", "OPERATION_UNDER_WAY", "NO_WAY_BACK", "LOSS_NOT_ACCEPTED"}
            await operate(self._promises, "rollbackStore", store_id, given, may_be=may_be)

    def _wanted(self, version: str) -> str:
        chance = self._random.random()
        if chance < _GOOD:
            return _OTHER[version]
        return BROKEN if chance < _GOOD + _BROKEN else MISSING


def restored(promises: Promises, parameters: str) -> tuple[str, int] | None:
    """Return the store and the number of the backup that an operation was asked to restore.

    None for one that nobody asked for: it brings a shop back as it was.
    """
    given = json.loads(parameters)
    if (chosen := given.get("id")) is None:
        return None
    kind, store_id, *number = chosen.split("_")
    if kind == "backup":
        return store_id, int(number[0])
    since = datetime.fromisoformat(given["acceptLossSince"])
    (found,) = [
        number
        for number, made_at in promises.rows(_MADE, id=store_id)
        if abs(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=made_at) - since)
        < timedelta(milliseconds=1)
    ]
    return store_id, found


def inspect_upgrades(promises: Promises, cluster: LocalCluster) -> None:
    """See that each shop has the version that its operations say, in records and in the cluster."""
    images = _tags(cluster, "deployments", "wordpress")
    clocks = _tags(cluster, "cronjobs", "cron")
    marked = cluster.kubectl_json("get", "namespaces", "-l", "store-platform.dev/store")["items"]
    told = {item["metadata"]["name"]: item["metadata"]["annotations"][_RECORD] for item in marked}
    for store_id, namespace, version, _ in promises.rows(_LIVE):
        if promises.rows(_ENGINE, id=store_id) != [("woocommerce",)]:
            continue
        assert version == _version(promises, store_id), f"{store_id} has a version of nobody's"
        assert images[namespace] == version, f"{store_id} has another image than its record says"
        assert clocks.get(namespace, version) == version, store_id
        assert json.loads(told[namespace])["engineVersion"] == version, store_id
    pulling = cluster.kubectl_json(
        "get", "jobs,pods", "--all-namespaces", "-l", f"{_COMPONENT}=pull"
    )
    assert pulling["items"] == [], "images are pulled that nobody waits for"


def _version(promises: Promises, store_id: str) -> str:
    """Return the version that a shop should have, by what was done to it."""
    ((created,),) = promises.rows(_CREATED, id=store_id)
    source = json.loads(created).get("fromBackup")
    version = "1" if source is None else _saved(promises, json.dumps({"id": source}))
    for kind, parameters in promises.rows(_OPERATIONS, id=store_id):
        if kind == "UPGRADE":
            version = json.loads(parameters)["version"]
        elif kind == "RESTORE":
            version = _saved(promises, parameters) or version  # it is brought back as it was
    assert version is not None
    return version


def _saved(promises: Promises, parameters: str) -> str | None:
    if (key := restored(promises, parameters)) is None:
        return None
    ((version,),) = promises.rows(_SAVED, id=key[0], number=key[1])
    return str(version)


def _tags(cluster: LocalCluster, kind: str, component: str) -> dict[str, str]:
    """Return the tag of the first image of each namespace's object of a component."""
    found = cluster.kubectl_json(
        "get", kind, "--all-namespaces", "-l", f"{_COMPONENT}={component}"
    )["items"]
    specs = {
        item["metadata"]["namespace"]: item["spec"].get("jobTemplate", item)["spec"]
        for item in found
    }
    return {
        namespace: spec["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]
        for namespace, spec in specs.items()
    }
