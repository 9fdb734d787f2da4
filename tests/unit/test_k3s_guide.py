"""The guide for k3s: what `make test-real` types of it is all that it says is tested."""

import re
from typing import Any

import yaml

from tests.charts.rendering import MEDUSA, PLATFORM
from tests.real.platform.guide import GUIDE, KUBERNETES, typed_blocks

STEPS = [
    "Names", "Secrets", "Values", "Install", "Sign in", "The first shop, and its first order",
]  # fmt: skip
RUNNING = ("postgres", "medusa", "storefront")
AMOUNTS = ("cpu", "memory")


def test_what_is_typed() -> None:
    assert list(typed_blocks()) == STEPS
    assert list(typed_blocks(KUBERNETES)) == [
        "From SQLite to PostgreSQL",
        "Back up the shops",
        "How long backups of shops are kept",
    ]


def test_a_section_says_whether_it_is_tested() -> None:
    sections = re.split(r"^## ", GUIDE.read_text(), flags=re.MULTILINE)[1:]
    numbered = [text for text in sections if re.match(r"\d+\. ", text)]
    for text in numbered:
        said = re.search(r"^\*(Not tested|Tested)", text, re.MULTILINE)
        assert said is not None, text[:40]
        assert ("<!-- tested -->" in text) == (said[1] == "Tested"), text[:40]
    assert len(numbered) == 11


def test_what_a_shop_asks_for_is_what_its_plan_says() -> None:
    plans = yaml.safe_load((MEDUSA / "values.yaml").read_text())["plans"]
    whole = yaml.safe_load((MEDUSA / "engine.yaml").read_text())["plans"]
    for name, plan in plans.items():
        cpu, memory = (sum(_requested(plan[part], of) for part in RUNNING) for of in AMOUNTS)
        setup_cpu, setup_memory = (_requested(plan["setup"], of) for of in AMOUNTS)
        storage = whole[name]["storage"]
        assert f"`{name}` | {cpu}m | {memory}Mi | {storage} |" in GUIDE.read_text()
        assert f"set up, besides | {setup_cpu}m | {setup_memory}Mi |" in GUIDE.read_text()


def _requested(component: dict[str, Any], of: str) -> int:
    """Return what a component asks for, in thousandths of a CPU or in Mi."""
    found = re.fullmatch(r"(\d+)(m|Mi|Gi|)", component["resources"]["requests"][of])
    assert found is not None
    return int(found[1]) * {"m": 1, "Mi": 1, "Gi": 1024, "": 1000}[found[2]]


def test_what_the_platform_asks_for_is_what_the_chart_says() -> None:
    values = yaml.safe_load((PLATFORM / "values.yaml").read_text())
    production = yaml.safe_load((PLATFORM / "values-prod.yaml").read_text())
    parts = ("api", "dashboard")
    requests = [values[part]["resources"]["requests"] for part in parts]
    assert [production[part]["replicas"] for part in parts] == [2, 2]
    cpu = sum(int(asked["cpu"].removesuffix("m")) for asked in requests)
    memory = sum(int(asked["memory"].removesuffix("Mi")) for asked in requests)
    assert f"two of the dashboard) | {2 * cpu}m | {2 * memory}Mi |" in GUIDE.read_text()
    assert f"| while it is upgraded, besides | {cpu}m | {memory}Mi |" in GUIDE.read_text()
    backup = values["database"]["backup"]
    assert production["database"]["backup"]["enabled"] is True
    asked = backup["resources"]["requests"]
    row = f"is backed up, besides | {asked['cpu']} | {asked['memory']} | |"
    assert row in GUIDE.read_text()
    assert f"and {backup['storage']['size']} of backups |" in GUIDE.read_text()
