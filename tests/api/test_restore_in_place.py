"""A backup in place of its shop, in the API: what has to be accepted, and who may have it done."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import BACKUPS, records_of, remove_stores, running_service
from tests.api.test_audit import entries_of, entry
from tests.api.test_backups import MAKE, a_store, add_backups
from tests.api.test_retry_and_cancel import call
from tests.e2e.service import Service

RESTORE = """mutation ($input: RestoreBackupInput!) { restoreBackup(input: $input) {
  store { status } operation { number kind status askedBy isCancellable parameters
  steps { name status } } errors { code field message } } }"""
SHOWN = """query ($id: ID!, $backup: ID!) {
  store(id: $id) { lastBackup { number lostByRestore { name number } }
    backups(first: 9) { edges { node { number lostByRestore { name number } } } } }
  node(id: $backup) { ... on Backup { lostByRestore { name number } } } }"""
SAVING = ["CLOSE", "REPOSITORY", "SAVE", "CHECK"]
REPLACING = [
    "REMOVE", "NAMESPACE", "CREDENTIALS", "HELM_INSTALL", "RESTORE", "WORKLOADS_READY",
    "SETUP_JOB", "OPEN", "REACHABLE",
]  # fmt: skip
MADE_AT = "2026-05-28T20:26:40+00:00"
LOST = (
    "The shop becomes what it was at 2026-05-28 20:26:40 UTC, and loses what came after that. The"
    " newest backup, of 2026-05-28 21:26:40 UTC, has 4 orders more. "
)
SAVED = "The shop is closed and saved as it is before, and that backup can be restored in turn."
NOT_SAVED = "The shop is not saved as it is before: what is in no backup is lost for good."
ONLY_ONE = "and only one operation can be under way. Wait until that has ended, then ask again."
NOT_CANCELLABLE = (
    "Only a store that is queued or being provisioned can be cancelled; this one is having a backup"
    " restored. To remove it, delete it."
)
TO_GO_ON = f' To go on, pass `acceptLossSince: "{MADE_AT}"`.'


ACCEPTED = {"acceptLossSince": MADE_AT}
UNSAVED = {**ACCEPTED, "withoutBackup": True}
ways = pytest.mark.parametrize("given", [ACCEPTED, UNSAVED], ids=["saved", "unsaved"])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("in-place")
    with running_service(folder, **BACKUPS) as made:
        yield made


@pytest.fixture
def token(service: Service) -> str:
    """Return mira's, who has nothing."""
    remove_stores(service)
    return service.token("mira")


def a_shop(service: Service, token: str, *, status: str = "READY") -> tuple[str, str]:
    """Return the id of a store, and that of a backup after which 4 orders and an hour came."""
    store_id = a_store(service, token, "my-shop", status=status, engine="medusa")
    add_backups(service, store_id, 1, 3)
    key = store_id.removeprefix("store_")
    service.sql(
        "UPDATE backups SET made_at = made_at + 3600000000, counts = :counts"
        " WHERE store_id = :id AND number = 3 RETURNING number",
        id=key, counts='{"orders":7,"products":1}',
    )  # fmt: skip
    return store_id, f"backup_{key}_1"


def restore(service: Service, token: str, backup: str, **given: Any) -> dict[str, Any]:
    asked = {"id": backup, **given}
    payload: dict[str, Any] = service.execute(token, RESTORE, input=asked)["restoreBackup"]
    return payload


def refused(payload: dict[str, Any]) -> tuple[str, str | None, str]:
    assert (payload["store"], payload["operation"]) == (None, None)
    (error,) = payload["errors"]
    return error["code"], error["field"], error["message"]


