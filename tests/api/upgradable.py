"""A platform whose engine has versions that follow each other, and a shop that was upgraded."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.api.conftest import BACKUPS, remove_stores, running_service
from tests.api.test_backups import add_backups
from tests.api.test_suspension import an_open_shop
from tests.e2e.service import ROOT, Service

VERSIONS = (
    {"name": "2.20"},
    {"name": "2.21"},
    {"name": "2.22", "default": True, "follows": ["2.21"], "whatIsNew": "A faster check-out."},
    {"name": "2.23", "follows": ["2.22", "2.21"]},
)
"""Those of Medusa, of which a shop of 2.21 can get the last two."""


@contextmanager
def upgrading_service(folder: Path) -> Iterator[Service]:
    """Run a service whose only engine has these versions, and that keeps backups."""
    ignored = shutil.ignore_patterns("image", "storefront")
    shutil.copytree(ROOT / "charts" / "medusa", folder / "charts" / "medusa", ignore=ignored)
    file = folder / "charts" / "medusa" / "engine.yaml"
    described = yaml.safe_load(file.read_text())
    values = described["versions"][0]["values"]
    described["versions"] = [{**version, "values": values} for version in VERSIONS]
    file.write_text(yaml.safe_dump(described))
    with running_service(folder, STORE_PLATFORM_CHARTS=str(file.parents[1]), **BACKUPS) as made:
        yield made


def a_shop(service: Service, token: str) -> str:
    """Return the id of the only store: an open shop of 2.21."""
    remove_stores(service)
    return an_open_shop(service, token, engine="medusa", version="2.21")


def an_upgraded_shop(service: Service, token: str) -> str:
    """Return the id of such a shop that has got 2.22 by its second operation."""
    store_id = a_shop(service, token)
    key = store_id.removeprefix("store_")
    service.execute(token, UPGRADE, id=store_id)
    service.sql(
        "UPDATE operations SET status = 'SUCCEEDED', finished_at = queued_at"
        " WHERE store_id = :id AND number = 2 RETURNING number",
        id=key,
    )
    service.sql(
        "UPDATE stores SET engine_version = '2.22', task = NULL, upgrade = NULL WHERE id = :id"
        " RETURNING id",
        id=key,
    )
    add_backups(service, store_id, 2)
    return store_id


UPGRADE = "mutation ($id: ID!) { upgradeStore(input: {id: $id}) { errors { message } } }"
