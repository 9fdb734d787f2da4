"""A chart of the tests' own, whose versions follow each other; those of the platform do not yet."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from app.local.cluster import stages
from tests.charts.rendering import WOOCOMMERCE

FORMER, NEWER, BAD, NEWEST = "7.1", "7.2", "7.2-bad", "7.3"
"""Versions of WooCommerce: the default one, one that follows it, one that follows both and whose
pods crash on simulated nodes, and one that follows only the newer one."""


def charts(folder: Path) -> Path:
    """Return a new folder of charts in this folder, with WooCommerce in these versions."""
    chart = folder / "charts" / "woocommerce"
    shutil.copytree(WOOCOMMERCE, chart, ignore=shutil.ignore_patterns("image"))
    described = yaml.safe_load((chart / "engine.yaml").read_text())
    crashing = {"podAnnotations": {stages.BEHAVIOUR: stages.CRASH_LOOP}}
    described["versions"] = [
        {"name": FORMER, "default": True, "values": _image(FORMER)},
        {"name": NEWER, "follows": [FORMER], "values": _image(NEWER)},
        {"name": BAD, "follows": [FORMER, NEWER], "values": _image(BAD) | crashing},
        {"name": NEWEST, "follows": [NEWER], "values": _image(NEWEST)},
    ]
    (chart / "engine.yaml").write_text(yaml.safe_dump(described, sort_keys=False))
    return chart.parent


def tag(version: str) -> str:
    """Return the tag of the image of a version."""
    return f"{version}-of-the-tests"


def _image(version: str) -> dict[str, Any]:
    return {"wordpress": {"image": {"tag": tag(version)}}}
