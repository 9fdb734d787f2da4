"""suspendStore and resumeStore: only where they mean something; refused, they change nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import BACKUPS, Records, records_of, remove_stores, running_service
from tests.api.test_audit import entries_of, entry
from tests.api.test_backups import MAKE, add_backups
from tests.api.test_lists import read_all
from tests.api.test_restore_in_place import ACCEPTED, UNSAVED, restore
from tests.api.test_retry_and_cancel import call, put_in
from tests.e2e.service import Service

Read = Callable[[], Records]
CALL = """mutation ($input: %sStoreInput!) { %sStore(input: $input) {
  store { status target suspendedAt } operation { number kind status askedBy isCancellable
    parameters steps { name status } } errors { code field message } } }"""
SHOWN = """query ($id: ID!) { store(id: $id) { status suspendedAt operation { kind status }
  events { edges { node { kind subject status message } } } } }"""
PAUSED_AT = "2020-01-26T00:53:20+00:00"
PROVISIONED = [
    "NAMESPACE", "CREDENTIALS", "HELM_INSTALL", "WORKLOADS_READY", "SETUP_JOB", "OPEN", "REACHABLE",
]  # fmt: skip
ONLY_ONE = "and only one operation can be under way. Wait until that has ended, then ask again."
PAUSING = ("OPERATION_UNDER_WAY", "id", f"The shop is being paused (SUSPEND), {ONLY_ONE}")
RESUMING = ("OPERATION_UNDER_WAY", "id", f"The shop is being opened again (RESUME), {ONLY_ONE}")
CREATING = ("OPERATION_UNDER_WAY", "id", f"The store is being created (CREATE), {ONLY_ONE}")
DELETING = (
    "OPERATION_UNDER_WAY", "id",
    ("The store is being deleted (DELETE), and only one operation can be under way. A deletion is"
     " never taken back; create another store instead."),
)  # fmt: skip

both_databases = pytest.mark.both_databases


def ask(service: Service, token: str, verb: str, store_id: str) -> dict[str, Any]:
    document = CALL % (verb.capitalize(), verb)
    payload: dict[str, Any] = service.execute(token, document, input={"id": store_id})
    return dict(payload[f"{verb}Store"])


def refused(payload: dict[str, Any]) -> tuple[str, str | None, str]:
    assert (payload["store"], payload["operation"]) == (None, None)
    (error,) = payload["errors"]
    return error["code"], error["field"], error["message"]


def an_open_shop(service: Service, token: str, name: str = "my-shop", **more: object) -> str:
    """Return the id of a store that is READY, for whose cluster nothing answers."""
    store_id: str = service.create(token, name, **more)["store"]["id"]
    put_in(service, store_id, "READY")
    service.sql(
        "UPDATE stores SET ready_at = created_at, reason_code = NULL, reason_message = NULL"
        " WHERE id = :id RETURNING id",
        id=store_id.removeprefix("store_"),
    )
    return store_id


def a_paused_shop(service: Service, token: str, name: str = "my-shop", **more: object) -> str:
    """Return the id of a store that is SUSPENDED."""
    store_id = an_open_shop(service, token, name, **more)
    assert ask(service, token, "suspend", store_id)["errors"] == []
    pause(service, store_id)
    return store_id


def pause(service: Service, store_id: str) -> None:
    """Record that a shop is stopped which was asked to be paused, as no cluster can do it here."""
    put_in(service, store_id, "SUSPENDED", ("SUSPEND", "SUCCEEDED"))
    service.sql(
        "UPDATE stores SET suspended_at = 1580000000000000, task = NULL, reason_code = NULL,"
        " reason_message = NULL WHERE id = :id RETURNING id",
        id=store_id.removeprefix("store_"),
    )


@both_databases
@pytest.mark.parametrize("status", ["READY", "DEGRADED"])
def test_a_shop_that_is_open_is_paused(api: Service, status: str) -> None:
    token = api.token("mira")
    store_id = an_open_shop(api, token)
    put_in(api, store_id, status)

    begun = ask(api, token, "suspend", store_id)

    assert begun == {
        "store": {"status": status, "target": "READY", "suspendedAt": None},
        "operation": {
            "number": 2, "kind": "SUSPEND", "status": "QUEUED", "askedBy": "mira",
            "isCancellable": False, "parameters": {"id": store_id},
            "steps": [{"name": "STOP", "status": "PENDING"}],
        },
        "errors": [],
    }  # fmt: skip
    events = api.execute(token, SHOWN, id=store_id)["store"]["events"]["edges"]
    assert events[-1]["node"] == {
        "kind": "TASK", "subject": "SUSPEND", "status": "QUEUED",
        "message": "mira asked for the shop to be paused.",
    }  # fmt: skip
    assert entries_of(api, storeId=store_id, action="suspendStore") == [
        entry("mira", "suspendStore", "ACCEPTED", storeId=store_id, arguments={"id": store_id})
    ]


@both_databases
def test_a_paused_shop_is_opened_again(api: Service) -> None:
    token = api.token("mira")
    store_id = a_paused_shop(api, token)
    shown = api.execute(token, SHOWN, id=store_id)["store"]
    assert (shown["status"], shown["suspendedAt"]) == ("SUSPENDED", PAUSED_AT)

    begun = ask(api, token, "resume", store_id)

    assert begun == {
        # Since when it is paused is known until it is open.
        "store": {"status": "QUEUED", "target": "READY", "suspendedAt": PAUSED_AT},
        "operation": {
            "number": 3, "kind": "RESUME", "status": "QUEUED", "askedBy": "mira",
            "isCancellable": False, "parameters": {"id": store_id},
            "steps": [{"name": step, "status": "PENDING"} for step in PROVISIONED],
        },
        "errors": [],
    }  # fmt: skip
    events = api.execute(token, SHOWN, id=store_id)["store"]["events"]["edges"]
    assert events[-1]["node"] == {
        "kind": "STATUS", "subject": "store", "status": "QUEUED",
        "message": "mira asked for the shop to be opened again.",
    }  # fmt: skip
    assert entries_of(api, storeId=store_id, action="resumeStore") == [
        entry("mira", "resumeStore", "ACCEPTED", storeId=store_id, arguments={"id": store_id})
    ]


def only(status: str) -> tuple[str, str, str]:
    message = f"Only a store that is READY or DEGRADED can be paused; this one is {status}."
    return "NOT_SUSPENDABLE", "id", message + (" Retry it first." if status == "FAILED" else "")


@both_databases
@pytest.mark.parametrize(
    ("status", "operation", "answer"),
    [
        ("QUEUED", ("CREATE", "QUEUED"), CREATING),
        ("PROVISIONING", ("CREATE", "RUNNING"), CREATING),
        ("FAILED", ("CREATE", "FAILED"), only("FAILED")),
        ("FAILED", ("DELETE", "RUNNING"), DELETING),
        ("SUSPENDED", ("SUSPEND", "SUCCEEDED"), (
            "NOT_SUSPENDABLE", "id", "The shop is paused already.",
        )),
        ("QUEUED", ("RESUME", "QUEUED"), RESUMING),
        ("PROVISIONING", ("RESUME", "RUNNING"), RESUMING),
        ("DELETING", ("DELETE", "RUNNING"), DELETING),
        ("DELETED", ("DELETE", "SUCCEEDED"), only("DELETED")),
    ],
)  # fmt: skip
def test_what_is_not_open_is_not_paused(
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
    assert refused(ask(api, token, "suspend", store_id)) == answer
    assert records() == before
    assert entries_of(api, storeId=store_id, action="suspendStore") == [
        entry("mira", "suspendStore", "REFUSED", code=answer[0], storeId=store_id,
              arguments={"id": store_id}),
    ]  # fmt: skip


@both_databases
@pytest.mark.parametrize(
    ("status", "operation", "answer"),
    [
        ("QUEUED", ("CREATE", "QUEUED"), CREATING),
        ("READY", ("CREATE", "SUCCEEDED"), None),
        ("DEGRADED", ("CREATE", "SUCCEEDED"), None),
        ("FAILED", ("RESUME", "FAILED"), None),
        ("QUEUED", ("RESUME", "QUEUED"), RESUMING),
        ("DELETING", ("DELETE", "RUNNING"), DELETING),
        ("DELETED", ("DELETE", "SUCCEEDED"), None),
    ],
)
def test_what_is_not_paused_is_not_opened_again(
    api: Service,
    records: Read,
    status: str,
    operation: tuple[str, str],
    answer: tuple[str, str, str] | None,
) -> None:
    token = api.token("mira")
    store_id = an_open_shop(api, token)
    put_in(api, store_id, status, operation)
    message = f"Only a paused store can be opened again; this one is {status}."
    answer = answer or ("NOT_SUSPENDED", "id", message)
    before = records()
    assert refused(ask(api, token, "resume", store_id)) == answer
    assert records() == before
    assert entries_of(api, storeId=store_id, action="resumeStore") == [
        entry("mira", "resumeStore", "REFUSED", code=answer[0], storeId=store_id,
              arguments={"id": store_id}),
    ]  # fmt: skip


@both_databases
def test_each_is_asked_for_once(api: Service, records: Read) -> None:
    token = api.token("mira")
    store_id = an_open_shop(api, token)
    assert ask(api, token, "suspend", store_id)["errors"] == []
    before = records()
    for verb in ("suspend", "resume"):
        assert refused(ask(api, token, verb, store_id)) == PAUSING
    assert records() == before

    pause(api, store_id)
    assert ask(api, token, "resume", store_id)["errors"] == []
    before = records()
    for verb in ("suspend", "resume"):
        assert refused(ask(api, token, verb, store_id)) == RESUMING
    assert records() == before


@both_databases
def test_only_who_has_the_shop_pauses_and_opens_it(api: Service, records: Read) -> None:
    token, boss = api.token("mira"), api.token("boss", role="admin")
    viewer, stranger = api.token("mira", role="viewer"), api.token("eve")
    forbidden = ("FORBIDDEN", None, "Your role is viewer; ask an admin for the operator role.")
    store_id = an_open_shop(api, token)
    for verb in ("suspend", "resume"):
        before = records()
        assert refused(ask(api, viewer, verb, store_id)) == forbidden
        unknown = ("NOT_FOUND", "id", "There is no such store; it may have another owner.")
        assert refused(ask(api, stranger, verb, store_id)) == unknown
        for wrong in ("", "my-shop", store_id[:-1], f"{store_id}0"):
            assert refused(ask(api, token, verb, wrong)) == unknown
        assert records() == before
        begun = ask(api, boss, verb, store_id)
        assert (begun["errors"], begun["operation"]["askedBy"]) == ([], "boss")
        if verb == "suspend":
            pause(api, store_id)


@both_databases
def test_a_paused_shop_is_neither_cancelled_nor_retried(api: Service, records: Read) -> None:
    token = api.token("mira")
    store_id = a_paused_shop(api, token)
    before = records()
    (error,) = call(api, token, "cancel", store_id)["errors"]
    assert error == {
        "code": "NOT_CANCELLABLE", "field": "id",
        "message": "Only a store that is queued or being provisioned can be cancelled; this one is"
        " SUSPENDED. To remove it, delete it.",
    }  # fmt: skip
    (error,) = call(api, token, "retry", store_id)["errors"]
    assert error == {
        "code": "NOT_RETRYABLE", "field": "id",
        "message": "Only a failed store can be retried; this one is SUSPENDED.",
    }  # fmt: skip
    assert records() == before


@both_databases
@pytest.mark.parametrize("status", ["QUEUED", "PROVISIONING"])
def test_opening_it_again_is_not_cancelled(api: Service, records: Read, status: str) -> None:
    """It would be deleted, with all that is in it."""
    token = api.token("mira")
    store_id = a_paused_shop(api, token)
    assert ask(api, token, "resume", store_id)["errors"] == []
    put_in(api, store_id, status, ("RESUME", "RUNNING"))
    before = records()
    (error,) = call(api, token, "cancel", store_id)["errors"]
    assert error == {
        "code": "NOT_CANCELLABLE", "field": "id",
        "message": "The shop of this store was open before, and a cancel would remove all that is"
        " in it. To remove it all the same, delete it.",
    }  # fmt: skip
    assert records() == before


@both_databases
def test_opening_it_again_is_tried_again_as_that(api: Service) -> None:
    token = api.token("mira")
    store_id = a_paused_shop(api, token)
    assert ask(api, token, "resume", store_id)["errors"] == []
    put_in(api, store_id, "FAILED", ("RESUME", "FAILED"))

    tried = ask(api, token, "retry", store_id)

    assert tried["store"] == {"status": "QUEUED", "target": "READY", "suspendedAt": PAUSED_AT}
    operation = tried["operation"]
    assert (operation["number"], operation["kind"]) == (4, "RETRY")
    assert [step["name"] for step in operation["steps"]] == PROVISIONED


@both_databases
def test_a_paused_shop_is_deleted(api: Service, records: Read) -> None:
    token = api.token("mira")
    store_id = a_paused_shop(api, token)
    assert call(api, token, "delete", store_id) == {
        "store": {"status": "SUSPENDED", "target": "DELETED"}, "errors": [],
    }  # fmt: skip
    before = records()
    for verb in ("suspend", "resume"):
        assert refused(ask(api, token, verb, store_id)) == DELETING
    assert records() == before


@both_databases
def test_a_delete_takes_the_place_of_pausing_it(api: Service) -> None:
    token = api.token("mira")
    store_id = an_open_shop(api, token)
    assert ask(api, token, "suspend", store_id)["errors"] == []
    assert call(api, token, "delete", store_id) == {
        "store": {"status": "READY", "target": "DELETED"}, "errors": [],
    }  # fmt: skip
    history = "{ store(id: $id) { operations(first: 9) { edges { node { kind status } } } } }"
    found = api.execute(token, f"query ($id: ID!) {history}", id=store_id)["store"]["operations"]
    assert [edge["node"] for edge in found["edges"]][:2] == [
        {"kind": "DELETE", "status": "QUEUED"}, {"kind": "SUSPEND", "status": "CANCELLED"},
    ]  # fmt: skip


@both_databases
def test_paused_shops_are_listed(api: Service) -> None:
    token = api.token("mira")
    a_paused_shop(api, token, "paused-shop")
    an_open_shop(api, token, "open-shop")
    assert read_all(api, token, 9) == ["open-shop", "paused-shop"]
    assert read_all(api, token, 9, filter={"statuses": ["SUSPENDED"]}) == ["paused-shop"]
    assert read_all(api, token, 9, filter={"statuses": ["READY"]}) == ["open-shop"]
    counted = api.execute(token, "{ platform { storesByStatus { status count } } }")["platform"]
    numbers = {item["status"]: item["count"] for item in counted["storesByStatus"]}
    assert (numbers["SUSPENDED"], numbers["READY"]) == (1, 1)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that keeps backups."""
    folder: Path = tmp_path_factory.mktemp("suspension")
    with running_service(folder, **BACKUPS) as made:
        yield made


