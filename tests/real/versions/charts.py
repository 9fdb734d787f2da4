"""The engines of the tests: the project's own, and a Medusa that can be upgraded, well or badly."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from app.local.images.recipes import CHARTS
from tests.real.versions.images import BROKEN, MISSING, OLDER

OLD, PRESENT = "2.20", "2.21"
"""The versions of the engine; the second is the product's own."""
MIGRATION_FAILS, IMAGE_IS_MISSING = "2.22-broken", "2.22-missing"

WHY_IT_FAILS = "The migration failed on purpose."
_LOSES_ORDERS = f"""
cd /srv/medusa
node setup/await-database.js
node --eval '
  const {{ withDatabase }} = require("./setup/database")
  withDatabase((client) => client.query("DROP TABLE IF EXISTS \\"order\\" CASCADE"))
'
echo '{WHY_IT_FAILS}' >&2
exit 1
"""
"""A set-up that has done harm before it fails: only the backup has the orders then."""


def write_charts(folder: Path) -> None:
    """Make a folder as STORE_PLATFORM_CHARTS names it: all charts, Medusa's described anew."""
    shutil.copytree(CHARTS, folder)
    file = folder / "medusa" / "engine.yaml"
    engine = yaml.safe_load(file.read_text())
    (present,) = engine["versions"]
    assert present["name"] == PRESENT
    present["follows"] = [OLD]
    engine["versions"] += _others()
    file.write_text(yaml.safe_dump(engine))


def _others() -> Iterator[dict[str, Any]]:
    yield {"name": OLD, "values": {"medusa": {"image": {"tag": OLDER}}}}
    yield {
        "name": MIGRATION_FAILS,
        "follows": [PRESENT],
        "values": {
            "medusa": {"image": {"tag": BROKEN}},
            "setup": {"command": ["sh", "-euc", _LOSES_ORDERS], "backoffLimit": 0},
        },
    }
    yield {
        "name": IMAGE_IS_MISSING,
        "follows": [PRESENT],
        "values": {"medusa": {"image": {"tag": MISSING}}},
    }
