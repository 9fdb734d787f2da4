"""kube-score over the platform and its shops, as a laptop's and production's values make them.

Backups of shops are enabled in both, though a Secret has to be made for them first.

Each finding that is left stands below with its reason and with whom it is about; one more object,
or one less, fails.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.local.cluster.tools import ensure_helm
from tests.charts.rendering import (
    COMPONENT_LABEL,
    MEDUSA,
    PLATFORM,
    STORE,
    WOOCOMMERCE,
    Helm,
    Object,
)
from tests.charts.test_platform import SHOP_BACKUPS
from tests.policy.kube_score import KubeScore

# kube-score is built where it never was: some minutes, once.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

FILES = {"local": "values-local.yaml", "production": "values-prod.yaml"}
OPTIONAL = ("container-seccomp-profile", "container-ports-check")
PODS = {
    "platform": {"api", "dashboard", "doctor", "backups", "backup-removal"},
    "medusa": {"medusa", "storefront", "postgres", "setup", "backup"},
    "woocommerce": {"wordpress", "mysql", "cron", "setup", "backup"},
}


def pods(*charts: str) -> set[str]:
    return {f"{chart} {component}" for chart in charts for component in PODS[chart]}


@dataclass(frozen=True)
class Left:
    """A finding that nothing is done about."""

    reason: str
    local: set[str]
    production: set[str]


LEFT = {
    "container-image-pull-policy": Left(
        "A laptop has its images loaded. Production pulls always, but for cron, which runs every"
        " few minutes beside the web server with the same image, and for restic, whose tags are"
        " releases that never change.",
        pods(*PODS),
        {"woocommerce cron", "platform backups", "platform backup-removal"}
        | {"medusa backup", "woocommerce backup"},
    ),
    "container-security-context-user-group-id": Left(
        "The official images own their files as 33, 999 or 1000. The values `userId` take another"
        " where an image has one.",
        pods("medusa", "woocommerce"),
        pods("medusa", "woocommerce"),
    ),
    "deployment-replicas": Left(
        "A laptop's platform has its state in SQLite. A shop is one web server on one volume, and"
        " so is the server of the backups.",
        {"platform api", "platform dashboard", "platform backups"}
        | {"medusa medusa", "medusa storefront", "woocommerce wordpress"},
        {"platform backups", "medusa medusa", "medusa storefront", "woocommerce wordpress"},
    ),
    "deployment-strategy": Left(
        "What has a volume of its own, or is SQLite's, must go before its successor comes.",
        {"platform api", "platform backups", "medusa medusa", "woocommerce wordpress"},
        {"platform backups", "medusa medusa", "woocommerce wordpress"},
    ),
    "deployment-has-host-podantiaffinity": Left(
        "topologySpreadConstraints keep replicas apart, which kube-score does not know.",
        set(),
        {"platform api", "platform dashboard"},
    ),
    "pod-probes-identical": Left(
        "These probes ask the process alone, nothing behind it, and liveness waits some times as"
        " long: what is only slow is not started anew.",
        {"platform dashboard", "medusa medusa", "medusa storefront", "medusa postgres"}
        | {"woocommerce mysql", "platform backups"},
        {"platform dashboard", "medusa medusa", "medusa storefront", "medusa postgres"}
        | {"woocommerce mysql", "platform backups"},
    ),
}


@pytest.fixture(scope="module")
def kube_score() -> KubeScore:
    return KubeScore.ensure()


def rendered(home: Path, file: str) -> dict[str, list[Object]]:
    """Return what a values file makes of the platform, and of a shop of each engine."""
    platform = Helm(ensure_helm(), home, PLATFORM).objects(SHOP_BACKUPS, files=[PLATFORM / file])
    engine_values = platform.one("ConfigMap", "store-platform-engine-values")["data"]
    made: dict[str, list[Object]] = {"platform": platform}
    for chart in (MEDUSA, WOOCOMMERCE):
        values: dict[str, Any] = yaml.safe_load(engine_values[f"{chart.name}.yaml"])
        values["backup"] = {"enabled": True}
        made[chart.name] = Helm(ensure_helm(), home, chart, {"store": STORE}).objects(values)
    return made


@pytest.mark.parametrize("side", FILES)
def test_every_finding_is_explained(kube_score: KubeScore, tmp_path: Path, side: str) -> None:
    found: dict[str, set[str]] = {}
    for chart, objects in rendered(tmp_path, FILES[side]).items():
        components = {
            f"{item['kind']}/{item['metadata']['name']}": item["metadata"]["labels"][
                COMPONENT_LABEL
            ]
            for item in objects
        }
        for check, name in kube_score.findings(objects, OPTIONAL):
            found.setdefault(check, set()).add(f"{chart} {components[name]}")

    explained = {check: getattr(left, side) for check, left in LEFT.items()}
    assert found == {check: about for check, about in explained.items() if about}


def test_kube_score_does_find_something(kube_score: KubeScore) -> None:
    """Else one that looks at nothing would please everybody."""
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "careless"},
        "spec": {"containers": [{"name": "c", "image": "debian"}]},
    }
    found = kube_score.findings([pod], OPTIONAL)
    assert ("pod-networkpolicy", "Pod/careless") in found
    assert ("container-seccomp-profile", "Pod/careless") in found
