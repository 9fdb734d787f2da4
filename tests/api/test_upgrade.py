"""upgradeStore: of a shop that is open, to a version that follows; else nothing changes."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.api.conftest import BACKUPS, Records, records_of, remove_stores, running_service
from tests.api.test_audit import entries_of, entry
from tests.api.test_backups import MAKE, add_backups
from tests.api.test_restore_in_place import ACCEPTED, UNSAVED, restore
from tests.api.test_retry_and_cancel import call, put_in
from tests.api.test_suspension import (
    CREATING,
    DELETING,
    ONLY_ONE,
    RESUMING,
    a_paused_shop,
    an_open_shop,
    ask,
    refused,
)
from tests.conftest import DATABASES
from tests.e2e.service import ROOT, Service
from tests.postgres import PostgresServer

UPGRADE = """mutation ($input: UpgradeStoreInput!) { upgradeStore(input: $input) {
  store { status target engineVersion nextVersion upgrades { name isDefault whatIsNew } }
  operation { number kind status askedBy isCancellable parameters steps { name status } }
  errors { code field message } } }"""
SHOWN = """query ($id: ID!) { store(id: $id) { status engineVersion nextVersion
  upgrades { name isDefault whatIsNew } operation { kind status }
  events { edges { node { kind subject status message } } } } }"""
HISTORY = """query ($id: ID!) { store(id: $id) { nextVersion
  operations(first: 9) { edges { node { kind status } } } } }"""
STEPS = [
    "PREFLIGHT", "CLOSE", "REPOSITORY", "SAVE", "CHECK", "NAMESPACE", "CREDENTIALS",
    "HELM_INSTALL", "WORKLOADS_READY", "SETUP_JOB", "PROBE", "OPEN", "REACHABLE",
]  # fmt: skip
VERSIONS = [
    {"name": "2.21"},
    {"name": "2.22", "default": True, "follows": ["2.21"], "whatIsNew": "Search is faster."},
    {"name": "2.23", "follows": ["2.21", "2.22"]},
    {"name": "3.0", "follows": ["2.23"], "whatIsNew": "The check-out has one page."},
]
OFFERED = [
    {"name": "2.22", "isDefault": True, "whatIsNew": "Search is faster."},
    {"name": "2.23", "isDefault": False, "whatIsNew": None},
]
"""What a shop of 2.21 can be upgraded to."""
UPGRADING = ("OPERATION_UNDER_WAY", "id", f"The shop is being upgraded (UPGRADE), {ONLY_ONE}")
NOT_CANCELLABLE = {
    "code": "NOT_CANCELLABLE",
    "field": "id",
    "message": "Only a store that is queued or being provisioned can be cancelled; this one is"
    " being upgraded. To remove it, delete it.",
}
SETTINGS_LACK = "The platform is not set up to keep backups."


def successive(charts: Path) -> Path:
    """Return a folder with woocommerce, medusa with versions that follow each other, and ``bare``.

    Of ``bare`` no backups are made.
    """
    for name in ("woocommerce", "medusa", "bare"):
        chart = charts / name
        chart.mkdir(parents=True)
        shipped = ROOT / "charts" / ("medusa" if name == "bare" else name)
        for file in ("Chart.yaml", "values.yaml", "engine.yaml"):
            shutil.copy(shipped / file, chart / file)
    _describe(charts / "medusa", versions=VERSIONS)
    _describe(charts / "bare", name="bare", displayName="Bare", versions=VERSIONS, backup=None)
    return charts


def _describe(chart: Path, **changes: object) -> None:
    file = chart / "engine.yaml"
    described = yaml.safe_load(file.read_text()) | changes
    file.write_text(yaml.safe_dump({k: v for k, v in described.items() if v is not None}))


@pytest.fixture(scope="module", params=DATABASES)
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service that keeps backups, and whose medusa has versions that follow each other."""
    folder: Path = tmp_path_factory.mktemp("upgrade")
    settings = {"STORE_PLATFORM_CHARTS": os.fspath(successive(folder / "charts")), **BACKUPS}
    with ExitStack() as stack:
        if request.param == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres")
            name = stack.enter_context(server.database())
            settings["STORE_PLATFORM_DATABASE_URL"] = server.url(name)
        yield stack.enter_context(running_service(folder, **settings))


