"""Upgrades of many shops, in the API: planned, begun, stopped and resumed, by admins alone."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from gql.transport.exceptions import TransportQueryError

from tests.api.conftest import records_of, remove_stores
from tests.api.rolled_out import (
    FAILURE,
    NODE,
    become,
    change,
    counted,
    end_turn,
    refusals,
    start,
    upgrade_stores,
)
from tests.api.test_audit import entries_of, entry
from tests.api.test_backups import a_store
from tests.conftest import DATABASES
from tests.e2e.service import Service
from tests.engine_versions import FORMER, NEWER, NEWEST

PAGE = """query ($first: Int! = 20, $after: String) { rollouts(first: $first, after: $after) {
  pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node { id } } } }"""
SHOPS = """query ($id: ID!, $first: Int! = 20, $after: String) { node(id: $id) { ... on Rollout {
  stores(first: $first, after: $after) { pageInfo { hasNextPage endCursor }
    edges { node { storeName status message } } } } } }"""
TERMS = {"canaries": 1, "parallel": 2, "stopAfterFailures": 1}
ASKED = {"engine": "woocommerce", "version": NEWER, **TERMS, "retriesFailed": False}
ONLY_ADMINS = "Only admins upgrade the shops of many stores."
NOT_NOW = (
    "Only the shop of a store that is READY or DEGRADED can be upgraded; this one is FAILED. Retry"
    " it first."
)
NOT_DIRECTLY = (
    f"A shop of version {FORMER} cannot be upgraded to {NEWEST} directly. It can be upgraded to:"
    f" {NEWER}, 7.2-bad."
)
ALREADY = f"The shop has version {NEWER} already. It can be upgraded to: 7.2-bad, {NEWEST}."


@pytest.fixture(scope="module", params=DATABASES)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with ExitStack() as stack:
        yield start(stack, request, tmp_path_factory.mktemp("rollouts"), request.param)


@pytest.fixture
def service(running: Service) -> Service:
    remove_stores(running)
    running.sql("DELETE FROM audit RETURNING id")
    return running


@pytest.fixture
def chris(service: Service) -> str:
    """Return the token of an admin."""
    return service.token("chris", "admin")


@pytest.fixture
def shops(service: Service) -> list[str]:
    """Return the ids of mira's five shops: three open ones, one that has failed, a newer one."""
    token = service.token("mira")
    made = [a_store(service, token, f"shop-{number}") for number in range(3)]
    made.append(a_store(service, token, "shop-3", status="FAILED"))
    made.append(a_store(service, token, "shop-4"))
    service.sql(
        "UPDATE stores SET engine_version = :version WHERE name = 'shop-4' RETURNING id",
        version=NEWER,
    )
    return made


def turn(store_id: str, name: str, status: str = "PENDING", **more: object) -> dict[str, Any]:
    return {
        "storeId": store_id, "storeName": name, "formerVersion": FORMER, "status": status,
        "message": None, "operationId": None, **more,
    }  # fmt: skip


def admins_entry(action: str, outcome: str, **more: Any) -> dict[str, Any]:
    return entry("chris", action, outcome, role="ADMIN", **more)


def test_a_plan_says_who_would_be_upgraded_and_changes_nothing(
    service: Service, chris: str, shops: list[str]
) -> None:
    before = records_of(service)

    planned = upgrade_stores(service, chris, dryRun=True)

    assert planned == {
        "rollout": None,
        "plan": {
            "counts": counted(PENDING=3, SKIPPED=2),
            "stores": [
                *(turn(shops[number], f"shop-{number}") for number in range(3)),
                turn(shops[3], "shop-3", "SKIPPED", message=NOT_NOW),
                turn(shops[4], "shop-4", "SKIPPED", message=ALREADY, formerVersion=NEWER),
            ],
        },
        "errors": [],
    }
    assert records_of(service) == before
    assert entries_of(service, action="upgradeStores") == [
        admins_entry("upgradeStores", "ACCEPTED", arguments=ASKED | {"dryRun": True})
    ]


