"""The values of every chart: documented in place, and closed by a schema of the same keys."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.rendering import ENGINES, PLATFORM
from tests.charts.value_tables import KeyPath, descriptions, with_table

CHARTS = {chart.name: chart for chart in (*ENGINES, PLATFORM)}
OF_AN_ENGINE = {
    "/definitions/labels",
    "/definitions/strings",
    "/definitions/quantities",
    "/properties/global",
    "/properties/plans",
}
OPEN_MAPS = {
    "woocommerce": OF_AN_ENGINE,
    "medusa": OF_AN_ENGINE,
    "store-platform": {
        "/definitions/strings",
        "/definitions/quantities",
        "/definitions/engineValues",
        "/definitions/engineValues/additionalProperties",
        "/properties/api/properties/extraEnv",
        "/properties/oidc/properties/roles",
        "/properties/stores/properties/planPrices",
        "/properties/stores/properties/planPrices/additionalProperties",
        "/properties/global",
    },
}
Schema = dict[str, Any]


@pytest.fixture(params=sorted(CHARTS))
def chart(request: pytest.FixtureRequest) -> Path:
    return CHARTS[request.param]


@pytest.fixture
def values(chart: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((chart / "values.yaml").read_text())
    return found


@pytest.fixture
def schema(chart: Path) -> Schema:
    found: Schema = json.loads((chart / "values.schema.json").read_text())
    return found


def resolved(schema: Schema, part: Schema) -> Schema:
    """Return what a part of the schema refers to, or the part itself."""
    if "$ref" not in part:
        return part
    found: Schema = schema["definitions"][part["$ref"].rsplit("/", 1)[1]]
    return found


def leaves(
    schema: Schema, part: Schema, values: dict[str, Any], path: KeyPath = ()
) -> Iterator[KeyPath]:
    """Yield the path of every value that is described on its own; resources are as a whole."""
    for key, value in values.items():
        inner = resolved(schema, part["properties"][key])
        if isinstance(value, dict) and "properties" in inner and key != "resources":
            yield from leaves(schema, inner, value, (*path, key))
        else:
            yield (*path, key)


def open_objects(part: Any, path: str = "") -> Iterator[str]:
    """Yield where a schema allows properties that it does not name."""
    if isinstance(part, list):
        for index, item in enumerate(part):
            yield from open_objects(item, f"{path}/{index}")
    if not isinstance(part, dict):
        return
    if part.get("type") == "object" and part.get("additionalProperties") is not False:
        yield path
    for key, item in part.items():
        yield from open_objects(item, f"{path}/{key}")


def keys(schema: Schema, part: Schema) -> Any:
    part = resolved(schema, part)
    if "properties" not in part:
        return 0
    return {key: keys(schema, inner) for key, inner in part["properties"].items()}


def keys_like(values: Any, like: Any) -> Any:
    return {k: keys_like(v, like.get(k, 0)) for k, v in values.items()} if like else 0


def test_every_value_is_documented(chart: Path, values: dict[str, Any], schema: Schema) -> None:
    described = set(descriptions((chart / "values.yaml").read_text()))
    assert set(leaves(schema, schema, values)) - described == set()


def test_schema_and_values_have_the_same_keys(values: dict[str, Any], schema: Schema) -> None:
    expected = keys(schema, schema)
    del expected["global"]
    assert keys_like(values, expected) == expected


def test_schema_is_closed_everywhere(chart: Path, schema: Schema) -> None:
    assert set(open_objects(schema)) == OPEN_MAPS[chart.name]


def test_the_readmes_table_is_that_of_the_values(chart: Path) -> None:
    """Write it anew with ``python -m tests.charts.value_tables``."""
    assert (chart / "README.md").read_text() == with_table(chart)