@pytest.fixture
def mira(service: Service) -> str:
    """Return the token of a merchant who has nothing."""
    remove_stores(service)
    return service.token("mira")


@pytest.fixture
def records(service: Service) -> Callable[[], Records]:
    return lambda: records_of(service)


Read = Callable[[], Records]


def a_shop(service: Service, token: str, version: str = "2.21", engine: str = "medusa") -> str:
    """Return the id of a store that is READY, of this version."""
    return an_open_shop(service, token, engine=engine, version=version)


def upgrade(service: Service, token: str, store_id: str, version: str | None) -> dict[str, Any]:
    given = {"id": store_id} | ({} if version is None else {"version": version})
    payload: dict[str, Any] = service.execute(token, UPGRADE, input=given)["upgradeStore"]
    return payload


def put_under_way(service: Service, store_id: str, status: str) -> None:
    """Have an upgrade that was asked for as far as the shop being saved, and in this status."""
    put_in(service, store_id, status, ("UPGRADE", "RUNNING"))
    source = (
        '{"store_id":"s","number":2,"snapshot":"c0ffee","url":"u","admin_user":"a","counts":{}}'
    )
    service.sql(
        "UPDATE stores SET task = NULL, reason_code = NULL, reason_message = NULL,"
        " restore = :restore WHERE id = :id RETURNING id",
        restore=f'{{"source":{source},"stage":"PREPARED"}}', id=store_id.removeprefix("store_"),
    )  # fmt: skip


@pytest.mark.parametrize("status", ["READY", "DEGRADED"])
@pytest.mark.parametrize(("asked", "version"), [(None, "2.22"), ("2.22", "2.22"), ("2.23", "2.23")])
def test_a_shop_that_is_open_is_upgraded(
    service: Service, mira: str, status: str, asked: str | None, version: str
) -> None:
    store_id = a_shop(service, mira)
    put_in(service, store_id, status)

    begun = upgrade(service, mira, store_id, asked)

    arguments = {"id": store_id} | ({} if asked is None else {"version": asked})
    parameters = begun["operation"].pop("parameters")
    assert parameters in (arguments, arguments | {"version": version})  # the default is noted too
    assert begun == {
        # It is as it was, and open, until it is known that the version can be had.
        "store": {
            "status": status, "target": "READY", "engineVersion": "2.21", "nextVersion": version,
            "upgrades": OFFERED,
        },
        "operation": {
            "number": 2, "kind": "UPGRADE", "status": "QUEUED", "askedBy": "mira",
            "isCancellable": False,
            "steps": [{"name": step, "status": "PENDING"} for step in STEPS],
        },
        "errors": [],
    }  # fmt: skip
    shown = service.execute(mira, SHOWN, id=store_id)["store"]
    assert (shown["status"], shown["engineVersion"]) == (status, "2.21")
    assert (shown["nextVersion"], shown["upgrades"]) == (version, OFFERED)
    assert shown["operation"] == {"kind": "UPGRADE", "status": "QUEUED"}
    assert shown["events"]["edges"][-1]["node"] == {
        "kind": "TASK", "subject": "UPGRADE", "status": "QUEUED",
        "message": f"mira asked for the shop to be upgraded to {version}.",
    }  # fmt: skip
    assert entries_of(service, storeId=store_id, action="upgradeStore") == [
        entry("mira", "upgradeStore", "ACCEPTED", storeId=store_id, arguments=arguments)
    ]


def only(status: str, more: str = "") -> tuple[str, str, str]:
    message = (
        "Only the shop of a store that is READY or DEGRADED can be upgraded; this one is"
        f" {status}.{more}"
    )
    return "NOT_UPGRADABLE", "id", message


