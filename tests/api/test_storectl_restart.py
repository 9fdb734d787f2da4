"""storectl and its assistant restart shops."""

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Records
from tests.api.test_retry_and_cancel import put_in
from tests.api.test_suspension import ONLY_ONE, a_paused_shop, an_open_shop
from tests.e2e.assistant import assistant
from tests.e2e.service import Service
from tests.e2e.storectl import Storectl

Read = Callable[[], Records]
RESTARTING = f"The shop is being restarted (RESTART), {ONLY_ONE}"


@pytest.fixture
def storectl(api: Service, tmp_path: Path) -> Storectl:
    """Mira's."""
    return Storectl(tmp_path, api, api.token("mira"))


@pytest.fixture
def shop(api: Service, storectl: Storectl) -> str:
    """Return the id of mira's shop, which is open."""
    return an_open_shop(api, storectl.token)


def latest(storectl: Storectl) -> dict[str, Any]:
    return dict(storectl.json("history", "my-shop")[0])


@pytest.mark.usefixtures("shop")
def test_a_shop_is_restarted(storectl: Storectl, records: Read) -> None:
    assert set(storectl.complete("storectl rest")) == {"restart", "restore"}
    assert storectl.complete("storectl restart my-") == ["my-shop"]
    assert storectl.ok("restart", "my-shop") == (
        "my-shop is being restarted. Follow it with: storectl status my-shop --watch\n"
    )
    made = latest(storectl)
    assert (made["kind"], made["status"], made["askedBy"]) == ("RESTART", "QUEUED", "mira")
    assert "2       Restart  QUEUED     mira" in storectl.ok("history", "my-shop")
    shown = storectl.ok("status", "my-shop")
    assert shown.startswith("my-shop is READY, and is being restarted.\n")
    assert "· Restart" in shown

    before = records()
    assert storectl.fails("restart", "my-shop") == (1, RESTARTING)
    assert storectl.fails("suspend", "my-shop", "--watch") == (1, RESTARTING)
    assert records() == before


def test_json_is_the_apis_answer(storectl: Storectl, shop: str) -> None:
    asked = storectl.json("restart", shop)
    assert (asked["id"], asked["status"]) == (shop, "READY")
    operation = {"number": 2, "kind": "RESTART", "status": "QUEUED", "askedByName": "mira"}
    assert asked["operation"] == {**operation, "reason": None}


def test_a_refusal_says_what_to_do_instead(api: Service, storectl: Storectl, records: Read) -> None:
    a_paused_shop(api, storectl.token)
    failed = an_open_shop(api, storectl.token, "failed-shop")
    put_in(api, failed, "FAILED")
    before = records()
    for name, says in (
        ("my-shop", "The shop is paused, so nothing of it runs. Resume it instead."),
        ("failed-shop", (
            "Only the shop of a store that is READY or DEGRADED can be restarted; this one is"
            " FAILED. Retry it instead."
        )),
    ):  # fmt: skip
        assert storectl.fails("restart", name) == (1, says)
        assert storectl.fails("restart", name, "--watch") == (1, says)
        assert storectl.fails("restart", name, "--json")[0] == 1
    assert records() == before


@pytest.mark.usefixtures("shop")
def test_refusals_have_the_exit_codes_of_others(
    api: Service, storectl: Storectl, records: Read
) -> None:
    before = records()
    assert storectl.fails("restart", "no-such-shop") == (
        5, "You have no store no-such-shop. If it is already deleted, use its id.",
    )  # fmt: skip
    stranger = replace(storectl, token=api.token("eve"))
    assert stranger.fails("restart", "my-shop") == (
        5, "You have no store my-shop. If it is already deleted, use its id.",
    )  # fmt: skip
    viewer = replace(storectl, token=api.token("mira", "viewer"))
    assert viewer.fails("restart", "my-shop") == (
        1, "Your role is viewer; ask an admin for the operator role.",
    )  # fmt: skip
    assert storectl.fails("restart")[0] == 2
    assert replace(storectl, token="sp_wrong").fails("restart", "my-shop")[0] == 3
    assert records() == before


@pytest.mark.usefixtures("shop")
def test_a_watch_goes_on_although_the_shop_is_ready(storectl: Storectl) -> None:
    # Given a watch of a shop that waits to be restarted, since the cluster is away
    watch = storectl.start("restart", "my-shop", "--watch")
    assert watch.stdout is not None
    assert watch.stdout.readline() == "my-shop is READY, and is being restarted.\n"
    # When the shop is deleted
    store_id = storectl.json("delete", "my-shop", "--yes")["id"]
    # Then the watch ends, and says that this is not what was asked for
    _, said = watch.communicate(timeout=60)
    assert watch.returncode == 1
    assert said == (
        "my-shop was not seen to be restarted, because something else was done with it. See"
        f" `storectl history {store_id}`.\n"
    )


@pytest.mark.usefixtures("shop")
def test_ctrl_c_ends_only_the_watch(storectl: Storectl) -> None:
    watch = storectl.start("restart", "my-shop", "--watch")
    assert watch.stdout is not None
    assert watch.stdout.readline() == "my-shop is READY, and is being restarted.\n"
    watch.send_signal(signal.SIGINT)
    _, said = watch.communicate(timeout=60)
    assert watch.returncode == 130
    assert "No longer watching; my-shop goes on without you." in said
    assert latest(storectl)["kind"] == "RESTART"


@pytest.mark.usefixtures("shop")
async def test_an_assistant_restarts_a_shop(storectl: Storectl, records: Read) -> None:
    async with assistant(storectl) as mira:
        asked = await mira.ok("restart_store", store="my-shop", wait_seconds=1)
        assert (asked["status"], asked["is_settled"]) == ("READY", False)
        assert (asked["operation"]["kind"], asked["operation"]["asked_by_name"]) == (
            "RESTART", "mira",
        )  # fmt: skip
        assert [step["name"] for step in asked["steps"]] == ["RESTART"]
        before = records()
        (told,) = await mira.fails("restart_store", store="my-shop")
        assert told == {
            "code": "OPERATION_UNDER_WAY", "field": "id", "remedy": None, "message": RESTARTING,
        }  # fmt: skip
        assert records() == before


async def test_an_assistant_of_somebody_else(
    api: Service, storectl: Storectl, shop: str, records: Read
) -> None:
    stranger = replace(storectl, token=api.token("eve"))
    before = records()
    async with assistant(stranger, "--allow-destructive") as eve:
        for key in ("my-shop", shop):
            (told,) = await eve.fails("restart_store", store=key)
            assert told["code"] == "NOT_FOUND"
    assert records() == before
