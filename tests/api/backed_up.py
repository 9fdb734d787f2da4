"""A merchant whose only shop has backups, with a storectl of their own."""

from pathlib import Path

from tests.api.test_backups import a_store, add_backups
from tests.e2e.service import Service
from tests.e2e.storectl import Storectl

CONTENTS = "2026-05-28 20:26:40 UTC: 3 orders, 2 products"
"""What storectl tells of such a backup."""


def storectl_of(folder: Path, service: Service) -> Storectl:
    """Return mira's, who has nothing but ``my-shop`` with the backups 1 and 3."""
    for table in ("backups", "events", "pods", "steps", "operations", "stores"):
        service.sql(f"DELETE FROM {table} RETURNING 1 AS one")  # noqa: S608 - the names above
    token = service.token("mira")
    add_backups(service, a_store(service, token, "my-shop", engine="medusa"), 1, 3)
    return Storectl(folder, service, token)
