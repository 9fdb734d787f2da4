"""storectl and its assistant pause shops, and open them again."""

import re
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Records
from tests.api.test_suspension import PAUSED_AT, a_paused_shop, an_open_shop, pause
from tests.e2e.assistant import assistant
from tests.e2e.service import Service
from tests.e2e.storectl import Storectl

Read = Callable[[], Records]
ONLY_ONE = "and only one operation can be under way. Wait until that has ended, then ask again."
PAUSING = f"The shop is being paused (SUSPEND), {ONLY_ONE}"
PAUSED = (
    "It is paused: nothing of it runs, and visitors are told that it is closed for now. What is in"
    " it, its address and its backups are kept. Open it again with: storectl resume my-shop"
)
NOT_CANCELLABLE = (
    "Only a store that is queued or being provisioned can be cancelled; this one is SUSPENDED. To"
    " remove it, delete it."
)


@pytest.fixture
def storectl(api: Service, tmp_path: Path) -> Storectl:
    """Mira's."""
    return Storectl(tmp_path, api, api.token("mira"))


@pytest.fixture
def shop(api: Service, storectl: Storectl) -> str:
    """Return the id of mira's shop, which is open."""
    return an_open_shop(api, storectl.token)


@pytest.fixture
def paused(api: Service, storectl: Storectl) -> str:
    """Return the id of mira's shop, which is paused."""
    return a_paused_shop(api, storectl.token)


def latest(storectl: Storectl) -> dict[str, Any]:
    return dict(storectl.json("history", "my-shop")[0])


@pytest.mark.usefixtures("shop")
def test_a_shop_is_paused(storectl: Storectl, records: Read) -> None:
    assert storectl.ok("suspend", "my-shop") == (
        "my-shop is being paused. Follow it with: storectl status my-shop --watch\n"
    )
    made = latest(storectl)
    assert (made["kind"], made["status"], made["askedBy"]) == ("SUSPEND", "QUEUED", "mira")
    assert "2       Pause   QUEUED     mira" in storectl.ok("history", "my-shop")
    shown = storectl.ok("status", "my-shop")
    assert shown.startswith("my-shop is READY, and is being paused.\n")
    assert "· Stop shop" in shown

    before = records()
    assert storectl.fails("suspend", "my-shop") == (1, PAUSING)
    assert storectl.fails("resume", "my-shop") == (1, PAUSING)
    assert records() == before


def test_a_paused_shop_is_shown_and_opened_again(storectl: Storectl, paused: str) -> None:
    lines = storectl.ok("status", "my-shop").splitlines()
    assert lines[:2] == ["my-shop is SUSPENDED.", PAUSED]
    (since,) = [line for line in lines if line.startswith("  Paused since ")]
    assert re.fullmatch(r"  Paused since +[0-9]+ d( [0-9]+ h)? ago", since)
    assert storectl.json("status", "my-shop")["suspendedAt"] == PAUSED_AT
    assert storectl.ok("logs", paused).startswith("my-shop is SUSPENDED.\n")
    assert storectl.fails("open", "my-shop") == (
        1,
        "my-shop is paused, so its shop does not open. Open it again with: storectl resume my-shop",
    )

    assert storectl.ok("resume", paused) == (
        "my-shop is being opened again. Follow it with: storectl status my-shop --watch\n"
    )
    made = latest(storectl)
    assert (made["kind"], made["status"], made["askedBy"]) == ("RESUME", "QUEUED", "mira")
    assert "3       Open again  QUEUED     mira" in storectl.ok("history", "my-shop")
    shown = storectl.ok("status", "my-shop")
    assert shown.startswith("my-shop is QUEUED, and is being opened again.\n")
    assert "· Open shop" in shown


def test_json_is_the_apis_answer(api: Service, storectl: Storectl, shop: str) -> None:
    asked = storectl.json("suspend", "my-shop")
    assert (asked["id"], asked["status"], asked["suspendedAt"]) == (shop, "READY", None)
    operation = {"number": 2, "kind": "SUSPEND", "status": "QUEUED", "askedByName": "mira"}
    assert asked["operation"] == {**operation, "reason": None}
    pause(api, shop)
    asked = storectl.json("resume", "my-shop")
    assert (asked["id"], asked["status"]) == (shop, "QUEUED")
    assert asked["operation"]["kind"] == "RESUME"


@pytest.mark.usefixtures("paused")
def test_paused_shops_are_listed(api: Service, storectl: Storectl) -> None:
    an_open_shop(api, storectl.token, "open-shop")
    listed = [(item["name"], item["status"]) for item in storectl.json("list")]
    assert listed == [("my-shop", "SUSPENDED"), ("open-shop", "READY")]
    (only,) = storectl.json("list", "--status", "suspended")
    assert only["name"] == "my-shop"
    assert storectl.complete("storectl list --status s") == ["suspended"]
    assert storectl.complete("storectl su") == ["suspend"]
    assert set(storectl.complete("storectl re")) == {
        "rename", "restart", "restore", "resume", "retry",
    }  # fmt: skip
    assert storectl.complete("storectl resume my-") == ["my-shop"]


