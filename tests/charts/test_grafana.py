"""The Grafana dashboard: every query is PromQL of metrics that there are, and tells what it says.

Grafana itself cannot be had here, so what is checked of the JSON is what it needs of a panel.
"""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.metrics import METRIC, exported
from tests.charts.promtool import Promtool
from tests.charts.rendering import PLATFORM, Helm

# promtool is built where it never was: some minutes, once.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

FILE = PLATFORM / "files" / "grafana.json"
DASHBOARD: dict[str, Any] = json.loads(FILE.read_text())
PANELS: dict[str, dict[str, Any]] = {panel["title"]: panel for panel in DASHBOARD["panels"]}
QUERIES = [target["expr"] for panel in PANELS.values() for target in panel["targets"]]
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

WORK = 'store_platform_work_seconds_count{{action="PROVISION", engine="medusa", outcome="{}"}}'
HTTP = 'store_platform_http_request_seconds_count{{outcome="{}"}}'
BUCKET = (
    'store_platform_work_seconds_bucket{{action="PROVISION", engine="medusa", outcome="READY",'
    ' le="{}"}}'
)
TOLD = "store_platform_stream_delay_seconds_{}"
# A month of hours; 196 of 200 new shops an hour are ready, one request in two thousand fails, and
# one change in two hundred is told late.
FIGURES = {
    WORK.format("READY"): "0+196x720",
    WORK.format("FAILED"): "0+4x720",
    WORK.format("INTERRUPTED"): "0+50x720",
    HTTP.format("200"): "0+1998x720",
    HTTP.format("404"): "0+1x720",
    HTTP.format("503"): "0+1x720",
    TOLD.format('bucket{stream="storeStatus", le="1.0"}'): "0+995x720",
    TOLD.format('count{stream="storeStatus"}'): "0+1000x720",
    TOLD.format('bucket{stream="storesChanged", le="1.0"}'): "0+995x720",
    TOLD.format('count{stream="storesChanged"}'): "0+1000x720",
}
SHOWN = {
    "New shops that become ready": 0.98,
    "Error budget of new shops": -1,
    "Requests that are answered": 0.9995,
    "Error budget of requests": 0.5,
    "Changes that are told within a second": 0.995,
    "Error budget of streams": 0.5,
}
"""What the objectives' panels make of these."""
WELL = {WORK.format("READY"): "0+1x720", HTTP.format("200"): "0+1x720"} | {
    TOLD.format(part): "0+1x720"
    for part in ('bucket{stream="storeStatus", le="1.0"}', 'count{stream="storeStatus"}')
}


@pytest.fixture
def promtool(tmp_path: Path) -> Promtool:
    return Promtool.ensure(tmp_path)


def asked(series: dict[str, str], shown: dict[str, list[tuple[str, float]]], interval: str) -> str:
    """Return promtool's test of what expressions give after a month or hour of such figures."""
    return yaml.safe_dump(
        {
            "rule_files": ["alerts.yaml"],
            "fuzzy_compare": True,
            "tests": [
                {
                    "interval": interval,
                    "input_series": [
                        {"series": name, "values": values} for name, values in series.items()
                    ],
                    "promql_expr_test": [
                        {
                            "expr": expression,
                            "eval_time": "720h" if interval == "1h" else "720m",
                            "exp_samples": [
                                {"labels": labels, "value": value} for labels, value in samples
                            ],
                        }
                        for expression, samples in shown.items()
                    ],
                }
            ],
        }
    )


def query(title: str, index: int = 0) -> str:
    return str(PANELS[title]["targets"][index]["expr"])


def test_the_chart_has_the_file_as_it_is(platform: Helm) -> None:
    objects = platform.objects({"monitoring": {"grafanaDashboard": {"enabled": True}}})
    shown = objects.one("ConfigMap", "-grafana")
    assert shown["data"] == {"store-platform.json": FILE.read_text()}
    assert shown["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_every_query_is_read_by_prometheus(promtool: Promtool) -> None:
    rules = [{"record": f"panel:{n}", "expr": text} for n, text in enumerate(QUERIES)]
    done = promtool.check([{"name": "panels", "rules": rules}])
    assert done.returncode == 0, done.stdout
    broken = promtool.check([{"name": "panels", "rules": [{"record": "a:b", "expr": "sum(("}]}])
    assert "could not parse expression" in broken.stdout


@pytest.mark.parametrize("title", PANELS)
def test_every_metric_is_one_that_there_is(title: str) -> None:
    for target in PANELS[title]["targets"]:
        names = set(METRIC.findall(target["expr"]))
        assert names
        assert names <= exported()


def test_what_the_objectives_show(promtool: Promtool) -> None:
    shown = {query(title): [("{}", float(value))] for title, value in SHOWN.items()}
    done = promtool.test("groups: []", asked(FIGURES, shown, "1h"))
    assert done.returncode == 0, done.stdout
    # Nothing has failed yet: there is no series of failures, and the budget is whole.
    done = promtool.test(
        "groups: []", asked(WELL, {query(title): [("{}", 1.0)] for title in SHOWN}, "1h")
    )
    assert done.returncode == 0, done.stdout


def test_how_fast_the_budget_is_spent_and_how_long_a_store_takes(promtool: Promtool) -> None:
    burn, ready = "How fast the error budget of requests is spent", "Time to READY"
    figures = {
        HTTP.format("200"): "0+98x720",
        HTTP.format("500"): "0+2x720",
        BUCKET.format("20"): "0+0x720",
        BUCKET.format("40"): "0+8x720",
        BUCKET.format("60"): "0+10x720",
        BUCKET.format("+Inf"): "0+10x720",
    }
    medusa = '{engine="medusa"}'
    shown = {
        query(burn, 0): [("{}", 20.0)],
        query(burn, 1): [("{}", 20.0)],
        query(ready, 0): [(medusa, 32.5)],  # the 5th of 8 between 20 and 40
        query(ready, 1): [(medusa, 55.0)],  # the 1.5th of 2 between 40 and 60
    }
    done = promtool.test("groups: []", asked(figures, shown, "1m"))
    assert done.returncode == 0, done.stdout


def test_how_late_changes_are_told(promtool: Promtool) -> None:
    bucket = TOLD.format('bucket{{stream="storeStatus", le="{}"}}')
    figures = {
        bucket.format("0.01"): "0+0x720",
        bucket.format("0.025"): "0+8x720",
        bucket.format("0.05"): "0+10x720",
        bucket.format("+Inf"): "0+10x720",
    }
    stream = '{stream="storeStatus"}'
    shown = {
        query("Delay of streams", 0): [(stream, 0.019375)],  # the 5th of 8 between 0.01 and 0.025
        query("Delay of streams", 1): [(stream, 0.04875)],  # the 1.9th of 2 between 0.025 and 0.05
    }
    done = promtool.test("groups: []", asked(figures, shown, "1m"))
    assert done.returncode == 0, done.stdout


def test_every_panel_says_what_it_is_of() -> None:
    panels = DASHBOARD["panels"]
    assert len(PANELS) == len(panels) == len({panel["id"] for panel in panels})
    (choice,) = DASHBOARD["templating"]["list"]
    assert (choice["name"], choice["type"], choice["query"]) == (
        "datasource",
        "datasource",
        "prometheus",
    )
    for panel in panels:
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["datasource"] == DATASOURCE
        assert all(target["datasource"] == DATASOURCE for target in panel["targets"])
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references) > 0


def test_no_panel_covers_another() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        assert (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        ), (one, other)
