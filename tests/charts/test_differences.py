"""The table of what differs between a laptop and production, row by row, as rendered."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.rendering import ENGINES, PLATFORM, STORE, Helm, Object, Objects, secret_keys

pytestmark = pytest.mark.slow

TABLE = Path(__file__).resolve().parents[2] / "docs" / "kubernetes.md"
SIDES = {"local": "values-local.yaml", "production": "values-prod.yaml"}


@dataclass(frozen=True)
class Rendered:
    """What one of the two values files makes of the platform, and of a shop of each engine."""

    platform: Objects
    shops: tuple[Objects, ...]

    @property
    def settings(self) -> dict[str, str]:
        data = [item["data"] for item in self.platform.of("ConfigMap")]
        (found,) = [item for item in data if "STORE_PLATFORM_PORT" in item]
        return dict(found)

    @property
    def ingresses(self) -> list[Object]:
        """The Ingress of the platform, that of closed shops, and one of a shop of each engine."""
        return [
            self.platform.one("Ingress", PLATFORM.name),
            self.platform.one("Ingress", "-closed-shops"),
            *(shop.one("Ingress") for shop in self.shops),
        ]

    @property
    def own_images(self) -> list[Object]:
        every = [c for objects in (self.platform, *self.shops) for c in objects.all_containers]
        return [c for c in every if c["name"] not in ("mysql", "postgres", "cron")]


@pytest.fixture(scope="module")
def sides(platform: Helm, helm: Helm, medusa: Helm) -> dict[str, Rendered]:
    found = {}
    for side, file in SIDES.items():
        objects = platform.objects(files=[PLATFORM / file])
        data = objects.one("ConfigMap", "-engine-values")["data"]
        shops = []
        for engine, chart in (("woocommerce", helm), ("medusa", medusa)):
            values: dict[str, Any] = yaml.safe_load(data[f"{engine}.yaml"])
            shops.append(chart.objects({**values, "store": STORE}))
        found[side] = Rendered(objects, tuple(shops))
    return found


def rows() -> dict[str, dict[str, list[str]]]:
    """Return what stands in code in each cell, by row and side."""
    text = TABLE.read_text().split("| | Local (kind) |")[1].split("\n\n")[0]
    found = {}
    for line in text.splitlines()[2:]:
        name, *cells, _ = (cell.strip() for cell in line.strip("|").split("|"))
        found[name] = {
            side: re.findall(r"`([^`]+)`", cell) for side, cell in zip(SIDES, cells, strict=True)
        }
    return found


def values() -> dict[str, list[str]]:
    """Return the values that a row names as those that make the difference."""
    text = TABLE.read_text().split("| | Local (kind) |")[1].split("\n\n")[0]
    cells = [line.strip("|").split("|") for line in text.splitlines()[2:]]
    return {cell[0].strip(): re.findall(r"`([^`]+)`", cell[-1]) for cell in cells}


def classes(it: Rendered) -> list[str]:
    return sorted({item["spec"].get("ingressClassName", "") for item in it.ingresses} - {""})


def issuers(it: Rendered) -> list[str]:
    notes = it.platform.one("Ingress", PLATFORM.name)["metadata"].get("annotations", {})
    tls = [item["spec"].get("tls", []) for item in it.ingresses]
    assert bool(notes) == all(tls) == any(tls)
    assert not any("secretName" in entry for shop_tls in tls[1:] for entry in shop_tls)
    return list(notes.values())


def storage(it: Rendered) -> list[str]:
    claims = [claim for objects in (it.platform, *it.shops) for claim in objects.claims]
    return sorted({claim["spec"]["storageClassName"] for claim in claims})


def images(it: Rendered) -> list[str]:
    (policy,) = {container["imagePullPolicy"] for container in it.own_images}
    places = {re.match(r"[^/]+\.[^/]+/[^/]+/|", c["image"]) for c in it.own_images}
    return [policy, *sorted({place[0] for place in places if place and place[0]})]


def replicas(it: Rendered) -> list[str]:
    number = it.platform.one("Deployment", "-api")["spec"]["replicas"]
    budgets = {item["metadata"]["name"] for item in it.platform.of("PodDisruptionBudget")}
    assert any(name.endswith("-api") for name in budgets) == (number > 1)
    return [str(number)]


def state(it: Rendered) -> list[str]:
    (api,) = it.platform.one("Deployment", "-api")["spec"]["template"]["spec"]["containers"]
    (url,) = [e for e in api["env"] if e["name"] == "STORE_PLATFORM_DATABASE_URL"]
    if "valueFrom" in url:
        return [url["valueFrom"]["secretKeyRef"]["name"]]
    assert url["value"].startswith("sqlite:")
    assert it.platform.of("PersistentVolumeClaim")
    return []


def backups(it: Rendered) -> list[str]:
    runs = it.platform.of("CronJob")
    assert bool(runs) == any(c["metadata"]["name"].endswith("-backups") for c in it.platform.claims)
    if not runs:
        return []
    minute, hour, *every_day = runs[0]["spec"]["schedule"].split()
    assert minute.isdigit()
    assert hour.isdigit()
    assert every_day == ["*"] * 3
    return [it.platform.containers["database-backup"]["args"][-1]]


def mail(it: Rendered) -> list[str]:
    (api,) = it.platform.one("Deployment", "-api")["spec"]["template"]["spec"]["containers"]
    accounts = {e["valueFrom"]["secretKeyRef"]["name"] for e in api["env"] if "_SMTP_" in e["name"]}
    names = ("STORE_PLATFORM_SMTP_HOST", "STORE_PLATFORM_SMTP_FROM")
    return [it.settings[name] for name in names if name in it.settings] + sorted(accounts)


def secrets(it: Rendered) -> list[str]:
    assert not it.platform.of("Secret")
    assert not any(shop.of("Secret") for shop in it.shops)
    return []


def metrics(it: Rendered) -> list[str]:
    monitors = it.platform.of("ServiceMonitor")
    assert len(monitors) == ("grafana_dashboard" in json.dumps(it.platform))
    return [m["spec"]["endpoints"][0]["authorization"]["credentials"]["name"] for m in monitors]


ROWS: dict[str, Callable[[Rendered], list[str]]] = {
    "A shop's address": lambda it: [it.settings["STORE_PLATFORM_SHOP_URL"]],
    "The platform's address": lambda it: [
        it.platform.one("Ingress", PLATFORM.name)["spec"]["rules"][0]["host"],
    ],
    "Visitors of closed shops": lambda it: [
        it.platform.one("Ingress", "-closed-shops")["spec"]["rules"][0]["host"],
    ],
    "TLS": issuers,
    "Ingress class": classes,
    "Whether a shop answers is asked": lambda it: [
        value for name, value in it.settings.items() if name == "STORE_PLATFORM_INGRESS"
    ],
    "Storage class": storage,
    "Our images": images,
    "Processes of the API": replicas,
    "State": state,
    "Backups of the platform's database": backups,
    "Mail of the shops": mail,
    "Secrets": secrets,
    "Metrics": metrics,
}
ALSO = {"access.by: gateway", "gateway"}
"""What a cell offers beside what its file has."""


def test_every_row_is_looked_at() -> None:
    assert list(rows()) == list(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_names_values_in_which_the_files_differ(row: str) -> None:
    files = [yaml.safe_load((PLATFORM / file).read_text()) for file in SIDES.values()]
    for path in values()[row]:
        found = files if path == "existingSecret" else [at(file, path) for file in files]
        assert found[0] != found[1], path


def at(tree: Any, path: str) -> Any:
    """Return what is at a dotted path of values, or None."""
    for key in path.split("."):
        tree = (tree or {}).get(key)
    return tree


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("row", ROWS)
def test_a_row_says_what_is_rendered(sides: dict[str, Rendered], row: str, side: str) -> None:
    said = [word for word in rows()[row][side] if word not in ALSO]
    assert ROWS[row](sides[side]) == said


def test_the_gateway_api_in_place_of_an_ingress(platform: Helm) -> None:
    access = {"access": {"by": "gateway", "gateway": {"name": "public"}}}
    of_shops = {"gateway": {"enabled": True, "name": "public", "namespace": "edge"}}
    stores = {"stores": {"values": {engine.name: of_shops for engine in ENGINES}}}
    objects = platform.objects({**access, **stores}, files=[PLATFORM / "values-prod.yaml"])
    hosts = [item["spec"]["hostnames"] for item in objects.of("HTTPRoute")]
    assert sorted(hosts) == [["*.shops.example.com"], ["platform.example.com"]]
    assert not objects.of("Ingress")


def test_another_issuer_is_one_that_the_pages_may_talk_to(platform: Helm) -> None:
    oidc = {"issuer": "https://id.example.com/realms/shops", "audience": "a", "clientId": "c"}
    dashboard = platform.objects({"oidc": oidc}).containers["dashboard"]
    connect_to = {"name": "CONNECT_TO", "value": "https://id.example.com"}
    assert connect_to in dashboard["env"]
    others = platform.objects().containers["dashboard"]["env"]
    assert "CONNECT_TO" not in [entry["name"] for entry in others]


def test_the_external_secret_of_the_readme_is_the_one_that_is_named(platform: Helm) -> None:
    readme = (PLATFORM / "README.md").read_text()
    external = yaml.safe_load(readme.split("```yaml\n")[1].split("```")[0])
    objects = platform.objects(files=[PLATFORM / "values-prod.yaml"])
    (entry,) = external["spec"]["data"]
    made = {(external["spec"]["target"]["name"], entry["secretKey"])}
    assert made <= secret_keys(list(objects))