def test_filters_choose_the_shops(service: Service, chris: str, shops: list[str]) -> None:
    other = a_store(service, service.token("rival"), "shop-0-too")
    for given, names in (
        ({"nameContains": "SHOP-0"}, ["shop-0", "shop-0-too"]),
        ({"ownerContains": "riv"}, ["shop-0-too"]),
        ({"nameContains": "shop-0", "ownerContains": "mira"}, ["shop-0"]),
        ({"nameContains": "%"}, []),
    ):
        plan = upgrade_stores(service, chris, dryRun=True, **given)["plan"]
        assert [item["storeName"] for item in plan["stores"]] == names
    begun = upgrade_stores(service, chris, ownerContains="riv")["rollout"]
    assert [edge["node"]["storeId"] for edge in begun["stores"]["edges"]] == [other]
    assert len(shops) == 5


def test_a_rollout_begins(service: Service, chris: str, shops: list[str]) -> None:
    begun = upgrade_stores(service, chris, nameContains="shop", canaries=2, stopAfterFailures=3)

    rollout_id = begun["rollout"].pop("id")
    shown = {
        "engine": "woocommerce", "version": NEWER, "canaries": 2, "parallel": 2,
        "stopAfterFailures": 3, "status": "RUNNING", "reason": None, "askedBy": "chris",
        "endedAt": None, "counts": counted(PENDING=3),
        "stores": {
            "pageInfo": {"hasNextPage": True},
            "edges": [{"node": turn(shops[n], f"shop-{n}")} for n in range(2)],
        },
    }  # fmt: skip
    assert begun == {"rollout": shown, "plan": None, "errors": []}
    assert service.execute(chris, NODE, id=rollout_id)["node"] == {"id": rollout_id, **shown}
    more = {"nameContains": "shop", "canaries": 2, "stopAfterFailures": 3, "dryRun": False}
    assert entries_of(service, action="upgradeStores") == [
        admins_entry("upgradeStores", "ACCEPTED", arguments=ASKED | more)
    ]


def test_the_turns_of_its_shops(service: Service, chris: str, shops: list[str]) -> None:
    rollout_id = upgrade_stores(service, chris)["rollout"]["id"]
    end_turn(service, rollout_id, 1, "SUCCEEDED")
    end_turn(service, rollout_id, 2, "FAILED")

    found = service.execute(chris, NODE, id=rollout_id)["node"]

    keys = [store_id.removeprefix("store_") for store_id in shops]
    assert found["counts"] == counted(PENDING=1, SUCCEEDED=1, FAILED=1)
    assert [edge["node"] for edge in found["stores"]["edges"]] == [
        turn(shops[0], "shop-0", "SUCCEEDED", operationId=f"operation_{keys[0]}_1"),
        turn(shops[1], "shop-1", "FAILED", operationId=f"operation_{keys[1]}_1", message=FAILURE),
    ]
    service.sql("DELETE FROM backups RETURNING number")
    service.sql_each(
        *(f"DELETE FROM {table} RETURNING 1 AS one" for table in ("events", "steps", "operations")),  # noqa: S608
    )
    # The records of deleted stores are removed after a time.
    gone = service.execute(chris, SHOPS, id=rollout_id, first=1)["node"]["stores"]["edges"]
    message = "The store is deleted, and its record was removed."
    assert [edge["node"] for edge in gone] == [
        {"storeName": "shop-0", "status": "SKIPPED", "message": message}
    ]


def test_the_operation_of_a_turn_names_its_rollout(
    service: Service, chris: str, shops: list[str]
) -> None:
    key = shops[0].removeprefix("store_")
    service.sql(
        "UPDATE operations SET parameters = :parameters WHERE store_id = :id RETURNING number",
        id=key, parameters='{"rollout":"0a","version":"7.2"}',
    )  # fmt: skip
    document = "query ($id: ID!) { store(id: $id) { operation { parameters } } }"
    found = service.execute(chris, document, id=shops[0])["store"]["operation"]
    assert found == {"parameters": {"rollout": "rollout_0a", "version": "7.2"}}


