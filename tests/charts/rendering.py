"""Charts as helm renders them, and ways to look at the objects."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

CHARTS = Path(__file__).resolve().parents[2] / "charts"
WOOCOMMERCE = CHARTS / "woocommerce"
MEDUSA = CHARTS / "medusa"
ENGINES = (WOOCOMMERCE, MEDUSA)
PLATFORM = CHARTS / "store-platform"
KUBERNETES = "1.35"
RELEASE = "woo-8f0c2f5e"
NAMESPACE = "store-8f0c2f5e"

STORE = {"id": "8f0c2f5e", "name": "my-shop", "host": "my-shop.store.localhost"}
"""What the platform passes under ``store``, as small as it may be."""
STORE_LABEL = "store-platform.dev/store"
COMPONENT_LABEL = "app.kubernetes.io/component"

FOREIGN_APIS = (
    "monitoring.coreos.com/v1/ServiceMonitor",
    "monitoring.coreos.com/v1/PrometheusRule",
    "gateway.networking.k8s.io/v1/HTTPRoute",
    "cert-manager.io/v1/Certificate",
)
"""Kinds of others' operators, as helm is told of what a cluster has."""

Object = dict[str, Any]
Values = Mapping[str, Any]

_UNITS: dict[str, Decimal | int] = {
    "": 1, "m": Decimal("0.001"), "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast
_DONE: dict[tuple[object, ...], subprocess.CompletedProcess[str]] = {}
"""What helm said of the charts of this repository, by all that it was given."""


@dataclass(frozen=True, slots=True)
class Helm:
    """helm for one chart, without anything of the machine's user. ``given`` is always passed.

    ``apis`` are the kinds that the cluster has besides Kubernetes' own.
    """

    program: Path
    home: Path
    chart: Path
    given: Values = field(default_factory=dict)
    apis: Sequence[str] = FOREIGN_APIS

    def run(
        self, *arguments: str, values: Values | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run helm with ``given`` and ``values`` on its standard input."""
        environment = {
            "HELM_CACHE_HOME": f"{self.home}/cache",
            "HELM_CONFIG_HOME": f"{self.home}/config",
            "HELM_DATA_HOME": f"{self.home}/data",
        }
        return subprocess.run(
            [self.program, *arguments, "--values", "-"],
            input=json.dumps({**self.given, **(values or {})}), env=environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def run_once(
        self, *arguments: str, values: Values | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Return what ``run`` returned before, if it was asked for the very same.

        Most tests look at one of a few renderings. Charts elsewhere may change in between.
        """
        if not self.chart.is_relative_to(CHARTS):
            return self.run(*arguments, values=values)
        key = (self.program, arguments, json.dumps([self.given, values or {}]))
        if key not in _DONE:
            _DONE[key] = self.run(*arguments, values=values)
        return _DONE[key]

    def lint(self) -> subprocess.CompletedProcess[str]:
        return self.run_once("lint", "--strict", str(self.chart), "--kube-version", KUBERNETES)

    def template(
        self,
        values: Values | None = None,
        *,
        release: str = RELEASE,
        namespace: str = NAMESPACE,
        files: Sequence[Path] = (),
    ) -> subprocess.CompletedProcess[str]:
        """Render the chart with values files below ``values``."""
        named = [word for file in files for word in ("--values", str(file))]
        known = [word for api in self.apis for word in ("--api-versions", api)]
        return self.run_once(
            "template", release, str(self.chart), "--namespace", namespace,
            "--kube-version", KUBERNETES, *known, *named, values=values,
        )  # fmt: skip

    def text(self, values: Values | None = None, *, files: Sequence[Path] = ()) -> str:
        """Return the rendered manifest."""
        done = self.template(values, files=files)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    def objects(self, values: Values | None = None, *, files: Sequence[Path] = ()) -> "Objects":
        return Objects.read(self.text(values, files=files))

    def refusal(self, values: Values) -> str:
        """Return why helm does not take the values."""
        done = self.template(values)
        assert done.returncode != 0, done.stdout
        assert done.stdout == ""
        return done.stderr


class Objects(list[Object]):
    """Rendered objects."""

    def __init__(self, documents: Iterator[Any]) -> None:
        super().__init__(document for document in documents if document is not None)

    @classmethod
    def read(cls, manifest: str) -> "Objects":
        """Return the objects of what helm has printed."""
        return cls(yaml.load_all(manifest, Loader=_LOADER))

    def of(self, kind: str) -> list[Object]:
        return [item for item in self if item["kind"] == kind]

    def one(self, kind: str, suffix: str = "") -> Object:
        """Return the only object of the kind whose name ends so."""
        (found,) = [o for o in self.of(kind) if o["metadata"]["name"].endswith(suffix)]
        return found

    @property
    def templates(self) -> dict[str, Object]:
        """Pod templates by component."""
        specs = [item.get("spec", {}) for item in self]
        specs += [spec["jobTemplate"]["spec"] for spec in specs if "jobTemplate" in spec]
        found = [spec["template"] for spec in specs if "template" in spec]
        return {template["metadata"]["labels"][COMPONENT_LABEL]: template for template in found}

    @property
    def containers(self) -> dict[str, Object]:
        """The only container of each pod, by component; containers before it aside."""
        found = {}
        for component, template in self.templates.items():
            (found[component],) = template["spec"]["containers"]
        return found

    @property
    def all_containers(self) -> list[Object]:
        """Every container, those included that run before the others."""
        specs = [template["spec"] for template in self.templates.values()]
        return [c for spec in specs for c in [*spec.get("initContainers", []), *spec["containers"]]]

    @property
    def claims(self) -> list[Object]:
        """Volume claims, those of StatefulSets included."""
        sets = self.of("StatefulSet")
        own = [claim for item in sets for claim in item["spec"]["volumeClaimTemplates"]]
        return [*self.of("PersistentVolumeClaim"), *own]


def quantity(text: str | float) -> Decimal:
    """Read a quantity such as ``500m`` or ``2Gi``."""
    number = str(text).rstrip("mkMGTi")
    return Decimal(number) * _UNITS[str(text).removeprefix(number)]


def total(containers: Sequence[Object], part: str, resource: str) -> Decimal:
    """Return the sum of a resource over containers; ``part`` is ``requests`` or ``limits``."""
    return sum((quantity(c["resources"][part][resource]) for c in containers), Decimal())


def secret_keys(value: Any) -> set[tuple[str, str]]:
    """Return (secret, key) of every secretKeyRef anywhere inside."""
    if isinstance(value, list):
        return set().union(*(secret_keys(item) for item in value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*(secret_keys(item) for item in value.values()))
    if isinstance(reference := value.get("secretKeyRef"), dict):
        found.add((reference["name"], reference["key"]))
    return found
