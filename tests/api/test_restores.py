"""A store made from a backup, in the API: whose it is, what it is made of, and what is refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import BACKUPS, records_of, running_service
from tests.api.test_backups import a_store, add_backups
from tests.e2e.service import Service

CREATE = """mutation ($input: CreateStoreInput!) { createStore(input: $input) {
  store { id name owner engine engineVersion contactEmail status }
  operation { kind parameters steps { name } } errors { code field message } } }"""

IN_PLACE = """mutation ($input: RestoreBackupInput!) { restoreBackup(input: $input) {
  store { status } errors { code message } } }"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("restores")
    with running_service(folder, **BACKUPS) as made:
        yield made


def a_backup(service: Service, token: str, name: str) -> str:
    """Return the id of a backup of a store of Medusa."""
    store_id = a_store(service, token, name, engine="medusa", contactEmail="ada@example.com")
    add_backups(service, store_id, 1)
    return f"backup_{store_id.removeprefix('store_')}_1"


def create(service: Service, token: str, **given: Any) -> dict[str, Any]:
    made: dict[str, Any] = service.execute(token, CREATE, input=given)["createStore"]
    return made


def stores(service: Service) -> int:
    return len(service.sql("SELECT id FROM stores"))


def test_it_has_the_engine_and_version_of_the_backup(service: Service) -> None:
    token = service.token("mira")
    backup = a_backup(service, token, "the-old-one")

    made = create(service, token, name="the-new-one", fromBackup=backup)

    assert made["errors"] == []
    store_id = made["store"].pop("id")
    assert made["store"] == {
        "name": "the-new-one", "owner": "mira", "engine": "medusa", "engineVersion": "2.21",
        "contactEmail": "ada@example.com", "status": "QUEUED",
    }  # fmt: skip
    assert made["operation"]["kind"] == "CREATE"
    assert made["operation"]["parameters"] == {"name": "the-new-one", "fromBackup": backup}
    assert [step["name"] for step in made["operation"]["steps"]] == [
        "NAMESPACE", "CREDENTIALS", "HELM_INSTALL", "RESTORE", "WORKLOADS_READY", "SETUP_JOB",
        "REACHABLE",
    ]  # fmt: skip
    ((kept,),) = service.sql(
        "SELECT from_backup FROM stores WHERE id = :id", id=store_id.removeprefix("store_")
    )
    assert '"snapshot":"snap"' in kept
    assert '"url":"http://the-old-one.' in kept
    assert '"admin_user":"ada@example.com"' in kept
    assert '"counts":{"orders":3,"products":2}' in kept


def test_an_admin_restores_a_shop_for_its_owner(service: Service) -> None:
    backup = a_backup(service, service.token("mira"), "of-mira")
    admin = service.token("boss", role="admin")
    made = create(service, admin, name="again-of-mira", fromBackup=backup)
    assert made["store"]["owner"] == "mira"


def test_a_deleted_shop_is_restored_from_its_backup(service: Service) -> None:
    token = service.token("mira")
    backup = a_backup(service, token, "gone-now")
    service.sql("UPDATE stores SET status = 'DELETED' WHERE name = 'gone-now' RETURNING id")
    assert create(service, token, name="gone-now", fromBackup=backup)["errors"] == []


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"fromBackup": "backup_what"}, "BACKUP_UNKNOWN", "fromBackup"),
        ({"engine": "woocommerce"}, "ENGINE_MISMATCH", "engine"),
        ({"version": "1.0"}, "ENGINE_MISMATCH", "version"),
        ({"name": "No"}, "NAME_INVALID", "name"),
    ],
)
def test_what_cannot_be_restored_is_refused(
    service: Service, change: dict[str, str], code: str, field: str
) -> None:
    token = service.token("mira")
    given = {
        "name": "not-to-be",
        "fromBackup": a_backup(service, token, f"refused-{field.lower()}"),
    }
    before = stores(service)
    (error,) = create(service, token, **(given | change))["errors"]
    assert (error["code"], error["field"]) == (code, field)
    assert stores(service) == before