@pytest.mark.parametrize(
    ("given", "saved"),
    [
        ({}, SAVED),
        ({"acceptLossSince": None}, SAVED),
        ({"acceptLossSince": "2026-05-28T20:26:41+00:00"}, SAVED),
        ({"acceptLossSince": "2026-05-28T20:26:39+00:00"}, SAVED),
        ({"acceptLossSince": "2026-05-28T20:26:40+02:00"}, SAVED),
        ({"acceptLossSince": "2026-05-28T21:26:40+00:00"}, SAVED),  # when the newest was made
        ({"withoutBackup": True}, NOT_SAVED),
    ],
)
def test_what_is_lost_has_to_be_accepted(
    service: Service, token: str, given: dict[str, Any], saved: str
) -> None:
    store_id, backup = a_shop(service, token)
    before = records_of(service)

    answer = restore(service, token, backup, **given)

    assert refused(answer) == ("LOSS_NOT_ACCEPTED", "acceptLossSince", LOST + saved + TO_GO_ON)
    assert records_of(service) == before
    arguments = {"id": backup, **{k: v for k, v in given.items() if v is not None}}
    assert entries_of(service, storeId=store_id, action="restoreBackup") == [
        entry("mira", "restoreBackup", "REFUSED", code="LOSS_NOT_ACCEPTED", storeId=store_id,
              arguments=arguments),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("since", "recorded"),
    [
        (MADE_AT, MADE_AT),
        ("2026-05-28T20:26:40.999Z", "2026-05-28T20:26:40.999000+00:00"),
        ("2026-05-28T22:26:40+02:00", "2026-05-28T22:26:40+02:00"),
        ("2026-05-28T20:26:40", "2026-05-28T20:26:40"),  # of no zone, so of UTC
    ],
)
def test_the_shop_is_saved_first(service: Service, token: str, since: str, recorded: str) -> None:
    store_id, backup = a_shop(service, token)

    begun = restore(service, token, backup, acceptLossSince=since)

    arguments = {"id": backup, "acceptLossSince": recorded}
    assert begun == {
        "store": {"status": "READY"},
        "operation": {
            "number": 2, "kind": "RESTORE", "status": "QUEUED", "askedBy": "mira",
            "isCancellable": False, "parameters": arguments,
            "steps": [{"name": step, "status": "PENDING"} for step in SAVING + REPLACING],
        },
        "errors": [],
    }  # fmt: skip
    assert entries_of(service, storeId=store_id, action="restoreBackup") == [
        entry("mira", "restoreBackup", "ACCEPTED", storeId=store_id, arguments=arguments)
    ]


@pytest.mark.parametrize("status", ["READY", "DEGRADED", "FAILED"])
def test_or_it_is_not_saved(service: Service, token: str, status: str) -> None:
    _, backup = a_shop(service, token, status=status)
    begun = restore(service, token, backup, **UNSAVED)
    assert (begun["store"], begun["errors"]) == ({"status": "QUEUED"}, [])
    operation = begun["operation"]
    assert (operation["kind"], operation["isCancellable"]) == ("RESTORE", False)
    assert [step["name"] for step in operation["steps"]] == REPLACING
    assert operation["parameters"]["withoutBackup"] is True


def test_a_failed_shop_cannot_be_saved(service: Service, token: str) -> None:
    _, backup = a_shop(service, token, status="FAILED")
    before = records_of(service)
    answer = restore(service, token, backup, **ACCEPTED)
    message = (
        "The store is FAILED, so its shop cannot be saved as it is. Retry the store first, or"
        " restore without a backup of the present (`withoutBackup: true`, `storectl restore"
        " --without-backup`): what is in no backup is lost for good then."
    )
    assert refused(answer) == ("NOT_READY", "id", message)
    assert records_of(service) == before


@pytest.mark.parametrize("status", ["DELETING", "DELETED"])
@ways
def test_what_is_deleted_has_no_place(
    service: Service, token: str, status: str, given: dict[str, Any]
) -> None:
    _, backup = a_shop(service, token, status=status)
    before = records_of(service)
    answer = restore(service, token, backup, **given)
    message = (
        f"The store is {status}, so no backup can be put in its place. Restore the backup into a"
        " new store instead."
    )
    assert refused(answer) == ("NOT_READY", "id", message)
    assert records_of(service) == before


@ways
def test_beside_another_operation_it_is_refused(
    service: Service, token: str, given: dict[str, Any]
) -> None:
    store_id, backup = a_shop(service, token)
    assert service.execute(token, MAKE, id=store_id)["createBackup"]["errors"] == []
    before = records_of(service)
    answer = restore(service, token, backup, **given)
    message = f"A backup of the store is being made (BACKUP), {ONLY_ONE}"
    assert refused(answer) == ("OPERATION_UNDER_WAY", "id", message)
    assert records_of(service) == before