@pytest.mark.parametrize(
    ("status", "operation", "answer"),
    [
        ("QUEUED", ("CREATE", "QUEUED"), CREATING),
        ("PROVISIONING", ("CREATE", "RUNNING"), CREATING),
        ("FAILED", ("CREATE", "FAILED"), only("FAILED", " Retry it first.")),
        ("FAILED", ("DELETE", "RUNNING"), DELETING),
        ("SUSPENDED", ("SUSPEND", "SUCCEEDED"), (
            "NOT_UPGRADABLE", "id", "The shop is paused. Resume it first, then upgrade it.",
        )),
        ("QUEUED", ("RESUME", "QUEUED"), RESUMING),
        ("PROVISIONING", ("RESUME", "RUNNING"), RESUMING),
        ("QUEUED", ("UPGRADE", "RUNNING"), UPGRADING),
        ("UPDATING", ("UPGRADE", "RUNNING"), UPGRADING),
        ("DELETING", ("DELETE", "RUNNING"), DELETING),
        ("DELETED", ("DELETE", "SUCCEEDED"), only("DELETED")),
    ],
)  # fmt: skip
def test_what_is_not_open_is_not_upgraded(
    service: Service,
    mira: str,
    records: Read,
    status: str,
    operation: tuple[str, str],
    answer: tuple[str, str, str],
) -> None:
    store_id = a_shop(service, mira)
    put_in(service, store_id, status, operation)
    before = records()
    assert refused(upgrade(service, mira, store_id, "2.22")) == answer
    assert records() == before
    assert entries_of(service, storeId=store_id, action="upgradeStore") == [
        entry("mira", "upgradeStore", "REFUSED", code=answer[0], storeId=store_id,
              arguments={"id": store_id, "version": "2.22"}),
    ]  # fmt: skip


ON_OFFER = " It can be upgraded to: 2.22, 2.23."
NOTHING = " No version of Medusa that is offered here follows it."


@pytest.mark.parametrize(
    ("present", "asked", "code", "message"),
    [
        ("2.21", "9.9", "VERSION_UNKNOWN",
         "There is no version 9.9 of Medusa. There are: 2.21, 2.22, 2.23, 3.0."),
        ("2.21", "", "VERSION_UNKNOWN",
         "There is no version  of Medusa. There are: 2.21, 2.22, 2.23, 3.0."),
        ("2.21", "2.21", "NOT_UPGRADABLE", "The shop has version 2.21 already." + ON_OFFER),
        ("2.22", None, "NOT_UPGRADABLE",
         "The shop has version 2.22 already. It can be upgraded to: 2.23."),
        ("3.0", "3.0", "NOT_UPGRADABLE", "The shop has version 3.0 already." + NOTHING),
        ("2.21", "3.0", "NOT_UPGRADABLE",
         "A shop of version 2.21 cannot be upgraded to 3.0 directly." + ON_OFFER),
        ("3.0", "2.23", "NOT_UPGRADABLE",
         "A shop of version 3.0 cannot be upgraded to 2.23 directly." + NOTHING),
        ("3.0", None, "NOT_UPGRADABLE",
         "A shop of version 3.0 cannot be upgraded to 2.22 directly." + NOTHING),
    ],
)  # fmt: skip
def test_only_what_follows_can_be_had(
    service: Service,
    mira: str,
    records: Read,
    present: str,
    asked: str | None,
    code: str,
    message: str,
) -> None:
    store_id = a_shop(service, mira, present)
    before = records()
    answer = refused(upgrade(service, mira, store_id, asked))
    assert answer == (code, "version", message)
    assert records() == before


def test_a_version_that_is_offered_no_more_is_upgraded_if_another_follows(
    service: Service, mira: str
) -> None:
    store_id = a_shop(service, mira)
    service.sql(
        "UPDATE stores SET engine_version = '1.9' WHERE id = :id RETURNING id",
        id=store_id.removeprefix("store_"),
    )
    assert service.execute(mira, SHOWN, id=store_id)["store"]["upgrades"] == []
    answer = refused(upgrade(service, mira, store_id, "2.21"))
    assert answer == (
        "NOT_UPGRADABLE", "version",
        "A shop of version 1.9 cannot be upgraded to 2.21 directly." + NOTHING,
    )  # fmt: skip


