"""The alerts: when each fires, that what it asks for exists, and that its runbook is there."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.metrics import METRIC, exported
from tests.charts.promtool import Promtool
from tests.charts.rendering import PLATFORM, Helm
from tests.charts.test_platform import VARIANTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]  # the first run builds promtool

RULES = (PLATFORM / "files" / "alerts.yaml").read_text()
TESTS = Path(__file__).with_name("alerts").joinpath("tests.yaml").read_text()
RUNBOOKS = (PLATFORM.parents[1] / "docs" / "alerts.md").read_text()
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for group in yaml.safe_load(RULES)["groups"] for rule in group["rules"]
}
FOREIGN_METRICS = {
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
    "certmanager_certificate_expiration_timestamp_seconds",
    "kube_cronjob_created",
    "kube_cronjob_status_last_successful_time",
    "kube_job_failed",
    "kube_job_status_start_time",
}
PARTS = ["**Meaning:**", "**Look at**", "**Do:**"]
SECTION = re.compile(r"^## (\w+)\n\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)


@pytest.fixture
def promtool(tmp_path: Path) -> Promtool:
    return Promtool.ensure(tmp_path)


def test_each_fires_after_its_time_and_not_when_all_is_well(promtool: Promtool) -> None:
    done = promtool.test(RULES, TESTS)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def at_another_time(tmp_path_factory: pytest.TempPathFactory) -> dict[int, str]:
    """What the tests say of alerts that all fire so many minutes later than they should.

    One run for all of them, which takes seconds: no alert asks for another.
    """
    found = {}
    for minutes in (-1, 1):
        rules = yaml.safe_load(RULES)
        for rule in [rule for group in rules["groups"] for rule in group["rules"]]:
            assert "ALERTS" not in rule["expr"]
            unit = {"m": 1, "h": 60}[rule["for"][-1]]
            rule["for"] = f"{int(rule['for'][:-1]) * unit + minutes}m"
        promtool = Promtool.ensure(tmp_path_factory.mktemp("another-time"))
        done = promtool.test(yaml.safe_dump(rules), TESTS)
        assert done.returncode == 1, minutes
        found[minutes] = done.stdout
    return found


@pytest.mark.parametrize("name", ALERTS)
def test_the_tests_notice_another_time(at_another_time: dict[int, str], name: str) -> None:
    """Each alert's `for` is tested to the minute, from below and from above."""
    for minutes in (-1, 1):
        assert f"alertname: {name}," in at_another_time[minutes], minutes


def test_all_are_looked_at_when_all_is_well() -> None:
    well, *others = yaml.safe_load(TESTS)["tests"]
    assert {case["alertname"] for case in well["alert_rule_test"]} == set(ALERTS)
    assert not any("exp_alerts" in case for case in well["alert_rule_test"])
    firing = {
        case["alertname"]
        for test in others
        for case in test["alert_rule_test"]
        if case.get("exp_alerts")
    }
    assert firing == set(ALERTS)


def test_what_is_rendered_is_what_was_tested(promtool: Promtool, platform: Helm) -> None:
    rule = platform.objects(VARIANTS["monitored"]).one("PrometheusRule")
    done = promtool.check(rule["spec"]["groups"])
    assert done.returncode == 0, done.stdout
    rendered = [each for group in rule["spec"]["groups"] for each in group["rules"]]
    links = {each["alert"]: each["annotations"].pop("runbook_url") for each in rendered}
    assert links == {name: f"https://docs.test/alerts#{name.lower()}" for name in ALERTS}
    assert rendered == list(ALERTS.values())
    without = platform.objects({"monitoring": {"alerts": {"enabled": True}}})
    assert without.one("PrometheusRule")["spec"]["groups"] == yaml.safe_load(RULES)["groups"]


def test_they_ask_for_metrics_that_there_are() -> None:
    asked = set(METRIC.findall("\n".join(rule["expr"] for rule in ALERTS.values())))
    assert asked - exported() == FOREIGN_METRICS


def test_each_has_a_runbook() -> None:
    sections = dict(SECTION.findall(RUNBOOKS))
    assert list(sections) == list(ALERTS)
    for name, text in sections.items():
        assert text.startswith(f"*{ALERTS[name]['labels']['severity'].capitalize()}.* "), name
        assert re.findall(r"\*\*.*?\*\*", text) == PARTS, name
        assert text.count("```sh\n") == 1, name
