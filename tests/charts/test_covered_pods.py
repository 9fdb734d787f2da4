"""Every pod that a chart makes, a Job's and a hook's too, is under a policy for both directions."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.charts.rendering import MEDUSA, PLATFORM, STORE, WOOCOMMERCE, Helm, Objects, Values
from tests.charts.test_every_engine import VARIANTS as ENGINE_VARIANTS
from tests.charts.test_network import matches
from tests.charts.test_platform import VARIANTS as PLATFORM_VARIANTS

pytestmark = pytest.mark.slow

CHARTS: dict[Path, tuple[Values, Mapping[str, Values]]] = {
    PLATFORM: ({}, PLATFORM_VARIANTS),
    MEDUSA: ({"store": STORE}, ENGINE_VARIANTS),
    WOOCOMMERCE: ({"store": STORE}, ENGINE_VARIANTS),
}
DIRECTIONS = {"Ingress", "Egress"}
UNCOVERED = "no network policies"
PODS = {
    "store-platform": {"api", "copy", "dashboard", "doctor", "migration"}
    | {"backups", "backup-removal", "database-backup"},
    "medusa": {"medusa", "storefront", "postgres", "setup", "backup", "restore"},
    "woocommerce": {"wordpress", "mysql", "setup", "cron", "backup", "restore"},
}


def rendered(program: Path, home: Path, chart: Path) -> Iterator[tuple[str, Objects]]:
    """Yield what a chart makes of each variant, by the variant's name."""
    given, variants = CHARTS[chart]
    helm = Helm(program, home, chart, given)
    for name, values in variants.items():
        yield name, helm.objects(values)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: str(chart.name))
def test_every_pod_has_its_own_policy_for_each_direction(
    helm_binary: Path, tmp_path: Path, chart: Path
) -> None:
    seen: set[str] = set()
    for variant, objects in rendered(helm_binary, tmp_path, chart):
        policies = [item["spec"] for item in objects.of("NetworkPolicy")]
        # One for all pods denies what no other allows; a pod has one of its own besides.
        own = [policy for policy in policies if policy["podSelector"]]
        for component, template in objects.templates.items():
            labels = template["metadata"]["labels"]
            covered = [
                set(policy["policyTypes"])
                for policy in own
                if matches(policy["podSelector"], labels)
            ]
            assert bool(covered) == (variant != UNCOVERED), (variant, component)
            everybody = [set(p["policyTypes"]) for p in policies if not p["podSelector"]]
            directions = set().union(*covered, *everybody)
            assert directions == (set() if variant == UNCOVERED else DIRECTIONS), component
        seen |= objects.templates.keys()
    assert seen == PODS[chart.name]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: str(chart.name))
def test_every_policy_is_about_a_pod(helm_binary: Path, tmp_path: Path, chart: Path) -> None:
    for variant, objects in rendered(helm_binary, tmp_path, chart):
        labels = [template["metadata"]["labels"] for template in objects.templates.values()]
        for policy in objects.of("NetworkPolicy"):
            selector = policy["spec"]["podSelector"]
            assert any(matches(selector, of) for of in labels), (variant, policy["metadata"])
