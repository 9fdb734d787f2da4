"""rollbackStore: the shop as it was before its upgrade, once what is lost by that is accepted."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Records
from tests.api.test_audit import entries_of, entry
from tests.api.test_backups import a_store, add_backups
from tests.api.test_restore_in_place import (
    ACCEPTED,
    LOST,
    MADE_AT,
    NOT_SAVED,
    ONLY_ONE,
    REPLACING,
    SAVED,
    SAVING,
    TO_GO_ON,
    UNSAVED,
)
from tests.api.test_retry_and_cancel import call, put_in
from tests.api.test_suspension import ask, refused
from tests.api.test_upgrade import UPGRADING, a_shop, upgrade
from tests.api.test_upgrade import mira as mira  # noqa: PLC0414 - a fixture
from tests.api.test_upgrade import records as records  # noqa: PLC0414 - a fixture
from tests.api.test_upgrade import service as service  # noqa: PLC0414 - a fixture
from tests.e2e.service import Service

Read = Callable[[], Records]
ROLLBACK = """mutation ($input: RollbackStoreInput!) { rollbackStore(input: $input) {
  store { status target engineVersion nextVersion wayBack { number engineVersion } }
  operation { number kind status askedBy isCancellable parameters steps { name status } }
  errors { code field message } } }"""
WAY_BACK = """query ($id: ID!) { store(id: $id) {
  wayBack { id number madeAt engine engineVersion counts { name number }
    lostByRestore { name number } } } }"""


def an_upgraded_shop(service: Service, token: str) -> str:
    """Return the id of a store with 2.22, in which 4 orders and a nightly backup came since."""
    store_id = a_shop(service, token)
    have_upgraded(service, token, store_id, "2.22")
    add_backups(service, store_id, 2, 3)
    service.sql(
        "UPDATE backups SET made_at = made_at + 3600000000, counts = :counts,"
        " engine_version = '2.22' WHERE store_id = :id AND number = 3 RETURNING number",
        id=key_of(store_id), counts='{"orders":7,"products":1}',
    )  # fmt: skip
    return store_id


def have_upgraded(service: Service, token: str, store_id: str, version: str) -> None:
    """Ask for an upgrade, and record that it has succeeded, as no cluster can do it here."""
    assert upgrade(service, token, store_id, version)["errors"] == []
    put_in(service, store_id, "READY", ("UPGRADE", "SUCCEEDED"))
    service.sql(
        "UPDATE stores SET engine_version = :version, task = NULL, upgrade = NULL,"
        " reason_code = NULL, reason_message = NULL WHERE id = :id RETURNING id",
        version=version, id=key_of(store_id),
    )  # fmt: skip


def key_of(store_id: str) -> str:
    return store_id.removeprefix("store_")


def roll_back(service: Service, token: str, store_id: str, **given: Any) -> dict[str, Any]:
    asked = {"id": store_id, **given}
    payload: dict[str, Any] = service.execute(token, ROLLBACK, input=asked)["rollbackStore"]
    return payload


def way_back(service: Service, token: str, store_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = service.execute(token, WAY_BACK, id=store_id)["store"]["wayBack"]
    return found


def no_way_back(version: str) -> tuple[str, str, str]:
    message = (
        f"There is no backup of the shop from before it got version {version}: it was not upgraded,"
        " or the backup was removed since. See its backups for what can be restored."
    )
    return "NO_WAY_BACK", "id", message


def test_the_way_back_is_the_backup_of_the_upgrade(service: Service, mira: str) -> None:
    store_id = an_upgraded_shop(service, mira)
    found = way_back(service, mira, store_id)
    assert found == {
        "id": f"backup_{key_of(store_id)}_2", "number": 2, "madeAt": MADE_AT, "engine": "medusa",
        "engineVersion": "2.21",
        "counts": [{"name": "orders", "number": 3}, {"name": "products", "number": 2}],
        "lostByRestore": [{"name": "orders", "number": 4}],
    }  # fmt: skip


@pytest.mark.parametrize("given", [{}, ACCEPTED, UNSAVED])
def test_a_shop_that_was_not_upgraded_has_no_way_back(
    service: Service, mira: str, records: Read, given: dict[str, Any]
) -> None:
    store_id = a_shop(service, mira)
    add_backups(service, store_id, 1)
    before = records()
    assert refused(roll_back(service, mira, store_id, **given)) == no_way_back("2.21")
    assert records() == before
    assert way_back(service, mira, store_id) is None
    (refusal,) = entries_of(service, storeId=store_id, action="rollbackStore")
    assert (refusal["outcome"], refusal["code"]) == ("REFUSED", "NO_WAY_BACK")


@pytest.mark.parametrize(
    "gone", ["DELETE FROM backups WHERE", "UPDATE backups SET expired_at = 1 WHERE"]
)
def test_without_its_backup_there_is_no_way_back(
    service: Service, mira: str, records: Read, gone: str
) -> None:
    store_id = an_upgraded_shop(service, mira)
    wanted = " store_id = :id AND number = 2 RETURNING number"
    assert service.sql(gone + wanted, id=key_of(store_id)) == [(2,)]
    before = records()
    assert refused(roll_back(service, mira, store_id, **ACCEPTED)) == no_way_back("2.22")
    assert records() == before
    assert way_back(service, mira, store_id) is None


def test_an_upgrade_that_failed_has_no_way_back(service: Service, mira: str, records: Read) -> None:
    store_id = an_upgraded_shop(service, mira)
    # The shop is as it was already, by the RESTORE that followed.
    put_in(service, store_id, "READY", ("UPGRADE", "FAILED"))
    service.sql(
        "UPDATE stores SET engine_version = '2.21' WHERE id = :id RETURNING id",
        id=key_of(store_id),
    )
    before = records()
    assert refused(roll_back(service, mira, store_id, **ACCEPTED)) == no_way_back("2.21")
    assert records() == before
    assert way_back(service, mira, store_id) is None


@pytest.mark.parametrize(
    ("given", "saved"),
    [
        ({}, SAVED),
        ({"acceptLossSince": "2026-05-28T20:26:41+00:00"}, SAVED),
        ({"acceptLossSince": "2026-05-28T21:26:40+00:00"}, SAVED),  # when the newest was made
        ({"withoutBackup": True}, NOT_SAVED),
    ],
)
def test_what_is_lost_has_to_be_accepted(
    service: Service, mira: str, records: Read, given: dict[str, Any], saved: str
) -> None:
    store_id = an_upgraded_shop(service, mira)
    before = records()
    answer = roll_back(service, mira, store_id, **given)
    assert refused(answer) == ("LOSS_NOT_ACCEPTED", "acceptLossSince", LOST + saved + TO_GO_ON)
    assert records() == before
    assert entries_of(service, storeId=store_id, action="rollbackStore") == [
        entry("mira", "rollbackStore", "REFUSED", code="LOSS_NOT_ACCEPTED", storeId=store_id,
              arguments={"id": store_id, **given}),
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["READY", "DEGRADED"])
def test_the_shop_is_saved_and_brought_back(service: Service, mira: str, status: str) -> None:
    store_id = an_upgraded_shop(service, mira)
    put_in(service, store_id, status, ("UPGRADE", "SUCCEEDED"))

    begun = roll_back(service, mira, store_id, **ACCEPTED)

    arguments = {"id": store_id, **ACCEPTED}
    assert begun == {
        # It keeps its version until it is removed.
        "store": {
            "status": status, "target": "READY", "engineVersion": "2.22", "nextVersion": None,
            "wayBack": {"number": 2, "engineVersion": "2.21"},
        },
        "operation": {
            "number": 3, "kind": "RESTORE", "status": "QUEUED", "askedBy": "mira",
            "isCancellable": False, "parameters": arguments,
            "steps": [{"name": step, "status": "PENDING"} for step in SAVING + REPLACING],
        },
        "errors": [],
    }  # fmt: skip
    assert entries_of(service, storeId=store_id, action="rollbackStore") == [
        entry("mira", "rollbackStore", "ACCEPTED", storeId=store_id, arguments=arguments)
    ]
    assert_restores_backup_2(service, store_id)


@pytest.mark.parametrize("status", ["READY", "DEGRADED", "FAILED"])
def test_or_it_is_not_saved(service: Service, mira: str, status: str) -> None:
    store_id = an_upgraded_shop(service, mira)
    put_in(service, store_id, status, ("UPGRADE", "SUCCEEDED"))
    begun = roll_back(service, mira, store_id, **UNSAVED)
    assert (begun["store"]["status"], begun["errors"]) == ("QUEUED", [])
    operation = begun["operation"]
    assert (operation["kind"], operation["status"]) == ("RESTORE", "QUEUED")
    assert [step["name"] for step in operation["steps"]] == REPLACING
    assert_restores_backup_2(service, store_id)


def assert_restores_backup_2(service: Service, store_id: str) -> None:
    ((restore,),) = service.sql("SELECT restore FROM stores WHERE id = :id", id=key_of(store_id))
    assert '"number":2' in restore
    assert '"engine_version":"2.21"' in restore


@pytest.mark.parametrize(
    ("status", "operation", "given", "message"),
    [
        ("SUSPENDED", "SUSPEND", ACCEPTED,
         "The shop is paused. Resume it first, then restore the backup."),
        ("FAILED", "CREATE", ACCEPTED,
         ("The store is FAILED, so its shop cannot be saved as it is. Retry the store first, or"
         " restore without a backup of the present (`withoutBackup: true`, `storectl restore"
         " --without-backup`): what is in no backup is lost for good then.")),
        ("DELETED", "DELETE", UNSAVED,
         ("The store is DELETED, so no backup can be put in its place. Restore the backup into a"
         " new store instead.")),
    ],
)  # fmt: skip
def test_what_is_not_open_is_not_brought_back(
    service: Service,
    mira: str,
    records: Read,
    status: str,
    operation: str,
    given: dict[str, Any],
    message: str,
) -> None:
    store_id = an_upgraded_shop(service, mira)
    assert ask(service, mira, "restart", store_id)["errors"] == []  # another operation, to be over
    ended = "FAILED" if status == "FAILED" else "SUCCEEDED"
    put_in(service, store_id, status, (operation, ended))
    service.sql("UPDATE stores SET task = NULL WHERE id = :id RETURNING id", id=key_of(store_id))
    before = records()
    answer = refused(roll_back(service, mira, store_id, **given))
    assert answer == ("NOT_READY", "id", message)
    assert records() == before


def test_only_who_has_the_shop_brings_it_back(service: Service, mira: str, records: Read) -> None:
    viewer, stranger = service.token("mira", role="viewer"), service.token("eve")
    forbidden = ("FORBIDDEN", None, "Your role is viewer; ask an admin for the operator role.")
    unknown = ("NOT_FOUND", "id", "There is no such store; it may have another owner.")
    store_id = an_upgraded_shop(service, mira)
    before = records()
    assert refused(roll_back(service, viewer, store_id, **ACCEPTED)) == forbidden
    assert refused(roll_back(service, stranger, store_id, **ACCEPTED)) == unknown
    for wrong in ("", "my-shop", store_id[:-1], f"{store_id}0"):
        assert refused(roll_back(service, mira, wrong, **ACCEPTED)) == unknown
    assert records() == before
    begun = roll_back(service, service.token("boss", role="admin"), store_id, **ACCEPTED)
    assert (begun["errors"], begun["operation"]["askedBy"]) == ([], "boss")


def test_a_version_that_is_not_offered_any_more(service: Service, mira: str, records: Read) -> None:
    store_id = an_upgraded_shop(service, mira)
    service.sql(
        "UPDATE backups SET engine_version = '1.9' WHERE store_id = :id AND number = 2"
        " RETURNING number",
        id=key_of(store_id),
    )
    before = records()
    assert refused(roll_back(service, mira, store_id, **ACCEPTED)) == (
        "VERSION_UNKNOWN", "id",
        ("The backup is of medusa 1.9, which is not offered here. Ask the platform's operator to"
        " add it back to the charts."),
    )  # fmt: skip
    assert records() == before


def test_beside_another_operation_it_is_refused(service: Service, mira: str, records: Read) -> None:
    store_id = an_upgraded_shop(service, mira)
    assert upgrade(service, mira, store_id, "2.23")["errors"] == []
    before = records()
    for given in (ACCEPTED, UNSAVED):
        assert refused(roll_back(service, mira, store_id, **given)) == UPGRADING
    assert records() == before


def test_meanwhile_nothing_is_upgraded_or_cancelled(
    service: Service, mira: str, records: Read
) -> None:
    store_id = an_upgraded_shop(service, mira)
    assert roll_back(service, mira, store_id, **ACCEPTED)["errors"] == []
    before = records()
    words = f"A backup is being restored in place of the shop (RESTORE), {ONLY_ONE}"
    under_way = ("OPERATION_UNDER_WAY", "id", words)
    assert refused(upgrade(service, mira, store_id, "2.23")) == under_way
    assert refused(roll_back(service, mira, store_id, **ACCEPTED)) == under_way
    (error,) = call(service, mira, "cancel", store_id)["errors"]
    assert error["code"] == "NOT_CANCELLABLE"
    assert "this one is having a backup restored." in error["message"]
    assert records() == before


def test_after_two_upgrades_there_are_two_ways_back_one_after_the_other(
    service: Service, mira: str
) -> None:
    store_id = an_upgraded_shop(service, mira)
    assert ask(service, mira, "restart", store_id)["errors"] == []
    put_in(service, store_id, "READY", ("RESTART", "SUCCEEDED"))
    have_upgraded(service, mira, store_id, "2.23")  # operation 4
    add_backups(service, store_id, 4)
    service.sql(
        "UPDATE backups SET engine_version = '2.22' WHERE store_id = :id AND number = 4"
        " RETURNING number",
        id=key_of(store_id),
    )
    for version, number in (("2.23", 4), ("2.22", 2), ("2.21", None)):
        service.sql(
            "UPDATE stores SET engine_version = :version WHERE id = :id RETURNING id",
            version=version, id=key_of(store_id),
        )  # fmt: skip
        found = way_back(service, mira, store_id)
        # That of an upgrade which came later is none, though it is newer.
        assert (found and found["number"]) == number


def test_where_no_backups_are_kept_nothing_is_brought_back(api: Service) -> None:
    """They were kept once."""
    token = api.token("mira")
    store_id = a_store(api, token, "my-shop", engine="medusa")
    add_backups(api, store_id, 1)
    api.sql(
        "UPDATE backups SET engine_version = '1.9' WHERE store_id = :id RETURNING number",
        id=key_of(store_id),
    )
    api.sql(
        "UPDATE operations SET kind = 'UPGRADE' WHERE store_id = :id RETURNING number",
        id=key_of(store_id),
    )
    answer = refused(roll_back(api, token, store_id, **ACCEPTED))
    assert answer[:2] == ("BACKUPS_NOT_SET_UP", None)
