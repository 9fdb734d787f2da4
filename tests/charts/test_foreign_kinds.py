"""Kinds that come with somebody's operator: made where they are, and missed in words where not."""

from dataclasses import replace

import pytest
import yaml

from tests.charts.rendering import FOREIGN_APIS, PLATFORM, Helm, Values
from tests.charts.test_platform import GATEWAY

pytestmark = pytest.mark.slow


MONITORING = {"ServiceMonitor", "PrometheusRule"}


def monitoring(word: str) -> Values:
    """Return the values with a word for both switches, as it would be written in YAML."""
    enabled = yaml.safe_load(word)
    return {
        "monitoring": {
            "metricsSecret": "metrics",
            "serviceMonitor": {"enabled": enabled},
            "alerts": {"enabled": enabled},
        }
    }


ASKED_FOR: dict[str, tuple[str, Values]] = {
    "ServiceMonitor": (
        "monitoring.serviceMonitor.enabled",
        {"monitoring": {"metricsSecret": "metrics", "serviceMonitor": {"enabled": True}}},
    ),
    "PrometheusRule": ("monitoring.alerts.enabled", {"monitoring": {"alerts": {"enabled": True}}}),
    "HTTPRoute": ("access.by: gateway", GATEWAY),
}


@pytest.fixture
def bare(platform: Helm) -> Helm:
    """The chart on a cluster with Kubernetes' own kinds alone."""
    return replace(platform, apis=())


@pytest.mark.parametrize("kind", ASKED_FOR)
def test_what_is_missing_is_named_with_the_remedy(bare: Helm, platform: Helm, kind: str) -> None:
    value, values = ASKED_FOR[kind]
    (api,) = [api for api in FOREIGN_APIS if api.endswith(f"/{kind}")]
    said = bare.refusal(values)
    assert f"{value}: this cluster has no {kind}, a kind of the " in said
    assert f"--api-versions {api}." in said
    assert platform.objects(values).one(kind)["apiVersion"] == api.removesuffix(f"/{kind}")
    # Another kind of the same operator is not the one.
    others = replace(bare, apis=[other for other in FOREIGN_APIS if other != api])
    assert f"{value}: this cluster has no {kind}" in others.refusal(values)


@pytest.mark.parametrize(("word", "made"), [("false", set()), ("auto", MONITORING)])
def test_auto_is_where_the_kind_is(bare: Helm, platform: Helm, word: str, made: set[str]) -> None:
    kinds = {item["kind"] for item in platform.objects(monitoring(word))}
    without = {item["kind"] for item in bare.objects(monitoring(word))}
    assert kinds & MONITORING == made
    assert kinds - without == made
    assert "at '/monitoring/alerts/enabled'" in bare.refusal(monitoring("always"))


def test_production_installs_where_there_is_no_operator(bare: Helm, platform: Helm) -> None:
    files = [PLATFORM / "values-prod.yaml"]
    without = {item["kind"] for item in bare.objects(files=files)}
    made = {item["kind"] for item in platform.objects(files=files)}
    assert made - without == MONITORING
    assert without < made


def test_the_notes_say_what_was_left_out(platform: Helm) -> None:
    shown = platform.run(
        "install", "it", str(PLATFORM), "--dry-run=client",
        "--values", str(PLATFORM / "values-prod.yaml"),
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    notes = shown.stdout.partition("\nNOTES:\n")[2]
    assert "monitoring.serviceMonitor.enabled is auto, and there is no ServiceMonitor" in notes
    assert "monitoring.alerts.enabled is auto, and there is no PrometheusRule" in notes
    assert "has cert-manager.io/cluster-issuer, and this cluster has no cert-manager" in notes


def test_there_is_nothing_to_say_where_nothing_was_asked_for(platform: Helm) -> None:
    shown = platform.run("install", "it", str(PLATFORM), "--dry-run=client")
    assert shown.returncode == 0, shown.stderr
    notes = shown.stdout.partition("\nNOTES:\n")[2]
    assert "https://platform" not in notes
    assert "http://platform.store.localhost/" in notes
    assert "this cluster has no" not in notes
