"""storectl and its assistant upgrade shops."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Records, records_of
from tests.api.test_retry_and_cancel import put_in
from tests.api.test_suspension import ONLY_ONE
from tests.api.upgradable import a_shop, upgrading_service
from tests.e2e.assistant import assistant
from tests.e2e.service import Service
from tests.e2e.storectl import Storectl

Read = Callable[[], Records]

UPGRADING = f"The shop is being upgraded (UPGRADE), {ONLY_ONE}"
QUESTION = (
    "my-shop gets version 2.22 in place of 2.21. What is new: A faster check-out. Visitors are told"
    " that it is closed meanwhile, which takes some minutes. It is saved as it is before, and"
    " brought back if the upgrade fails. Upgrade it? [y/N]: "
)
NOT_ALONE = "--list upgrades nothing: leave out --version, --yes and --watch."


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with upgrading_service(tmp_path_factory.mktemp("storectl-upgrade")) as made:
        yield made


@pytest.fixture
def storectl(service: Service, tmp_path: Path) -> Storectl:
    """Mira's."""
    return Storectl(tmp_path, service, service.token("mira"))


@pytest.fixture
def shop(service: Service, storectl: Storectl) -> str:
    """Return the id of mira's shop, which is open and has version 2.21."""
    return a_shop(service, storectl.token)


@pytest.fixture
def recorded(service: Service) -> Read:
    return partial(records_of, service)


def latest(storectl: Storectl) -> dict[str, Any]:
    return dict(storectl.json("history", "my-shop")[0])


@pytest.mark.usefixtures("shop")
def test_the_versions_on_offer_are_listed(storectl: Storectl, recorded: Read) -> None:
    before = recorded()
    assert storectl.ok("upgrade", "my-shop", "--list") == (
        "VERSION         WHAT IS NEW\n"
        "2.22 (default)  A faster check-out.\n"
        "2.23            -\n"
    )  # fmt: skip
    assert storectl.json("upgrade", "my-shop", "--list") == [
        {"name": "2.22", "isDefault": True, "whatIsNew": "A faster check-out."},
        {"name": "2.23", "isDefault": False, "whatIsNew": None},
    ]
    shown = storectl.ok("status", "my-shop")
    assert "  Upgrades     2.22, 2.23 (see: storectl upgrade my-shop --list)\n" in shown
    for more in ("--yes", "--watch", "--version=2.22"):
        assert storectl.fails("upgrade", "my-shop", "--list", more) == (2, NOT_ALONE)
    assert recorded() == before

    storectl.ok("create", "new-shop", "--version", "2.23")
    assert storectl.ok("upgrade", "new-shop", "--list") == (
        "new-shop has medusa 2.23. No version that follows it is on offer.\n"
    )
    assert storectl.json("upgrade", "new-shop", "--list") == []


@pytest.mark.usefixtures("shop")
def test_a_shop_is_upgraded(storectl: Storectl, recorded: Read) -> None:
    assert storectl.complete("storectl up") == ["upgrade"]
    assert storectl.complete("storectl upgrade my-") == ["my-shop"]
    assert storectl.complete("storectl upgrade my-shop --version 2.23") == ["2.23"]
    assert storectl.ok("upgrade", "my-shop", "--yes") == (
        "my-shop is being upgraded to version 2.22. Follow it with: storectl status my-shop"
        " --watch\n"
    )
    made = latest(storectl)
    assert (made["kind"], made["status"], made["askedBy"]) == ("UPGRADE", "QUEUED", "mira")
    assert made["parameters"]["version"] == "2.22"
    assert "2       Upgrade to 2.22  QUEUED     mira" in storectl.ok("history", "my-shop")
    shown = storectl.ok("status", "my-shop")
    assert shown.startswith("my-shop is READY, and is being upgraded to 2.22.\n")
    assert "  Next version  2.22\n" in shown
    assert "  Upgrades " not in shown
    lines = shown.splitlines()
    assert lines[lines.index("Steps") + 1 :] == [
        "  · Check version", "  · Close shop", "  · Prepare backup", "  · Save backup",
        "  · Check backup", "  · Namespace", "  · Credentials", "  · Helm install",
        "  · Workloads ready", "  · Setup job", "  · Check shop", "  · Open shop", "  · Reachable",
    ]  # fmt: skip

    before = recorded()
    assert storectl.fails("upgrade", "my-shop", "--yes") == (1, UPGRADING)
    assert storectl.fails("upgrade", "my-shop", "--yes", "--watch") == (1, UPGRADING)
    assert storectl.fails("restart", "my-shop") == (1, UPGRADING)
    assert recorded() == before


