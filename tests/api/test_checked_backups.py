"""Checks of backups in the API: who may have one, what is made for it, and who sees that."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.conftest import BACKUPS, METRICS_TOKEN, running_service
from tests.api.test_backups import a_store, add_backups
from tests.e2e.service import Service

VERIFY = """mutation ($id: ID!) { verifyBackup(input: {id: $id}) {
  backup { number lastVerifiedAt check { isUnderWay endedAt fault } }
  errors { code field message } } }"""
CHECK = """query ($id: ID!) { node(id: $id) { ... on Backup {
  lastVerifiedAt check { isUnderWay endedAt fault } } } }"""
STORES = "{ stores(first: 100) { edges { node { name owner isCopy } } } }"
POLICY = "{ platform { backups { checkIntervalDays } } }"
NEVER = {"isUnderWay": False, "endedAt": None, "fault": None}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("checked-backups")
    with running_service(folder, **BACKUPS) as made:
        yield made


def a_backup(service: Service, token: str, name: str) -> str:
    """Return the id of a backup of a store of Medusa."""
    store_id = a_store(service, token, name, engine="medusa")
    add_backups(service, store_id, 1, 2)
    return f"backup_{store_id.removeprefix('store_')}_2"


def check(service: Service, token: str, backup: str) -> dict[str, Any]:
    found: dict[str, Any] = service.execute(token, CHECK, id=backup)["node"]
    return found


def test_a_shop_is_made_that_only_admins_see(service: Service) -> None:
    token, admin = service.token("mira"), service.token("boss", role="admin")
    backup = a_backup(service, token, "checked")
    assert check(service, token, backup) == {"lastVerifiedAt": None, "check": NEVER}

    asked = service.execute(token, VERIFY, id=backup)["verifyBackup"]

    under_way = {"isUnderWay": True, "endedAt": None, "fault": None}
    assert asked == {
        "backup": {"number": 2, "lastVerifiedAt": None, "check": under_way}, "errors": [],
    }  # fmt: skip
    seen = [edge["node"] for edge in service.execute(token, STORES)["stores"]["edges"]]
    assert [store["name"] for store in seen] == ["checked"]
    of_all = [edge["node"] for edge in service.execute(admin, STORES)["stores"]["edges"]]
    (shop,) = [store for store in of_all if store["owner"] == "platform"]
    assert shop["name"].startswith("check-")
    assert shop["isCopy"] is True

    again = service.execute(token, VERIFY, id=backup)["verifyBackup"]
    assert again["errors"] == [
        {
            "code": "CHECK_UNDER_WAY", "field": "id",
            "message": "A backup of this store is being checked; wait until that is done.",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(("fault", "verified"), [(None, True), ("It has no orders.", False)])
def test_what_came_of_it(service: Service, fault: str | None, verified: bool) -> None:  # noqa: FBT001
    token = service.token("mira")
    backup = a_backup(service, token, f"came-of-{verified}".lower())
    service.sql(
        "UPDATE backups SET checked_at = 1780000000000000, fault = :fault"
        " WHERE store_id = :id AND number = 2 RETURNING number",
        id=backup.split("_")[1], fault=fault,
    )  # fmt: skip
    at = "2026-05-28T20:26:40+00:00"
    assert check(service, token, backup) == {
        "lastVerifiedAt": at if verified else None,
        "check": {"isUnderWay": False, "endedAt": at, "fault": fault},
    }


def test_of_somebody_else_it_is_unknown(service: Service) -> None:
    backup = a_backup(service, service.token("mira"), "not-theirs")
    before = service.sql("SELECT id FROM stores ORDER BY id")
    for given in (backup, "", backup[:-1] + "7"):
        refused = service.execute(service.token("eve"), VERIFY, id=given)["verifyBackup"]
        assert [(e["code"], e["field"]) for e in refused["errors"]] == [("BACKUP_UNKNOWN", "id")]
    assert service.sql("SELECT id FROM stores ORDER BY id") == before


def test_the_platform_says_how_often(service: Service) -> None:
    found = service.execute(service.token("mira"), POLICY)["platform"]["backups"]
    assert found == {"checkIntervalDays": 30}


def test_faults_are_told_where_backups_are_made_when_asked_for(tmp_path: Path) -> None:
    own = {**BACKUPS, "STORE_PLATFORM_BACKUP_INTERVAL_HOURS": "0"}
    with running_service(tmp_path, STORE_PLATFORM_METRICS_TOKEN=METRICS_TOKEN, **own) as service:
        backup = a_backup(service, service.token("mira"), "faulty")
        service.sql(
            "UPDATE backups SET checked_at = 1, fault = 'Empty.' WHERE store_id = :id"
            " AND number = 2 RETURNING number",
            id=backup.split("_")[1],
        )
        told = httpx.get(
            f"{service.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}
        ).text
    assert "\nstore_platform_backups_faulty 1.0\n" in told
    assert "store_platform_backups_late" not in told
