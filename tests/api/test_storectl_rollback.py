"""storectl and its assistant undo upgrades of shops."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.api.backed_up import CONTENTS
from tests.api.conftest import Records, records_of
from tests.api.test_backups import add_backups
from tests.api.upgradable import a_shop, an_upgraded_shop, upgrading_service
from tests.e2e.assistant import assistant
from tests.e2e.service import Service
from tests.e2e.storectl import Storectl

Read = Callable[[], Records]

BECOMES = (
    "my-shop gets version 2.21 again in place of 2.22, becomes what it was at 2026-05-28 20:26:40"
    " UTC, and loses what came after that: 6 orders up to its newest backup, and all since then."
)
NO_WAY_BACK = (
    "There is no backup of the shop from before it got version 2.21: it was not upgraded, or the"
    " backup was removed since. See its backups for what can be restored."
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with upgrading_service(tmp_path_factory.mktemp("storectl-rollback")) as made:
        yield made


@pytest.fixture
def storectl(service: Service, tmp_path: Path) -> Storectl:
    """Mira's."""
    return Storectl(tmp_path, service, service.token("mira"))


@pytest.fixture
def shop(service: Service, storectl: Storectl) -> str:
    """Return the id of mira's shop, which was upgraded and has had 6 orders since then."""
    store_id = an_upgraded_shop(service, storectl.token)
    add_backups(service, store_id, 3)
    service.sql(
        "UPDATE backups SET counts = :counts, made_at = made_at + 3600000000,"
        " engine_version = '2.22' WHERE number = 3 RETURNING number",
        counts='{"orders":9,"products":2}',
    )
    return store_id


@pytest.fixture
def recorded(service: Service) -> Read:
    return partial(records_of, service)


def latest(storectl: Storectl) -> dict[str, Any]:
    return dict(storectl.json("history", "my-shop")[0])


@pytest.mark.usefixtures("shop")
def test_an_upgrade_is_undone(storectl: Storectl, recorded: Read) -> None:
    assert storectl.complete("storectl rollback my-") == ["my-shop"]
    way_back = "version 2.21 as of 2026-05-28 20:26:40 UTC (see: storectl rollback my-shop)"
    assert f"  Way back     {way_back}\n" in storectl.ok("status", "my-shop")
    assert storectl.ok("rollback", "my-shop", "--yes") == (
        f"my-shop becomes what it was before its upgrade ({CONTENTS}). Follow it with: storectl"
        " status my-shop --watch\n"
    )
    made = latest(storectl)
    assert (made["kind"], made["status"], made["askedBy"]) == ("RESTORE", "QUEUED", "mira")
    steps = [step["name"] for step in made["steps"]]
    assert steps[:5] == ["CLOSE", "REPOSITORY", "SAVE", "CHECK", "REMOVE"]
    assert re.search(r"\n3 +Roll back +QUEUED +mira ", storectl.ok("history", "my-shop"))
    shown = storectl.ok("status", "my-shop")
    assert shown.startswith("my-shop is READY, and a backup is being restored in its place.\n")

    before = recorded()
    code, refused = storectl.fails("rollback", "my-shop", "--yes")
    assert code == 1
    assert refused.startswith("A backup is being restored in place of the shop (RESTORE), and only")
    assert recorded() == before


@pytest.mark.usefixtures("shop")
def test_it_asks_with_what_is_lost(storectl: Storectl, recorded: Read) -> None:
    question = (
        f"{BECOMES} It is closed and saved as it is before. Roll it back to backup 2? [y/N]: "
    )
    before = recorded()
    code, shown = storectl.on_a_terminal("rollback", "my-shop", typed="n")
    assert (code, "".join(shown.splitlines())) == (1, f"{question}nNothing was rolled back.")
    code, shown = storectl.on_a_terminal("rollback", "my-shop", stop_at="[y/N]: ")
    assert (code, "Traceback" in shown) == (130, False)
    assert storectl.fails("rollback", "my-shop") == (
        2, "There is no terminal to confirm this. Pass --yes to roll it back without it.",
    )  # fmt: skip
    assert recorded() == before

    code, shown = storectl.on_a_terminal("rollback", "my-shop", typed="y")
    assert (code, shown.startswith(f"{question}y")) == (0, True)
    assert latest(storectl)["kind"] == "RESTORE"