def test_what_has_failed_before_is_upgraded_if_that_is_asked_for(
    service: Service, chris: str, shops: list[str]
) -> None:
    service.sql(
        "UPDATE operations SET kind = 'UPGRADE', status = 'FAILED', reason_code = 'OTHER',"
        " reason_message = :why, parameters = :parameters WHERE store_id = :id RETURNING number",
        id=shops[1].removeprefix("store_"), why=FAILURE,
        parameters=f'{{"version":"{NEWER}"}}',
    )  # fmt: skip

    planned = upgrade_stores(service, chris, dryRun=True)["plan"]

    message = (
        f"Its upgrade to {NEWER} has failed before: {FAILURE} Upgrade it alone, or pass"
        " `retriesFailed: true`."
    )
    assert planned["counts"] == counted(PENDING=2, SKIPPED=3)
    assert planned["stores"][2] == turn(shops[1], "shop-1", "SKIPPED", message=message)
    begun = upgrade_stores(service, chris, retriesFailed=True)["rollout"]
    assert begun["counts"] == counted(PENDING=3)


def test_it_is_stopped_and_resumed(service: Service, chris: str, shops: list[str]) -> None:
    rollout_id = upgrade_stores(service, chris)["rollout"]["id"]
    for verb, shown in (
        ("stop", {"status": "STOPPED", "reason": "chris stopped it."}),
        ("resume", {"status": "RUNNING", "reason": None}),
    ):
        changed = change(service, chris, verb, rollout_id)
        ended_at = changed["rollout"].pop("endedAt")
        assert changed == {"rollout": {"id": rollout_id, **shown}, "errors": []}
        assert (ended_at is None) is (verb == "resume")
        action = f"{verb}Rollout"
        assert entries_of(service, action=action) == [
            admins_entry(action, "ACCEPTED", arguments={"id": rollout_id})
        ]
    assert len(shops) == 5