def test_of_an_engine_that_is_gone_nothing_is_upgraded(
    service: Service, mira: str, records: Read
) -> None:
    store_id = a_shop(service, mira)
    service.sql(
        "UPDATE stores SET engine = 'magento' WHERE id = :id RETURNING id",
        id=store_id.removeprefix("store_"),
    )
    before = records()
    assert refused(upgrade(service, mira, store_id, "2.22")) == (
        "NOT_UPGRADABLE", "id",
        ("The engine magento is no longer offered here. Ask the platform's operator to add it back"
        " to the charts."),
    )  # fmt: skip
    assert records() == before
    assert service.execute(mira, SHOWN, id=store_id)["store"]["upgrades"] == []


def test_of_what_cannot_be_saved_nothing_is_upgraded(
    service: Service, mira: str, records: Read
) -> None:
    store_id = a_shop(service, mira, engine="bare")
    before = records()
    assert refused(upgrade(service, mira, store_id, "2.22")) == (
        "NOT_UPGRADABLE", "id",
        "No backups are made of Bare, and without one there would be no way back from an upgrade.",
    )  # fmt: skip
    assert records() == before
    assert service.execute(mira, SHOWN, id=store_id)["store"]["upgrades"] == []


def test_where_no_backups_are_kept_nothing_is_upgraded(tmp_path: Path) -> None:
    charts = os.fspath(successive(tmp_path / "charts"))
    with running_service(tmp_path, STORE_PLATFORM_CHARTS=charts) as service:
        token = service.token("mira")
        store_id = a_shop(service, token)
        before = records_of(service)
        code, field, message = refused(upgrade(service, token, store_id, "2.22"))
        assert (code, field) == ("BACKUPS_NOT_SET_UP", None)
        assert message.startswith(SETTINGS_LACK)
        assert records_of(service) == before
        assert service.execute(token, SHOWN, id=store_id)["store"]["upgrades"] == []


def test_only_who_has_the_shop_upgrades_it(service: Service, mira: str, records: Read) -> None:
    viewer, stranger = service.token("mira", role="viewer"), service.token("eve")
    forbidden = ("FORBIDDEN", None, "Your role is viewer; ask an admin for the operator role.")
    unknown = ("NOT_FOUND", "id", "There is no such store; it may have another owner.")
    store_id = a_shop(service, mira)
    before = records()
    for version in ("2.22", "9.9"):
        assert refused(upgrade(service, viewer, store_id, version)) == forbidden
        assert refused(upgrade(service, stranger, store_id, version)) == unknown
        for wrong in ("", "my-shop", store_id[:-1], f"{store_id}0"):
            assert refused(upgrade(service, mira, wrong, version)) == unknown
    assert records() == before
    begun = upgrade(service, service.token("boss", role="admin"), store_id, "2.22")
    assert (begun["errors"], begun["operation"]["askedBy"]) == ([], "boss")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("createBackup", "A backup of the store is being made (BACKUP)"),
        ("restoreBackup", "A backup is being restored in place of the shop (RESTORE)"),
        ("suspend", "The shop is being paused (SUSPEND)"),
        ("restart", "The shop is being restarted (RESTART)"),
    ],
)
def test_beside_another_operation_it_is_refused(
    service: Service, mira: str, records: Read, kind: str, words: str
) -> None:
    store_id = a_shop(service, mira)
    add_backups(service, store_id, 1)
    if kind == "createBackup":
        begun = service.execute(mira, MAKE, id=store_id)["createBackup"]
    elif kind == "restoreBackup":
        begun = restore(service, mira, f"backup_{store_id.removeprefix('store_')}_1", **ACCEPTED)
    else:
        begun = ask(service, mira, kind, store_id)
    assert begun["errors"] == []
    before = records()
    answer = refused(upgrade(service, mira, store_id, "2.22"))
    assert answer == ("OPERATION_UNDER_WAY", "id", f"{words}, {ONLY_ONE}")
    assert records() == before


