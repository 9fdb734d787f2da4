"""restartStore: only of a shop that is open, with nothing else under way; else nothing changes."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Records, records_of
from tests.api.test_audit import entries_of, entry
from tests.api.test_backups import MAKE, add_backups
from tests.api.test_restore_in_place import ACCEPTED, restore
from tests.api.test_retry_and_cancel import call, put_in
from tests.api.test_suspension import (
    CREATING,
    DELETING,
    ONLY_ONE,
    PAUSING,
    RESUMING,
    SHOWN,
    an_open_shop,
    ask,
    refused,
)
from tests.api.test_suspension import mira as mira  # noqa: PLC0414 - a fixture
from tests.api.test_suspension import service as service  # noqa: PLC0414 - a fixture
from tests.e2e.service import Service

Read = Callable[[], Records]
RESTARTING = ("OPERATION_UNDER_WAY", "id", f"The shop is being restarted (RESTART), {ONLY_ONE}")

both_databases = pytest.mark.both_databases


@both_databases
@pytest.mark.parametrize("status", ["READY", "DEGRADED"])
def test_a_shop_that_is_open_is_restarted(api: Service, status: str) -> None:
    token = api.token("mira")
    store_id = an_open_shop(api, token)
    put_in(api, store_id, status)

    begun = ask(api, token, "restart", store_id)

    assert begun == {
        "store": {"status": status, "target": "READY", "suspendedAt": None},
        "operation": {
            "number": 2, "kind": "RESTART", "status": "QUEUED", "askedBy": "mira",
            "isCancellable": False, "parameters": {"id": store_id},
            "steps": [{"name": "RESTART", "status": "PENDING"}],
        },
        "errors": [],
    }  # fmt: skip
    events = api.execute(token, SHOWN, id=store_id)["store"]["events"]["edges"]
    assert events[-1]["node"] == {
        "kind": "TASK", "subject": "RESTART", "status": "QUEUED",
        "message": "mira asked for the shop to be restarted.",
    }  # fmt: skip
    assert entries_of(api, storeId=store_id, action="restartStore") == [
        entry("mira", "restartStore", "ACCEPTED", storeId=store_id, arguments={"id": store_id})
    ]


def only(status: str, more: str = "") -> tuple[str, str, str]:
    message = (
        "Only the shop of a store that is READY or DEGRADED can be restarted; this one is"
        f" {status}.{more}"
    )
    return "NOT_READY", "id", message


@both_databases
@pytest.mark.parametrize(
    ("status", "operation", "answer"),
    [
        ("QUEUED", ("CREATE", "QUEUED"), CREATING),
        ("PROVISIONING", ("CREATE", "RUNNING"), CREATING),
        ("FAILED", ("CREATE", "FAILED"), only("FAILED", " Retry it instead.")),
        ("FAILED", ("DELETE", "RUNNING"), DELETING),
        ("SUSPENDED", ("SUSPEND", "SUCCEEDED"), (
            "NOT_READY", "id", "The shop is paused, so nothing of it runs. Resume it instead.",
        )),
        ("QUEUED", ("RESUME", "QUEUED"), RESUMING),
        ("PROVISIONING", ("RESUME", "RUNNING"), RESUMING),
        ("DELETING", ("DELETE", "RUNNING"), DELETING),
        ("DELETED", ("DELETE", "SUCCEEDED"), only("DELETED")),
    ],
)  # fmt: skip
def test_what_is_not_open_is_not_restarted(
    api: Service,
    records: Read,
    status: str,
    operation: tuple[str, str],
    answer: tuple[str, str, str],
) -> None:
    token = api.token("mira")
    store_id = an_open_shop(api, token)
    put_in(api, store_id, status, operation)
    before = records()
    assert refused(ask(api, token, "restart", store_id)) == answer
    assert records() == before
    assert entries_of(api, storeId=store_id, action="restartStore") == [
        entry("mira", "restartStore", "REFUSED", code=answer[0], storeId=store_id,
              arguments={"id": store_id}),
    ]  # fmt: skip


@both_databases
def test_a_shop_that_is_being_restarted_is_not_restarted_or_paused(
    api: Service, records: Read
) -> None:
    token = api.token("mira")
    store_id = an_open_shop(api, token)
    assert ask(api, token, "restart", store_id)["errors"] == []
    before = records()
    for verb in ("restart", "suspend", "resume"):
        assert refused(ask(api, token, verb, store_id)) == RESTARTING
    (error,) = call(api, token, "retry", store_id)["errors"]
    assert (error["code"], error["field"], error["message"]) == RESTARTING
    (error,) = call(api, token, "cancel", store_id)["errors"]
    assert (error["code"], error["field"]) == ("NOT_CANCELLABLE", "id")
    assert records() == before


@both_databases
def test_a_shop_that_is_being_paused_is_not_restarted(api: Service, records: Read) -> None:
    token = api.token("mira")
    store_id = an_open_shop(api, token)
    assert ask(api, token, "suspend", store_id)["errors"] == []
    before = records()
    assert refused(ask(api, token, "restart", store_id)) == PAUSING
    assert records() == before


@both_databases
def test_only_who_has_the_shop_restarts_it(api: Service, records: Read) -> None:
    token, boss = api.token("mira"), api.token("boss", role="admin")
    viewer, stranger = api.token("mira", role="viewer"), api.token("eve")
    forbidden = ("FORBIDDEN", None, "Your role is viewer; ask an admin for the operator role.")
    unknown = ("NOT_FOUND", "id", "There is no such store; it may have another owner.")
    store_id = an_open_shop(api, token)
    before = records()
    assert refused(ask(api, viewer, "restart", store_id)) == forbidden
    assert refused(ask(api, stranger, "restart", store_id)) == unknown
    for wrong in ("", "my-shop", store_id[:-1], f"{store_id}0"):
        assert refused(ask(api, token, "restart", wrong)) == unknown
    assert records() == before
    begun = ask(api, boss, "restart", store_id)
    assert (begun["errors"], begun["operation"]["askedBy"]) == ([], "boss")


@both_databases
def test_a_delete_takes_the_place_of_a_restart(api: Service, records: Read) -> None:
    token = api.token("mira")
    store_id = an_open_shop(api, token)
    assert ask(api, token, "restart", store_id)["errors"] == []
    assert call(api, token, "delete", store_id) == {
        "store": {"status": "READY", "target": "DELETED"}, "errors": [],
    }  # fmt: skip
    history = "{ store(id: $id) { operations(first: 9) { edges { node { kind status } } } } }"
    found = api.execute(token, f"query ($id: ID!) {history}", id=store_id)["store"]["operations"]
    assert [edge["node"] for edge in found["edges"]][:2] == [
        {"kind": "DELETE", "status": "QUEUED"}, {"kind": "RESTART", "status": "CANCELLED"},
    ]  # fmt: skip
    # It is READY still, but no shop to restart any more.
    before = records()
    assert refused(ask(api, token, "restart", store_id)) == DELETING
    assert records() == before


@pytest.mark.parametrize("kind", ["createBackup", "restoreBackup"])
def test_beside_a_task_no_shop_is_restarted(service: Service, mira: str, kind: str) -> None:
    store_id = an_open_shop(service, mira, engine="medusa")
    begun: dict[str, Any]
    if kind == "createBackup":
        begun = service.execute(mira, MAKE, id=store_id)["createBackup"]
        words = "A backup of the store is being made (BACKUP)"
    else:
        add_backups(service, store_id, 1)
        backup = f"backup_{store_id.removeprefix('store_')}_1"
        begun = restore(service, mira, backup, **ACCEPTED)
        words = "A backup is being restored in place of the shop (RESTORE)"
    assert begun["errors"] == []
    before = records_of(service)
    answer = refused(ask(service, mira, "restart", store_id))
    assert answer == ("OPERATION_UNDER_WAY", "id", f"{words}, {ONLY_ONE}")
    assert records_of(service) == before


def test_while_it_is_being_restarted_no_backup_is_made_or_restored(
    service: Service, mira: str
) -> None:
    store_id = an_open_shop(service, mira, engine="medusa")
    add_backups(service, store_id, 1)
    assert ask(service, mira, "restart", store_id)["errors"] == []
    before = records_of(service)
    document = MAKE.replace("code field", "code field message")
    assert refused(service.execute(mira, document, id=store_id)["createBackup"]) == RESTARTING
    backup = f"backup_{store_id.removeprefix('store_')}_1"
    assert refused(restore(service, mira, backup, **ACCEPTED)) == RESTARTING
    assert records_of(service) == before