@pytest.mark.usefixtures("paused")
def test_what_cannot_be_done_with_a_paused_shop(storectl: Storectl, records: Read) -> None:
    before = records()
    for arguments, says in (
        (["suspend", "my-shop"], "The shop is paused already."),
        (["retry", "my-shop"], "Only a failed store can be retried; this one is SUSPENDED."),
        (["cancel", "my-shop"], NOT_CANCELLABLE),
    ):
        assert storectl.fails(*arguments) == (1, says)
        assert storectl.fails(*arguments, "--json")[0] == 1
    assert records() == before


@pytest.mark.parametrize("verb", ["suspend", "resume"])
@pytest.mark.usefixtures("shop")
def test_refusals_have_the_exit_codes_of_others(
    api: Service, storectl: Storectl, records: Read, verb: str
) -> None:
    before = records()
    code, says = storectl.fails(verb, "no-such-shop")
    assert (code, says) == (
        5, "You have no store no-such-shop. If it is already deleted, use its id.",
    )  # fmt: skip
    stranger = replace(storectl, token=api.token("eve"))
    assert stranger.fails(verb, "my-shop") == (
        5, "You have no store my-shop. If it is already deleted, use its id.",
    )  # fmt: skip
    viewer = replace(storectl, token=api.token("mira", "viewer"))
    assert viewer.fails(verb, "my-shop") == (
        1, "Your role is viewer; ask an admin for the operator role.",
    )  # fmt: skip
    assert storectl.fails(verb)[0] == 2
    assert replace(storectl, token="sp_wrong").fails(verb, "my-shop")[0] == 3
    assert records() == before


@pytest.mark.usefixtures("shop")
def test_what_is_not_paused_is_not_opened(storectl: Storectl, records: Read) -> None:
    before = records()
    assert storectl.fails("resume", "my-shop", "--watch") == (
        1, "Only a paused store can be opened again; this one is READY.",
    )  # fmt: skip
    assert records() == before


@pytest.mark.usefixtures("shop")
def test_a_watch_goes_on_while_the_shop_is_still_open(storectl: Storectl) -> None:
    # Given a watch of a shop that waits to be paused, since the cluster is away
    watch = storectl.start("suspend", "my-shop", "--watch")
    assert watch.stdout is not None
    assert watch.stdout.readline() == "my-shop is READY, and is being paused.\n"
    # When the shop is deleted
    store_id = storectl.json("delete", "my-shop", "--yes")["id"]
    # Then the watch ends, and says that this is not what was asked for
    _, said = watch.communicate(timeout=60)
    assert watch.returncode == 1
    assert said == (
        "my-shop was not seen to be paused, because something else was done with it. See"
        f" `storectl history {store_id}`.\n"
    )


@pytest.mark.usefixtures("paused")
def test_ctrl_c_ends_only_the_watch(storectl: Storectl) -> None:
    watch = storectl.start("resume", "my-shop", "--watch")
    assert watch.stdout is not None
    assert watch.stdout.readline() == "my-shop is QUEUED, and is being opened again.\n"
    watch.send_signal(signal.SIGINT)
    _, said = watch.communicate(timeout=60)
    assert watch.returncode == 130
    assert "No longer watching; my-shop goes on without you." in said
    assert latest(storectl)["status"] == "QUEUED"


async def test_an_assistant_pauses_a_shop_and_opens_it(
    api: Service, storectl: Storectl, shop: str, records: Read
) -> None:
    async with assistant(storectl) as mira:
        before = records()
        (told,) = await mira.fails("resume_store", store="my-shop")
        assert told == {
            "code": "NOT_SUSPENDED", "field": "id", "remedy": None,
            "message": "Only a paused store can be opened again; this one is READY.",
        }  # fmt: skip
        assert records() == before

        asked = await mira.ok("suspend_store", store="my-shop", wait_seconds=1)
        assert (asked["status"], asked["is_settled"], asked["suspended_at"]) == (
            "READY", False, None,
        )  # fmt: skip
        assert (asked["operation"]["kind"], asked["operation"]["status"]) == ("SUSPEND", "QUEUED")
        assert [step["name"] for step in asked["steps"]] == ["STOP"]

        pause(api, shop)
        found = await mira.ok("get_store", store="my-shop")
        assert (found["status"], found["is_settled"]) == ("SUSPENDED", True)
        assert found["suspended_at"] == PAUSED_AT
        listed = await mira.ok("list_stores", statuses=["SUSPENDED"])
        assert [item["name"] for item in listed["stores"]] == ["my-shop"]
        (told,) = await mira.fails("suspend_store", store="my-shop")
        assert (told["code"], told["message"]) == ("NOT_SUSPENDABLE", "The shop is paused already.")

        asked = await mira.ok("resume_store", store="my-shop", wait_seconds=1)
        assert (asked["status"], asked["is_settled"]) == ("QUEUED", False)
        assert (asked["operation"]["kind"], asked["operation"]["status"]) == ("RESUME", "QUEUED")


async def test_an_assistant_of_somebody_else(api: Service, storectl: Storectl, shop: str) -> None:
    stranger = replace(storectl, token=api.token("eve"))
    async with assistant(stranger, "--allow-destructive") as eve:
        for tool in ("suspend_store", "resume_store"):
            for key in ("my-shop", shop):
                (told,) = await eve.fails(tool, store=key)
                assert told["code"] == "NOT_FOUND"