def test_json_is_the_apis_answer(storectl: Storectl, shop: str) -> None:
    asked = storectl.json("upgrade", shop, "--version", "2.23", "--yes")
    assert (asked["id"], asked["status"]) == (shop, "READY")
    assert (asked["engineVersion"], asked["nextVersion"]) == ("2.21", "2.23")
    operation = {"number": 2, "kind": "UPGRADE", "status": "QUEUED", "askedByName": "mira"}
    assert asked["operation"] == {**operation, "reason": None}


@pytest.mark.usefixtures("shop")
def test_it_asks_before(storectl: Storectl, recorded: Read) -> None:
    before = recorded()
    code, shown = storectl.on_a_terminal("upgrade", "my-shop", typed="n")
    assert (code, shown.splitlines()) == (1, [f"{QUESTION}n", "Nothing was upgraded."])
    code, shown = storectl.on_a_terminal("upgrade", "my-shop", stop_at="[y/N]: ")
    assert (code, "Traceback" in shown) == (130, False)
    assert storectl.fails("upgrade", "my-shop") == (
        2, "There is no terminal to confirm this. Pass --yes to upgrade without it.",
    )  # fmt: skip
    assert recorded() == before

    code, shown = storectl.on_a_terminal("upgrade", "my-shop", typed="y")
    assert (code, shown.splitlines()[0]) == (0, f"{QUESTION}y")
    assert latest(storectl)["kind"] == "UPGRADE"


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("9.9", "There is no version 9.9 of Medusa. There are: 2.20, 2.21, 2.22, 2.23."),
        ("2.21", "The shop has version 2.21 already. It can be upgraded to: 2.22, 2.23."),
        ("2.20", (
            "A shop of version 2.21 cannot be upgraded to 2.20 directly. It can be upgraded to:"
            " 2.22, 2.23."
        )),
    ],
)  # fmt: skip
def test_what_is_not_on_offer_is_refused(
    storectl: Storectl, recorded: Read, version: str, says: str
) -> None:
    before = recorded()
    for more in ((), ("--yes",), ("--watch",), ("--json",)):  # without a question
        assert storectl.fails("upgrade", "my-shop", "--version", version, *more) == (1, says)
    assert recorded() == before


@pytest.mark.usefixtures("storectl")
def test_only_an_open_shop_is_upgraded(
    service: Service, storectl: Storectl, shop: str, recorded: Read
) -> None:
    only = "Only the shop of a store that is READY or DEGRADED can be upgraded; this one is"
    for status, operation, says in (
        ("FAILED", ("CREATE", "FAILED"), f"{only} FAILED. Retry it first."),
        ("SUSPENDED", ("SUSPEND", "SUCCEEDED"),
         "The shop is paused. Resume it first, then upgrade it."),
    ):  # fmt: skip
        put_in(service, shop, status, operation)
        before = recorded()
        assert storectl.fails("upgrade", "my-shop", "--yes", "--watch") == (1, says)
        assert recorded() == before


@pytest.mark.usefixtures("shop")
def test_refusals_have_the_exit_codes_of_others(
    service: Service, storectl: Storectl, recorded: Read
) -> None:
    before = recorded()
    nowhere = "If it is already deleted, use its id."
    stranger = replace(storectl, token=service.token("eve"))
    for asks, name in (storectl, "no-such-shop"), (stranger, "my-shop"):
        for more in ("--yes", "--list"):
            assert asks.fails("upgrade", name, more) == (5, f"You have no store {name}. {nowhere}")
    viewer = replace(storectl, token=service.token("mira", "viewer"))
    assert viewer.fails("upgrade", "my-shop", "--yes") == (
        1, "Your role is viewer; ask an admin for the operator role.",
    )  # fmt: skip
    assert "2.22 (default)" in viewer.ok("upgrade", "my-shop", "--list")
    assert storectl.fails("upgrade")[0] == 2
    assert replace(storectl, token="sp_wrong").fails("upgrade", "my-shop", "--yes")[0] == 3
    assert recorded() == before