def test_what_has_failed_does_not_stop_it_again(
    service: Service, chris: str, shops: list[str]
) -> None:
    rollout_id = upgrade_stores(service, chris, canaries=1)["rollout"]["id"]
    end_turn(service, rollout_id, 1, "FAILED")
    become(service, rollout_id, "STOPPED", "A canary has failed.")
    stopped = service.execute(chris, NODE, id=rollout_id)["node"]
    assert (stopped["status"], stopped["reason"]) == ("STOPPED", "A canary has failed.")
    assert stopped["endedAt"] == "2026-05-28T20:26:40+00:00"

    assert change(service, chris, "resume", rollout_id)["errors"] == []

    accepted = service.sql("SELECT store_id, accepted FROM rollout_stores ORDER BY position")
    keys = [store_id.removeprefix("store_") for store_id in shops]
    assert accepted == [(keys[0], 1), (keys[1], 0), (keys[2], 0)]


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"canaries": -1}, ("ROLLOUT_INVALID", "canaries",
                            "`canaries` is a number from 0 to 100, and not -1.")),
        ({"canaries": 101}, ("ROLLOUT_INVALID", "canaries",
                             "`canaries` is a number from 0 to 100, and not 101.")),
        ({"parallel": 0}, ("ROLLOUT_INVALID", "parallel",
                           "`parallel` is a number from 1 to 50, and not 0.")),
        ({"parallel": 51}, ("ROLLOUT_INVALID", "parallel",
                            "`parallel` is a number from 1 to 50, and not 51.")),
        ({"stopAfterFailures": 0}, (
            "ROLLOUT_INVALID", "stopAfterFailures",
            "`stopAfterFailures` is a number from 1 to 1000, and not 0.")),
        ({"stopAfterFailures": 1001}, (
            "ROLLOUT_INVALID", "stopAfterFailures",
            "`stopAfterFailures` is a number from 1 to 1000, and not 1001.")),
        ({"engine": "shopify"}, ("ENGINE_UNKNOWN", "engine",
                                 "There is no engine shopify. There are: woocommerce.")),
        ({"version": "9"}, (
            "VERSION_UNKNOWN", "version",
            "There is no version 9 of WooCommerce. There are: 7.1, 7.2, 7.2-bad, 7.3.")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_dry", [True, False])
@pytest.mark.usefixtures("shops")
def test_what_cannot_be_is_refused(
    service: Service,
    chris: str,
    given: dict[str, Any],
    refused: tuple[str, str, str],
    is_dry: bool,  # noqa: FBT001
) -> None:
    before = records_of(service)
    assert refusals(upgrade_stores(service, chris, dryRun=is_dry, **given)) == [refused]
    assert records_of(service) == before
    asked = ASKED | {"dryRun": is_dry} | given
    assert entries_of(service, action="upgradeStores") == [
        admins_entry("upgradeStores", "REFUSED", code=refused[0], arguments=asked)
    ]


@pytest.mark.usefixtures("shops")
def test_all_that_is_wrong_is_said_at_once(service: Service, chris: str) -> None:
    wrong = refusals(upgrade_stores(service, chris, canaries=-1, parallel=0, stopAfterFailures=0))
    assert [field for _, field, _ in wrong] == ["canaries", "parallel", "stopAfterFailures"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"version": NEWEST, "nameContains": "shop-0"}, f" shop-0: {NOT_DIRECTLY}"),
        ({"nameContains": "shop-3"}, f" shop-3: {NOT_NOW}"),
        ({"nameContains": "shop-4"}, f" shop-4: {ALREADY}"),
        ({"nameContains": "nothing"}, " No store is chosen by these filters."),
    ],
)
@pytest.mark.usefixtures("shops")
def test_where_nothing_can_be_upgraded_nothing_begins(
    service: Service, chris: str, given: dict[str, str], why: str
) -> None:
    before = records_of(service)
    message = f"No shop of woocommerce can be upgraded to {given.get('version', NEWER)}.{why}"
    assert refusals(upgrade_stores(service, chris, **given)) == [
        ("NOTHING_TO_UPGRADE", None, message)
    ]
    assert records_of(service) == before
    # A plan says the same, of each shop.
    assert upgrade_stores(service, chris, dryRun=True, **given)["errors"] == []


def test_without_backups_there_is_no_way_back(api: Service) -> None:
    before = records_of(api)
    chris = api.token("chris", "admin")
    for is_dry in (True, False):
        payload = upgrade_stores(api, chris, version="7.1", dryRun=is_dry)
        ((code, field, _),) = refusals(payload)
        assert (code, field) == ("BACKUPS_NOT_SET_UP", None)
    assert records_of(api) == before


@pytest.mark.usefixtures("shops")
def test_only_what_runs_is_stopped_and_only_what_is_stopped_is_resumed(
    service: Service, chris: str
) -> None:
    rollout_id = upgrade_stores(service, chris)["rollout"]["id"]
    for status, verb, code, message in (
        ("RUNNING", "resume", "ROLLOUT_NOT_STOPPED",
         "Only a rollout that is STOPPED can be resumed; this one is RUNNING."),
        ("STOPPED", "stop", "ROLLOUT_NOT_RUNNING", "The rollout is STOPPED already."),
        ("FINISHED", "stop", "ROLLOUT_NOT_RUNNING", "The rollout is FINISHED already."),
        ("FINISHED", "resume", "ROLLOUT_NOT_STOPPED",
         "Only a rollout that is STOPPED can be resumed; this one is FINISHED."),
    ):  # fmt: skip
        become(service, rollout_id, status)
        before = records_of(service)
        assert refusals(change(service, chris, verb, rollout_id)) == [(code, "id", message)]
        assert records_of(service) == before
        found = entries_of(service, action=f"{verb}Rollout")[-1]
        arguments = {"id": rollout_id}
        assert found == admins_entry(f"{verb}Rollout", "REFUSED", code=code, arguments=arguments)