def test_a_shop_that_has_failed_is_not_saved(
    service: Service, storectl: Storectl, shop: str, recorded: Read
) -> None:
    service.sql("UPDATE stores SET status = 'FAILED' RETURNING id")
    before = recorded()
    code, refused = storectl.fails("rollback", "my-shop", "--yes")
    assert (code, refused.partition(".")[0]) == (
        1, "The store is FAILED, so its shop cannot be saved as it is",
    )  # fmt: skip
    code, shown = storectl.on_a_terminal("rollback", "my-shop", "--without-backup", typed="n")
    assert code == 1
    assert shown.splitlines()[0] == (
        f"{BECOMES} It is not saved as it is before: what is in no backup is lost for good. Roll it"
        " back to backup 2? [y/N]: n"
    )
    assert recorded() == before

    made = storectl.json("rollback", shop, "--without-backup", "--yes")
    assert (made["id"], made["status"], made["operation"]["kind"]) == (shop, "QUEUED", "RESTORE")
    assert latest(storectl)["steps"][0]["name"] == "REMOVE"


def test_without_a_way_back_nothing_is_asked(
    service: Service, storectl: Storectl, recorded: Read
) -> None:
    a_shop(service, storectl.token)
    before = recorded()
    for more in ((), ("--yes",), ("--watch",), ("--without-backup",), ("--json",)):
        assert storectl.fails("rollback", "my-shop", *more) == (1, NO_WAY_BACK)
    assert "  Way back " not in storectl.ok("status", "my-shop")
    assert recorded() == before


@pytest.mark.usefixtures("shop")
def test_refusals_have_the_exit_codes_of_others(
    service: Service, storectl: Storectl, recorded: Read
) -> None:
    before = recorded()
    nowhere = "If it is already deleted, use its id."
    stranger = replace(storectl, token=service.token("eve"))
    for asks, name in (storectl, "no-such-shop"), (stranger, "my-shop"):
        assert asks.fails("rollback", name, "--yes") == (5, f"You have no store {name}. {nowhere}")
    viewer = replace(storectl, token=service.token("mira", "viewer"))
    assert viewer.fails("rollback", "my-shop", "--yes") == (
        1, "Your role is viewer; ask an admin for the operator role.",
    )  # fmt: skip
    assert storectl.fails("rollback")[0] == 2
    assert replace(storectl, token="sp_wrong").fails("rollback", "my-shop", "--yes")[0] == 3
    assert recorded() == before


@pytest.mark.usefixtures("shop")
def test_a_watch_goes_on_while_the_shop_is_still_ready(storectl: Storectl) -> None:
    watch = storectl.start("rollback", "my-shop", "--yes", "--watch")
    assert watch.stdout is not None
    assert watch.stdout.readline() == (
        "my-shop is READY, and a backup is being restored in its place.\n"
    )
    store_id = storectl.json("delete", "my-shop", "--yes")["id"]
    _, said = watch.communicate(timeout=60)
    assert watch.returncode == 1
    assert said == (
        "my-shop was not seen to be rolled back, because something else was done with it. See"
        f" `storectl history {store_id}`.\n"
    )


@pytest.mark.usefixtures("shop")
async def test_an_assistant_is_told_what_is_lost_before(storectl: Storectl, recorded: Read) -> None:
    before = recorded()
    async with assistant(storectl, "--allow-destructive") as mira:
        (told,) = await mira.fails("roll_back_store", store="my-shop")
        assert (told["code"], told["field"]) == ("LOSS_NOT_ACCEPTED", "acceptLossSince")
        assert "has 6 orders more" in told["message"]
        assert told["remedy"] == (
            "Tell the user what would be lost. Pass accept_loss_since only if they agree."
        )
        (told,) = await mira.fails("roll_back_store", store="my-shop", without_backup=True)
        assert "what is in no backup is lost for good" in told["message"]
        assert recorded() == before

        way_back = (await mira.ok("get_store", store="my-shop"))["way_back"]
        assert way_back == {
            "number": 2, "made_at": "2026-05-28T20:26:40+00:00", "engine_version": "2.21",
        }  # fmt: skip
        made = await mira.ok(
            "roll_back_store", store="my-shop", accept_loss_since=way_back["made_at"],
            wait_seconds=0,
        )  # fmt: skip
    assert (made["status"], made["is_settled"]) == ("READY", False)
    assert (made["operation"]["kind"], made["operation"]["status"]) == ("RESTORE", "QUEUED")


async def test_an_assistant_finds_no_way_back(
    service: Service, storectl: Storectl, recorded: Read
) -> None:
    a_shop(service, storectl.token)
    before = recorded()
    async with assistant(storectl, "--allow-destructive") as mira:
        (told,) = await mira.fails("roll_back_store", store="my-shop")
    assert told == {
        "code": "NO_WAY_BACK", "field": "id", "message": NO_WAY_BACK,
        "remedy": "Call list_backups for what restore_in_place can put in its place instead.",
    }  # fmt: skip
    assert recorded() == before