@pytest.mark.usefixtures("shop")
def test_a_watch_goes_on_although_the_shop_is_ready(storectl: Storectl) -> None:
    # Given a watch of a shop that waits to be upgraded, since the cluster is away
    watch = storectl.start("upgrade", "my-shop", "--yes", "--watch")
    assert watch.stdout is not None
    assert watch.stdout.readline() == "my-shop is READY, and is being upgraded to 2.22.\n"
    # When the shop is deleted
    store_id = storectl.json("delete", "my-shop", "--yes")["id"]
    # Then the watch ends, and says that this is not what was asked for
    _, said = watch.communicate(timeout=60)
    assert watch.returncode == 1
    assert said == (
        "my-shop was not seen to be upgraded to version 2.22, because something else was done with"
        f" it. See `storectl history {store_id}`.\n"
    )


@pytest.mark.usefixtures("shop")
def test_ctrl_c_ends_only_the_watch(storectl: Storectl) -> None:
    watch = storectl.start("upgrade", "my-shop", "--yes", "--watch")
    assert watch.stdout is not None
    watch.stdout.readline()
    watch.send_signal(signal.SIGINT)
    _, said = watch.communicate(timeout=60)
    assert watch.returncode == 130
    assert "No longer watching; my-shop goes on without you." in said
    assert latest(storectl)["status"] == "QUEUED"


def test_shops_that_are_being_upgraded_are_listed(
    service: Service, storectl: Storectl, shop: str
) -> None:
    storectl.ok("create", "other-shop")
    put_in(service, shop, "UPDATING", ("UPGRADE", "RUNNING"))
    (only,) = storectl.json("list", "--status", "updating")
    assert (only["name"], only["status"]) == ("my-shop", "UPDATING")
    assert storectl.complete("storectl list --status u") == ["updating"]
    assert storectl.fails("open", "my-shop") == (
        1,
        "my-shop is UPDATING, so its shop does not open. See why with: storectl status my-shop",
    )


@pytest.mark.usefixtures("shop")
async def test_an_assistant_upgrades_a_shop(storectl: Storectl, recorded: Read) -> None:
    async with assistant(storectl) as mira:
        before = recorded()
        (engine,) = (await mira.ok("list_engines"))["engines"]
        assert engine["versions"][2] == {
            "name": "2.22", "is_default": True, "what_is_new": "A faster check-out.",
        }  # fmt: skip
        found = await mira.ok("get_store", store="my-shop")
        assert [version["name"] for version in found["upgrades"]] == ["2.22", "2.23"]
        assert (found["next_version"], found["way_back"]) == (None, None)
        (told,) = await mira.fails("upgrade_store", store="my-shop", version="2.20")
        assert told == {
            "code": "NOT_UPGRADABLE", "field": "version",
            "message": "A shop of version 2.21 cannot be upgraded to 2.20 directly. It can be"
            " upgraded to: 2.22, 2.23.",
            "remedy": "Call get_store: its upgrades are the versions that it can get.",
        }  # fmt: skip
        (told,) = await mira.fails("upgrade_store", store="my-shop", version="9.9")
        assert told["code"] == "VERSION_UNKNOWN"
        assert recorded() == before

        asked = await mira.ok("upgrade_store", store="my-shop", wait_seconds=1)
        assert (asked["status"], asked["is_settled"], asked["next_version"]) == (
            "READY", False, "2.22",
        )  # fmt: skip
        assert (asked["operation"]["kind"], asked["operation"]["status"]) == ("UPGRADE", "QUEUED")
        assert asked["steps"][0]["name"] == "PREFLIGHT"
        before = recorded()
        (told,) = await mira.fails("upgrade_store", store="my-shop")
        assert told == {
            "code": "OPERATION_UNDER_WAY", "field": "id", "remedy": None, "message": UPGRADING,
        }  # fmt: skip
        assert recorded() == before
        assert (await mira.ok("list_stores", statuses=["UPDATING"]))["stores"] == []


async def test_an_assistant_of_somebody_else(
    service: Service, storectl: Storectl, shop: str, recorded: Read
) -> None:
    before = recorded()
    stranger = replace(storectl, token=service.token("eve"))
    async with assistant(stranger, "--allow-destructive") as eve:
        for tool in ("upgrade_store", "roll_back_store"):
            for key in ("my-shop", shop):
                (told,) = await eve.fails(tool, store=key)
                assert told["code"] == "NOT_FOUND"
    assert recorded() == before