@ways
def test_meanwhile_nothing_else_is_done(
    service: Service, token: str, given: dict[str, Any]
) -> None:
    store_id, backup = a_shop(service, token)
    assert restore(service, token, backup, **given)["errors"] == []
    before = records_of(service)
    message = f"A backup is being restored in place of the shop (RESTORE), {ONLY_ONE}"
    under_way = ("OPERATION_UNDER_WAY", "id", message)
    assert refused(restore(service, token, backup, **given)) == under_way
    made = service.execute(token, MAKE, id=store_id)["createBackup"]
    assert made["errors"][0]["code"] == "OPERATION_UNDER_WAY"
    (error,) = call(service, token, "cancel", store_id)["errors"]
    assert error == {"code": "NOT_CANCELLABLE", "field": "id", "message": NOT_CANCELLABLE}
    (error,) = call(service, token, "retry", store_id)["errors"]
    assert (error["code"], error["field"], error["message"]) == under_way
    assert records_of(service) == before
    assert service.delete(token, store_id)["errors"] == []


def test_a_store_that_is_being_created(service: Service, token: str) -> None:
    store_id = service.create(token, "not-there-yet", engine="medusa")["store"]["id"]
    add_backups(service, store_id, 1)
    backup = f"backup_{store_id.removeprefix('store_')}_1"
    answer = restore(service, token, backup, **ACCEPTED)
    message = f"The store is being created (CREATE), {ONLY_ONE}"
    assert refused(answer) == ("OPERATION_UNDER_WAY", "id", message)


def test_only_who_has_the_shop_restores_it(service: Service, token: str) -> None:
    _, backup = a_shop(service, token)
    before = records_of(service)
    viewer, stranger = service.token("mira", role="viewer"), service.token("eve")
    assert refused(restore(service, viewer, backup, **ACCEPTED))[:2] == ("FORBIDDEN", None)
    unknown = ("BACKUP_UNKNOWN", "id", "There is no such backup; choose one of `Store.backups`.")
    assert refused(restore(service, stranger, backup, **ACCEPTED)) == unknown
    for wrong in ("", "backup_x_1", backup[:-1] + "7"):
        assert refused(restore(service, token, wrong, **ACCEPTED)) == unknown
    assert records_of(service) == before
    admin = service.token("boss", role="admin")
    begun = restore(service, admin, backup, **ACCEPTED)
    assert (begun["errors"], begun["operation"]["askedBy"]) == ([], "boss")


def test_a_version_that_is_not_offered_any_more(service: Service, token: str) -> None:
    store_id, backup = a_shop(service, token)
    service.sql(
        "UPDATE backups SET engine_version = '9.9' WHERE store_id = :id RETURNING number",
        id=store_id.removeprefix("store_"),
    )
    code, field, message = refused(restore(service, token, backup, **ACCEPTED))
    assert (code, field) == ("VERSION_UNKNOWN", "id")
    assert "medusa 9.9, which is not offered here" in message


def test_what_a_restore_loses_is_shown(service: Service, token: str) -> None:
    store_id, backup = a_shop(service, token)
    found = service.execute(token, SHOWN, id=store_id, backup=backup)
    lost = [{"name": "orders", "number": 4}]
    assert found["store"]["lastBackup"] == {"number": 3, "lostByRestore": []}
    assert [edge["node"] for edge in found["store"]["backups"]["edges"]] == [
        {"number": 3, "lostByRestore": []}, {"number": 1, "lostByRestore": lost},
    ]  # fmt: skip
    assert found["node"] == {"lostByRestore": lost}


def test_where_no_backups_are_kept_nothing_is_restored(api: Service) -> None:
    token = api.token("mira")
    _, backup = a_shop(api, token)
    before = records_of(api)
    answer = restore(api, token, backup, **ACCEPTED)
    assert refused(answer)[:2] == ("BACKUPS_NOT_SET_UP", None)
    assert records_of(api) == before