@pytest.fixture
def mira(service: Service) -> str:
    """Return the token of a merchant who has nothing."""
    remove_stores(service)
    return service.token("mira")


def test_of_a_paused_shop_no_backup_is_made(service: Service, mira: str) -> None:
    store_id = a_paused_shop(service, mira, engine="medusa")
    document, before = MAKE.replace("code field", "code field message"), records_of(service)
    made = service.execute(mira, document, id=store_id)["createBackup"]
    assert refused(made) == (
        "NOT_READY",
        "id",
        "The shop is paused, so nothing of it has changed since. Resume it to have a backup made.",
    )
    assert records_of(service) == before


@pytest.mark.parametrize("given", [ACCEPTED, UNSAVED], ids=["saved", "unsaved"])
def test_no_backup_takes_the_place_of_a_paused_shop(
    service: Service, mira: str, given: dict[str, Any]
) -> None:
    store_id = a_paused_shop(service, mira, engine="medusa")
    add_backups(service, store_id, 1)
    before = records_of(service)
    answer = restore(service, mira, f"backup_{store_id.removeprefix('store_')}_1", **given)
    message = "The shop is paused. Resume it first, then restore the backup."
    assert refused(answer) == ("NOT_READY", "id", message)
    assert records_of(service) == before


def test_its_backups_are_of_use_meanwhile(service: Service, mira: str) -> None:
    store_id = a_paused_shop(service, mira, engine="medusa")
    add_backups(service, store_id, 1)
    backup = f"backup_{store_id.removeprefix('store_')}_1"
    for field in ("pinBackup", "verifyBackup"):
        document = f"mutation ($id: ID!) {{ {field}(input: {{id: $id}}) {{ errors {{ code }} }} }}"
        assert service.execute(mira, document, id=backup)[field] == {"errors": []}
    made = service.execute(
        mira,
        "mutation ($input: CreateStoreInput!) { createStore(input: $input) {"
        " store { name } errors { code } } }",
        input={"name": "my-second-shop", "fromBackup": backup},
    )["createStore"]
    assert made == {"store": {"name": "my-second-shop"}, "errors": []}