@pytest.mark.parametrize("status", ["READY", "QUEUED", "UPDATING"])
def test_meanwhile_nothing_else_is_done(
    service: Service, mira: str, records: Read, status: str
) -> None:
    store_id = a_shop(service, mira)
    add_backups(service, store_id, 1)
    assert upgrade(service, mira, store_id, "2.22")["errors"] == []
    if status != "READY":
        put_under_way(service, store_id, status)
    before = records()
    for version in ("2.22", "2.23"):
        assert refused(upgrade(service, mira, store_id, version)) == UPGRADING
    for verb in ("suspend", "resume", "restart", "retry"):
        assert refused(ask(service, mira, verb, store_id)) == UPGRADING
    backup = f"backup_{store_id.removeprefix('store_')}_1"
    for given in (ACCEPTED, UNSAVED):
        assert refused(restore(service, mira, backup, **given)) == UPGRADING
    made = MAKE.replace("code field", "code field message")
    assert refused(service.execute(mira, made, id=store_id)["createBackup"]) == UPGRADING
    assert call(service, mira, "cancel", store_id) == {"store": None, "errors": [NOT_CANCELLABLE]}
    assert records() == before


@pytest.mark.parametrize("status", ["READY", "QUEUED", "UPDATING"])
def test_a_delete_takes_the_place_of_an_upgrade(
    service: Service, mira: str, records: Read, status: str
) -> None:
    store_id = a_shop(service, mira)
    assert upgrade(service, mira, store_id, "2.22")["errors"] == []
    if status != "READY":
        put_under_way(service, store_id, status)
    assert call(service, mira, "delete", store_id) == {
        "store": {"status": status, "target": "DELETED"}, "errors": [],
    }  # fmt: skip
    found = service.execute(mira, HISTORY, id=store_id)["store"]
    assert found["nextVersion"] is None
    assert [edge["node"] for edge in found["operations"]["edges"]][:2] == [
        {"kind": "DELETE", "status": "QUEUED"}, {"kind": "UPGRADE", "status": "CANCELLED"},
    ]  # fmt: skip
    before = records()
    assert refused(upgrade(service, mira, store_id, "2.22")) == DELETING
    assert records() == before


def test_shops_that_are_upgraded_are_listed(service: Service, mira: str) -> None:
    store_id = a_shop(service, mira)
    assert upgrade(service, mira, store_id, "2.22")["errors"] == []
    put_under_way(service, store_id, "UPDATING")
    listed = service.execute(
        mira,
        "{ stores(filter: {statuses: [UPDATING]}) { edges { node { id status } } }"
        " platform { runningProvisions storesByStatus { status count } } }",
    )
    assert [edge["node"] for edge in listed["stores"]["edges"]] == [
        {"id": store_id, "status": "UPDATING"}
    ]
    counted = {item["status"]: item["count"] for item in listed["platform"]["storesByStatus"]}
    assert (counted["UPDATING"], listed["platform"]["runningProvisions"]) == (1, 1)


def test_a_paused_shop_has_to_be_resumed_first(service: Service, mira: str, records: Read) -> None:
    store_id = a_paused_shop(service, mira, engine="medusa", version="2.21")
    before = records()
    message = "The shop is paused. Resume it first, then upgrade it."
    answer = refused(upgrade(service, mira, store_id, "2.22"))
    assert answer == ("NOT_UPGRADABLE", "id", message)
    assert records() == before


def test_what_is_new_is_told_of_engines_too(service: Service, mira: str) -> None:
    found = service.execute(mira, "{ engines { name versions { name isDefault whatIsNew } } }")
    versions = {engine["name"]: engine["versions"] for engine in found["engines"]}
    assert versions["medusa"] == [
        {"name": "2.21", "isDefault": False, "whatIsNew": None},
        *OFFERED,
        {"name": "3.0", "isDefault": False, "whatIsNew": "The check-out has one page."},
    ]