def test_a_name_that_is_taken(service: Service) -> None:
    """Also by the shop that the backup is of."""
    token = service.token("mira")
    backup = a_backup(service, token, "taken")
    before = records_of(service)
    made = create(service, token, name="taken", fromBackup=backup)
    assert (made["store"], made["operation"]) == (None, None)
    assert made["errors"] == [
        {
            "code": "NAME_TAKEN", "field": "name",
            "message": "A store named 'taken' already exists; choose another name.",
        }
    ]  # fmt: skip
    assert records_of(service) == before


def test_whoever_may_have_no_more_stores(tmp_path: Path) -> None:
    """In the place of its shop a backup can still be restored: that is no store more."""
    with running_service(tmp_path, **BACKUPS, STORE_PLATFORM_MAX_STORES_PER_USER="1") as service:
        token = service.token("mira")
        backup = a_backup(service, token, "the-only-one")
        before = records_of(service)
        made = create(service, token, name="one-more", fromBackup=backup)
        assert (made["store"], made["operation"]) == (None, None)
        (error,) = made["errors"]
        assert (error["code"], error["field"]) == ("USER_QUOTA_REACHED", None)
        assert "and may have 1. Delete one that you no longer need" in error["message"]
        assert records_of(service) == before
        in_place = service.execute(token, IN_PLACE, input={"id": backup, "withoutBackup": True,
            "acceptLossSince": "2026-05-28T20:26:40Z"})["restoreBackup"]  # fmt: skip
        assert in_place == {"store": {"status": "QUEUED"}, "errors": []}


def test_a_backup_of_somebody_else_is_unknown(service: Service) -> None:
    backup = a_backup(service, service.token("mira"), "private")
    stranger = service.token("stranger")
    before = stores(service)
    (error,) = create(service, stranger, name="stolen", fromBackup=backup)["errors"]
    assert error["code"] == "BACKUP_UNKNOWN"
    assert stores(service) == before


def test_a_version_that_is_not_offered_any_more_is_named(service: Service) -> None:
    token = service.token("mira")
    backup = a_backup(service, token, "of-tomorrow")
    service.sql("UPDATE backups SET engine_version = '9.9' RETURNING number")
    try:
        (error,) = create(service, token, name="too-new", fromBackup=backup)["errors"]
    finally:
        service.sql("UPDATE backups SET engine_version = '2.21' RETURNING number")
    assert (error["code"], error["field"]) == ("VERSION_UNKNOWN", "fromBackup")
    assert "medusa 9.9, which is not offered here" in error["message"]


def test_without_a_backup_an_engine_must_be_named(service: Service) -> None:
    (error,) = create(service, service.token("mira"), name="of-nothing")["errors"]
    assert (error["code"], error["field"]) == ("ENGINE_UNKNOWN", "engine")
    assert error["message"].startswith("An engine must be named, unless the store is restored:")


COPY = """mutation ($input: CreateStoreInput!) { createStore(input: $input) {
  store { id isCopy } operation { parameters } errors { code field message } } }"""


def test_a_copy_to_try_things_in(service: Service) -> None:
    token = service.token("mira")
    backup = a_backup(service, token, "to-be-copied")
    given = {"name": "the-copy", "fromBackup": backup, "asCopy": True}
    made = service.execute(token, COPY, input=given)["createStore"]
    assert made["errors"] == []
    assert made["store"]["isCopy"] is True
    assert made["operation"]["parameters"] == given
    other = service.execute(token, COPY, input={**given, "name": "no-copy", "asCopy": False})
    assert other["createStore"]["store"]["isCopy"] is False


def test_a_copy_is_made_from_a_backup(service: Service) -> None:
    token, before = service.token("mira"), stores(service)
    given = {"name": "of-nothing", "engine": "medusa", "asCopy": True}
    refused = service.execute(token, COPY, input=given)["createStore"]
    assert refused["errors"] == [
        {
            "code": "BACKUP_UNKNOWN", "field": "fromBackup",
            "message": "A copy is made from a backup: choose one of `Store.backups`.",
        }
    ]  # fmt: skip
    assert stores(service) == before