@pytest.mark.usefixtures("shops")
def test_what_there_is_not(service: Service, chris: str) -> None:
    before = records_of(service)
    for wrong in ("", "rollout_", "rollout_nothing", "store_" + "0" * 32):
        for verb in ("stop", "resume"):
            assert refusals(change(service, chris, verb, wrong)) == [
                ("NOT_FOUND", "id", "There is no such rollout.")
            ]
        assert service.execute(chris, NODE, id=wrong)["node"] is None
    assert records_of(service) == before


@pytest.mark.usefixtures("shops")
def test_rollouts_come_in_pages_newest_first(service: Service, chris: str) -> None:
    assert service.execute(chris, PAGE)["rollouts"]["edges"] == []
    made = [upgrade_stores(service, chris)["rollout"]["id"] for _ in range(3)]

    first = service.execute(chris, PAGE, first=2)["rollouts"]
    second = service.execute(chris, PAGE, first=2, after=first["pageInfo"]["endCursor"])["rollouts"]

    found = [edge["node"]["id"] for page in (first, second) for edge in page["edges"]]
    assert found == made[::-1]
    assert first["pageInfo"] == {
        "hasNextPage": True, "hasPreviousPage": False, "endCursor": first["edges"][-1]["cursor"],
    }  # fmt: skip
    assert (second["pageInfo"]["hasNextPage"], second["pageInfo"]["hasPreviousPage"]) == (
        False, True,
    )  # fmt: skip


@pytest.mark.usefixtures("shops")
def test_its_shops_come_in_pages(service: Service, chris: str) -> None:
    rollout_id = upgrade_stores(service, chris)["rollout"]["id"]
    names, after = list[str](), None
    while True:
        page = service.execute(chris, SHOPS, id=rollout_id, first=2, after=after)["node"]["stores"]
        names += [edge["node"]["storeName"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert names == ["shop-0", "shop-1", "shop-2"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"first": 0}, "PAGE_SIZE_INVALID"),
        ({"first": 101}, "PAGE_SIZE_INVALID"),
        ({"after": "x"}, "CURSOR_INVALID"),
    ],
)
@pytest.mark.usefixtures("shops")
def test_wrong_pages(service: Service, chris: str, given: dict[str, Any], code: str) -> None:
    rollout_id = upgrade_stores(service, chris)["rollout"]["id"]
    for document, more in ((PAGE, {}), (SHOPS, {"id": rollout_id})):
        with pytest.raises(TransportQueryError) as refused:
            service.execute(chris, document, **more, **given)
        (error,) = refused.value.errors or []
        assert error["extensions"]["code"] == code


@pytest.mark.parametrize("role", ["viewer", "operator"])
@pytest.mark.usefixtures("shops")
def test_it_is_for_admins_alone(service: Service, chris: str, role: str) -> None:
    rollout_id = upgrade_stores(service, chris)["rollout"]["id"]
    mira = service.token("mira", role)
    before = records_of(service)
    forbidden = [("FORBIDDEN", None, ONLY_ADMINS)]
    for is_dry in (True, False):
        assert refusals(upgrade_stores(service, mira, dryRun=is_dry)) == forbidden
    for verb in ("stop", "resume"):
        assert refusals(change(service, mira, verb, rollout_id)) == forbidden
    with pytest.raises(TransportQueryError) as refused:
        service.execute(mira, PAGE)
    (error,) = refused.value.errors or []
    assert (error["extensions"]["code"], error["message"]) == ("FORBIDDEN", ONLY_ADMINS)
    assert service.execute(mira, NODE, id=rollout_id)["node"] is None
    assert records_of(service) == before
