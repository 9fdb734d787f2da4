"""The values: documented, closed, and every switch does what it says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.charts.rendering import KUBERNETES, STORE, WOOCOMMERCE, Helm, Values

VALUES = WOOCOMMERCE / "values.yaml"
SCHEMA: dict[str, Any] = json.loads((WOOCOMMERCE / "values.schema.json").read_text())
OPEN_MAPS = {"strings", "quantities"}

VARIANTS: dict[str, Values] = {
    "default": {},
    "no ingress": {"ingress": {"enabled": False}},
    "no network policies": {"networkPolicies": {"enabled": False}},
    "no internet": {"networkPolicies": {"allowInternet": False}},
    "no quota": {"quota": {"enabled": False}},
    "annotated": {"podAnnotations": {"everybody": "yes"}, "imagePullSecrets": ["registry"]},
    "storage class": {key: {"storage": {"className": "fast"}} for key in ("mysql", "wordpress")},
}


def leaves(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every value that has a schema of its own."""
    for key, value in values.items():
        here = (*path, key)
        is_open = schema_of(here).get("additionalProperties") is not False
        closed = schema_of(here).get("properties", {})
        if isinstance(value, dict) and not is_open and key != "resources" and closed:
            yield from leaves(value, here)
        else:
            yield here


def schema_of(path: tuple[str, ...]) -> dict[str, Any]:
    found = SCHEMA
    for key in path:
        found = found["properties"][key]
        if "$ref" in found:
            found = SCHEMA["definitions"][found["$ref"].rsplit("/", 1)[1]]
    return found


def documented() -> set[tuple[str, ...]]:
    """Return the paths of the keys in values.yaml that stand below a `# --` comment."""
    found: set[tuple[str, ...]] = set()
    path: list[str] = []
    is_described = False
    for line in VALUES.read_text().splitlines():
        if line.strip().startswith("#"):
            is_described = is_described or bool(re.match(r"\s*# -- \w", line))
        elif key := re.match(r"( *)([\w.]+):", line):
            path[len(key[1]) // 2 :] = [key[2]]
            if is_described:
                found.add(tuple(path))
            is_described = False
    return found


def test_every_value_is_documented() -> None:
    values = yaml.safe_load(VALUES.read_text())
    assert set(leaves(values)) - documented() == set()


def test_schema_and_values_have_the_same_keys() -> None:
    def keys(schema: dict[str, Any]) -> Any:
        if "$ref" in schema:
            schema = SCHEMA["definitions"][schema["$ref"].rsplit("/", 1)[1]]
        return (
            {k: keys(v) for k, v in schema["properties"].items()} if "properties" in schema else 0
        )

    def of(values: Any, like: Any) -> Any:
        return {k: of(v, like.get(k, 0)) for k, v in values.items()} if like else 0

    expected = keys(SCHEMA)
    del expected["global"]
    assert of(yaml.safe_load(VALUES.read_text()), expected) == expected


def test_schema_is_closed_everywhere() -> None:
    def open_objects(schema: Any, path: str) -> Iterator[str]:
        if isinstance(schema, list):
            for index, item in enumerate(schema):
                yield from open_objects(item, f"{path}/{index}")
        if not isinstance(schema, dict):
            return
        if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
            yield path
        for key, item in schema.items():
            yield from open_objects(item, f"{path}/{key}")

    assert set(open_objects(SCHEMA, "")) == {
        "/properties/global",
        *(f"/definitions/{name}" for name in OPEN_MAPS),
    }


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"colour": "red"}, "additional properties 'colour' not allowed"),
        ({"wordpress": {"colour": "red"}}, "at '/wordpress': additional properties 'colour'"),
        ({"store": {**STORE, "password": "x"}}, "at '/store': additional properties 'password'"),
        ({"store": {"id": "8f0c", "name": "my-shop"}}, "at '/store/host'"),
        ({"store": {**STORE, "id": ""}}, "at '/store/id'"),
        ({"store": {**STORE, "host": "a b"}}, "at '/store/host'"),
        ({"store": {**STORE, "host": "shop.test:8080"}}, "at '/store/host'"),
        ({"store": {**STORE, "adminEmail": "nobody"}}, "at '/store/adminEmail'"),
        ({"mysql": {"image": {"tag": ""}}}, "at '/mysql/image/tag'"),
        ({"mysql": {"resources": {"limits": {"cpu": "much"}}}}, "at '/mysql/resources/limits/cpu'"),
    ],
)
def test_refused_values(helm: Helm, values: Values, told: str) -> None:
    assert told in helm.refusal(values)


def test_global_values_are_allowed(helm: Helm) -> None:
    assert helm.text({"global": {"anything": 1}}) == helm.text()


def test_lint(helm: Helm) -> None:
    done = helm.run("lint", "--strict", str(WOOCOMMERCE), "--kube-version", KUBERNETES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout


@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_are_valid_objects(helm: Helm, variant: str) -> None:
    objects = helm.objects(VARIANTS[variant])
    for item in objects:
        kubernetes_validate.validate(item, KUBERNETES, strict=True)
    names = [(item["kind"], item["metadata"]["name"]) for item in objects]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("variant", "kinds"),
    [
        ("no ingress", {"Ingress"}),
        ("no network policies", {"NetworkPolicy"}),
        ("no quota", {"ResourceQuota", "LimitRange"}),
    ],
)
def test_switched_off(helm: Helm, variant: str, kinds: set[str]) -> None:
    default, without = helm.objects(), helm.objects(VARIANTS[variant])
    assert without == [item for item in default if item["kind"] not in kinds]
    assert kinds <= {item["kind"] for item in default}


@pytest.mark.parametrize("component", ["mysql", "wordpress", "setup"])
def test_image(helm: Helm, component: str) -> None:
    image = {"repository": "mirror.test/shops/it", "tag": "1", "pullPolicy": "Always"}
    objects = helm.objects({component: {"image": image}, "imagePullSecrets": ["one"]})
    container = objects.containers[component]
    assert container["image"] == "mirror.test/shops/it:1"
    assert container["imagePullPolicy"] == "Always"
    assert objects.templates[component]["spec"]["imagePullSecrets"] == [{"name": "one"}]


def test_default_images_name_their_registry_and_version(helm: Helm) -> None:
    images = {key: item["image"] for key, item in helm.objects().containers.items()}
    assert images == {
        "mysql": "docker.io/library/mysql:8.4",
        "wordpress": "docker.io/library/wordpress:7.1-php8.4-apache",
        "setup": "docker.io/library/wordpress:cli-2.12",
    }