@pytest.mark.parametrize("kind", ["createBackup", "restoreBackup"])
def test_beside_a_task_no_shop_is_paused(service: Service, mira: str, kind: str) -> None:
    store_id = an_open_shop(service, mira, engine="medusa")
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
    answer = refused(ask(service, mira, "suspend", store_id))
    assert answer == ("OPERATION_UNDER_WAY", "id", f"{words}, {ONLY_ONE}")
    assert records_of(service) == before


def test_while_it_is_being_paused_nothing_else_is_done(service: Service, mira: str) -> None:
    store_id = an_open_shop(service, mira, engine="medusa")
    add_backups(service, store_id, 1)
    assert ask(service, mira, "suspend", store_id)["errors"] == []
    before = records_of(service)
    document = MAKE.replace("code field", "code field message")
    assert refused(service.execute(mira, document, id=store_id)["createBackup"]) == PAUSING
    backup = f"backup_{store_id.removeprefix('store_')}_1"
    assert refused(restore(service, mira, backup, **ACCEPTED)) == PAUSING
    (error,) = call(service, mira, "retry", store_id)["errors"]
    assert (error["code"], error["field"], error["message"]) == PAUSING
    (error,) = call(service, mira, "cancel", store_id)["errors"]
    assert (error["code"], error["field"]) == ("NOT_CANCELLABLE", "id")
    assert records_of(service) == before
