"""An engine whose versions follow each other, how shops are upgraded to them, and how it went."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.local.cluster import stages
from tests.e2e import simulated_backups
from tests.e2e.service import ROOT, Service
from tests.e2e.test_recovery import Follower

ENGINE = "shop"
BROKEN, MISSING = "3-broken", "3-missing"
VERSIONS: Mapping[str, Sequence[str]] = {
    "1": (), "2": ("1",), BROKEN: ("2",), MISSING: ("2",),
}  # fmt: skip
"""What each version follows; new shops have the first. The set-up of a shop fails with BROKEN, and
the image of MISSING is in no registry."""

_ANNOTATIONS = "{{- with .Values.podAnnotations }}"
_BROKEN_SETUP = (
    f'{{{{- with eq .Values.wordpress.image.tag "{BROKEN}"'
    f' | ternary (dict "{stages.BEHAVIOUR}" "{stages.JOB_FAILS}") .Values.podAnnotations }}}}'
)
_UPGRADE = """mutation ($input: UpgradeStoreInput!) { upgradeStore(input: $input) {
  store { status } errors { code field message } operation { number kind } } }"""
_ROLL_BACK = """mutation ($input: RollbackStoreInput!) { rollbackStore(input: $input) {
  errors { code field message } operation { number kind } } }"""
_SEEN = """query ($id: ID!) { store(id: $id) { status engineVersion nextVersion
  wayBack { number madeAt engineVersion }
  operations(first: 50) { edges { node {
    number kind status reason { code message } steps { name status message } } } } } }"""


def offer_versions(service: Service, versions: Mapping[str, Sequence[str]] = VERSIONS) -> None:
    """Have a service offer ENGINE, whose shops are saved as far as simulated nodes can do that.

    Where it is set up for backups already, it stays so.
    """
    chart = service.folder / "charts" / ENGINE
    shutil.copytree(ROOT / "charts" / "woocommerce", chart, ignore=lambda *_: {"image"})
    give_versions(chart, versions)
    described = yaml.safe_load((chart / "engine.yaml").read_text())
    (chart / "engine.yaml").write_text(yaml.safe_dump({**described, "name": ENGINE}))
    service.settings["STORE_PLATFORM_CHARTS"] = str(chart.parent)
    service.settings = {**simulated_backups.SETTINGS, **service.settings}


def give_versions(chart: Path, versions: Mapping[str, Sequence[str]]) -> None:
    """Give a copy of WooCommerce's chart these versions in place of its own."""
    file, setup = chart / "engine.yaml", chart / "templates" / "setup-job.yaml"
    described = yaml.safe_load(file.read_text())
    described["versions"] = [
        {"name": name, "default": not number, "follows": list(follows), "values": _values(name)}
        for number, (name, follows) in enumerate(versions.items())
    ]
    file.write_text(yaml.safe_dump(described))
    template = setup.read_text()
    assert _ANNOTATIONS in template
    setup.write_text(template.replace(_ANNOTATIONS, _BROKEN_SETUP))


def _values(version: str) -> Mapping[str, Any]:
    image = {"tag": version}
    if version == MISSING:
        image["repository"] = f"{stages.MISSING_IMAGES}wordpress"
    once = {"setup": {"backoffLimit": 0}} if version == BROKEN else {}
    return {"wordpress": {"image": image}, **once}


@dataclass(frozen=True, slots=True)
class Operation:
    """How an operation has ended, or goes; ``steps`` has the status of each step by its name."""

    kind: str
    status: str
    reason: str | None
    steps: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the API says of a store: its versions, its operations, and the way back if any."""

    status: str
    version: str
    next_version: str | None
    way_back: Mapping[str, Any] | None
    operations: Sequence[Operation]

    @property
    def ends(self) -> list[tuple[str, str]]:
        """The kind and the status of each operation, the first one first."""
        return [(one.kind, one.status) for one in self.operations]


def look(store: Follower) -> Seen:
    """Ask the API about a store."""
    found = store.service.execute(store.token, _SEEN, id=store.store_id)["store"]
    nodes = [edge["node"] for edge in found["operations"]["edges"]]
    operations = [
        Operation(
            node["kind"],
            node["status"],
            node["reason"] and node["reason"]["code"],
            {step["name"]: step["status"] for step in node["steps"]},
        )
        for node in sorted(nodes, key=lambda node: int(node["number"]))
    ]
    return Seen(
        found["status"], found["engineVersion"], found["nextVersion"], found["wayBack"], operations
    )


def upgrade(store: Follower, version: str) -> None:
    """Ask for another version of a shop."""
    given = {"id": store.store_id, "version": version}
    payload = store.service.execute(store.token, _UPGRADE, input=given)["upgradeStore"]
    assert payload["errors"] == [], payload
    assert payload["operation"]["kind"] == "UPGRADE"


async def until_over(store: Follower) -> None:
    """Wait until an upgrade is over, and what follows it by itself."""

    def is_over(update: dict[str, Any]) -> bool:
        ends = {("STATUS", "READY"), ("TASK", "FAILED"), ("TASK", "SUCCEEDED")}
        return any((event["kind"], event["status"]) in ends for event in update["events"])

    await store.until_update(is_over)


def roll_back(store: Follower, since: str | None) -> list[str]:
    """Ask for a shop as it was before its upgrade; return the codes of the refusals."""
    given = {"id": store.store_id, "acceptLossSince": since}
    payload = store.service.execute(store.token, _ROLL_BACK, input=given)["rollbackStore"]
    return [error["code"] for error in payload["errors"]]


def installed(store: Follower) -> set[str]:
    """Return the images' tags of the shop: of its web server, its cron, its backups and its set-up.

    One, unless something is left of another version. What the shop has done by the clock before is
    its past: those Jobs are over, and Kubernetes keeps the last ones.
    """
    kinds = "deployments,cronjobs,jobs"
    items = store.service.cluster.kubectl_json("-n", store.namespace, "get", kinds)["items"]
    found = {image for item in items if not _is_by_the_clock(item) for image in _images(item)}
    return {image.rpartition(":")[2] for image in found if "woocommerce:" in image}


def _is_by_the_clock(item: dict[str, Any]) -> bool:
    owners = item["metadata"].get("ownerReferences", [])
    return item["kind"] == "Job" and any(owner["kind"] == "CronJob" for owner in owners)


def _images(item: dict[str, Any]) -> list[str]:
    spec = item["spec"].get("jobTemplate", item)["spec"]["template"]["spec"]
    return [one["image"] for one in [*spec["containers"], *spec.get("initContainers", [])]]


def recorded_version(store: Follower) -> str:
    """Return the version that the shop's namespace tells, for the day when the database is lost."""
    found = store.service.cluster.kubectl_json("get", "namespace", store.namespace)
    told = json.loads(found["metadata"]["annotations"]["store-platform.dev/record"])
    version: str = told["engineVersion"]
    return version
