"""What storectl says of upgrades and of what undoes them, and how it follows them."""

import io
from typing import Any, cast

import pytest
from rich.console import Console

from app.storectl import wording
from app.storectl.api import Api
from app.storectl.errors import RefusedError
from app.storectl.mcp.waiting import is_settled
from app.storectl.progress import LiveProgress
from app.storectl.undoing import until_rolled_back, until_upgraded
from tests.unit.test_storectl_following import ApiThatTells, a_restore, a_store, because
from tests.unit.test_storectl_wording import BACKUP, STORE

NEW = {"name": "11", "isDefault": True, "whatIsNew": "A faster check-out."}
PLAIN = {"name": "10.5", "isDefault": False, "whatIsNew": None}

ASKED = a_store("QUEUED", "UPGRADE")
SAVING = a_store("RUNNING", "UPGRADE")
WAITING = SAVING | {"status": "QUEUED"}
UPDATING = SAVING | {"status": "UPDATING"}
DONE = a_store("SUCCEEDED", "UPGRADE") | {"nextVersion": None, "engineVersion": "11"}
FAILED = a_store("FAILED", "UPGRADE") | {"nextVersion": None}


def undone(status: str, store_status: str) -> dict[str, Any]:
    """Return the store while the platform brings its shop back, which nobody has asked for."""
    store = a_store(status, "RESTORE", number=3)
    store["operation"]["askedByName"] = None
    return store | {"status": store_status}


UNDOING = [undone("QUEUED", "QUEUED"), undone("RUNNING", "PROVISIONING")]


def an_upgrade(status: str, **more: Any) -> dict[str, Any]:
    """Return the second operation of a store, as Anna has asked for it."""
    return a_restore(status, kind="UPGRADE", **more)


def the_undoing(status: str, **more: Any) -> dict[str, Any]:
    return a_restore(status, number=3, askedByName=None, **more)


async def test_an_upgrade_is_followed_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    # Given a store that is READY while it is saved, and again when it has the version
    states = (ASKED, SAVING, WAITING, UPDATING, DONE)
    api = ApiThatTells(*states, DONE, done=[an_upgrade("SUCCEEDED")])
    await until_upgraded(cast("Api", api), ASKED, as_json=False)
    assert api.taken == len(states)
    assert capsys.readouterr().out == (
        "my-shop is READY, and is being upgraded to 11.\n"
        "my-shop is QUEUED, and is being upgraded to 11.\n"
        "my-shop is UPDATING, and is being upgraded to 11.\n"
        "my-shop is READY.\n"
        "my-shop has version 11 now. As it was before, it is backup 2. To go back to it: storectl"
        " rollback my-shop. Open it at http://my-shop.example\n"
    )


async def test_a_shop_is_followed_until_it_is_back(capsys: pytest.CaptureFixture[str]) -> None:
    # Given an upgrade that fails once the shop is saved
    back = undone("SUCCEEDED", "READY")
    done = [the_undoing("SUCCEEDED"), an_upgrade("FAILED", **because("No check-out was found."))]
    states = (ASKED, UPDATING, *UNDOING, back)
    api = ApiThatTells(*states, back, done=done)

    with pytest.raises(RefusedError) as refused:
        await until_upgraded(cast("Api", api), ASKED, as_json=False)

    # Then it is told at once, and the watch goes on until the shop is back
    assert api.taken == len(states)
    assert capsys.readouterr().out == (
        "my-shop is READY, and is being upgraded to 11.\n"
        "my-shop is UPDATING, and is being upgraded to 11.\n"
        "The upgrade failed: No check-out was found.\n"
        "The shop is being brought back as it was.\n"
        "my-shop is QUEUED, and is being brought back as it was.\n"
        "my-shop is PROVISIONING, and is being brought back as it was.\n"
        "my-shop is READY.\n"
    )
    assert refused.value.exit_code == 1
    assert str(refused.value) == (
        "my-shop was not upgraded to version 11. No check-out was found.\n"
        "my-shop is back as it was."
    )


async def test_in_json_the_failure_is_told_beside_the_updates(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = [the_undoing("SUCCEEDED"), an_upgrade("FAILED", **because("No check-out was found."))]
    api = ApiThatTells(UPDATING, *UNDOING, undone("SUCCEEDED", "READY"), done=done)
    with pytest.raises(RefusedError):
        await until_upgraded(cast("Api", api), ASKED, as_json=True)
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 4
    assert shown.err == (
        "The upgrade failed: No check-out was found.\nThe shop is being brought back as it was.\n"
    )


@pytest.mark.parametrize(
    ("states", "done", "says"),
    [
        pytest.param(
            [SAVING, FAILED],
            [an_upgrade("FAILED", **because("Nothing was upgraded. The disk is full."))],
            "Nothing was upgraded. The disk is full.",
            id="it was open all the time",
        ),
        pytest.param(
            [UNDOING[0], undone("FAILED", "FAILED")],
            [
                the_undoing("FAILED", **because("helm failed.")),
                an_upgrade("FAILED", **because("No check-out was found.")),
            ],
            "No check-out was found.\nmy-shop could not be brought back as it was either. helm"
            " failed.\nSee `storectl logs my-shop`, then `storectl retry my-shop`.",
            id="it is not back either",
        ),
        pytest.param(
            [SAVING, a_store("QUEUED", "RESTORE", number=3)],
            [a_restore("QUEUED", number=3), an_upgrade("FAILED", **because("The disk is full."))],
            "The disk is full.",
            id="somebody restores a backup then",
        ),
    ],
)
async def test_why_a_shop_was_not_upgraded(
    states: list[dict[str, Any]], done: list[dict[str, Any]], says: str
) -> None:
    api = ApiThatTells(*states, states[-1], done=done)
    with pytest.raises(RefusedError) as refused:
        await until_upgraded(cast("Api", api), ASKED, as_json=True)
    assert str(refused.value) == f"my-shop was not upgraded to version 11. {says}"
    assert refused.value.exit_code == 1
    assert api.taken == len(states)


async def test_a_delete_takes_the_place_of_an_upgrade() -> None:
    deleted = a_store("QUEUED", "DELETE", number=3)
    api = ApiThatTells(SAVING, deleted, deleted, done=[an_upgrade("CANCELLED")])
    with pytest.raises(RefusedError) as refused:
        await until_upgraded(cast("Api", api), ASKED, as_json=True)
    assert str(refused.value) == (
        "my-shop was not seen to be upgraded to version 11, because something else was done with"
        " it. See `storectl history store_1`."
    )
    assert api.taken == 2


async def test_a_rollback_is_followed_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    asked, working = a_store("QUEUED", "RESTORE"), a_store("RUNNING", "RESTORE")
    ended = a_store("SUCCEEDED", "RESTORE")
    api = ApiThatTells(asked, working, ended, ended, done=[a_restore("SUCCEEDED")])
    await until_rolled_back(cast("Api", api), asked, as_json=False)
    assert api.taken == 3
    assert capsys.readouterr().out == (
        "my-shop is READY, and a backup is being restored in its place.\n"
        "my-shop is READY.\n"
        "my-shop is back at version 10. As it was before, it is backup 2. Open it at"
        " http://my-shop.example\n"
    )


@pytest.mark.parametrize(
    ("done", "says"),
    [
        ([the_undoing("SUCCEEDED"), a_restore("FAILED", **because("Too few orders."))],
         "my-shop was not rolled back. Too few orders.\nmy-shop is back as it was."),
        ([a_restore("CANCELLED")],
         ("my-shop was not seen to be rolled back, because something else was done with it. See"
          " `storectl history store_1`.")),
    ],
)  # fmt: skip
async def test_why_a_shop_was_not_rolled_back(done: list[dict[str, Any]], says: str) -> None:
    asked = a_store("QUEUED", "RESTORE")
    api = ApiThatTells(*UNDOING, undone("SUCCEEDED", "READY"), done=done)
    with pytest.raises(RefusedError) as refused:
        await until_rolled_back(cast("Api", api), asked, as_json=True)
    assert (str(refused.value), refused.value.exit_code) == (says, 1)
    assert api.taken == 3


def test_a_terminal_keeps_the_failure_in_sight() -> None:
    shown = io.StringIO()
    live = LiveProgress(Console(file=shown, force_terminal=True, width=200, color_system=None))
    with live.live:
        live.show({"store": UPDATING})
        live.tell("The upgrade failed: No check-out was found.")
        live.show({"store": UNDOING[0] | {"queuePosition": 2}})
    said = shown.getvalue()
    assert said.count("The upgrade failed: No check-out was found.\n") == 1
    assert "my-shop is UPDATING, and is being upgraded to 11" in said
    assert "my-shop is QUEUED, number 2 in line, and is being brought back as it was" in said


@pytest.mark.parametrize(
    ("state", "told"), [(SAVING, False), (WAITING, False), (UPDATING, False), (DONE, True)]
)
def test_a_store_is_not_settled_while_it_is_upgraded(
    state: dict[str, Any],
    told: bool,  # noqa: FBT001
) -> None:
    assert is_settled(state) is told


def test_a_retry_that_goes_on_with_an_upgrade_is_not_settled() -> None:
    assert not is_settled(a_store("RUNNING", "RETRY") | {"status": "UPDATING"})


READY = STORE | {"status": "READY", "reason": None, "steps": [], "pods": []}
BEFORE = {"number": 7, "madeAt": "2026-01-02T04:04:05+01:00", "engineVersion": "9"}


@pytest.mark.parametrize(
    ("more", "facts"),
    [
        ({"upgrades": [], "wayBack": None}, []),
        ({"upgrades": [PLAIN, NEW], "wayBack": BEFORE}, [
            "  Upgrades  10.5, 11 (see: storectl upgrade my-shop --list)",
            "  Way back  version 9 as of 2026-01-02 03:04:05 UTC (see: storectl rollback my-shop)",
        ]),
        ({"upgrades": [NEW], "nextVersion": "11"}, ["  Next version  11"]),
        ({"upgrades": [NEW], "wayBack": BEFORE, "target": "DELETED"}, []),
    ],
)  # fmt: skip
def test_a_store_tells_of_its_versions(more: dict[str, Any], facts: list[str]) -> None:
    told = ("  Next version", "  Upgrades", "  Way back")
    assert [line for line in wording.store_lines(READY | more) if line.startswith(told)] == facts


def test_the_versions_on_offer_are_listed() -> None:
    assert wording.upgrade_rows([PLAIN, NEW]) == [
        ("VERSION", "WHAT IS NEW"), ("10.5", "-"), ("11 (default)", "A faster check-out."),
    ]  # fmt: skip
    assert wording.no_upgrade(STORE) == (
        "my-shop has woocommerce 10. No version that follows it is on offer."
    )


@pytest.mark.parametrize(
    ("version", "what"),
    [
        (NEW, "my-shop gets version 11 in place of 10. What is new: A faster check-out."),
        (PLAIN, "my-shop gets version 10.5 in place of 10."),
    ],
)
def test_what_an_upgrade_means_is_said_before(version: dict[str, Any], what: str) -> None:
    assert wording.upgrade_question(STORE, version) == (
        f"{what} Visitors are told that it is closed meanwhile, which takes some minutes. It is"
        " saved as it is before, and brought back if the upgrade fails. Upgrade it?"
    )


@pytest.mark.parametrize(
    ("is_saved", "saved"),
    [
        (True, "It is closed and saved as it is before."),
        (False, "It is not saved as it is before: what is in no backup is lost for good."),
    ],
)
def test_what_a_rollback_loses_is_said_before(
    is_saved: bool,  # noqa: FBT001
    saved: str,
) -> None:
    backup = BACKUP | {"engineVersion": "9", "lostByRestore": [{"name": "orders", "number": 3}]}
    assert wording.rollback_question(STORE, backup, is_saved=is_saved) == (
        "my-shop gets version 9 again in place of 10, becomes what it was at 2026-01-02 03:04:05"
        " UTC, and loses what came after that: 3 orders up to its newest backup, and all since"
        f" then. {saved} Roll it back to backup 7?"
    )


def test_what_was_done_is_told_in_words() -> None:
    upgrade: dict[str, Any] = {
        "number": 2, "kind": "UPGRADE", "status": "SUCCEEDED", "askedByName": "Anna",
        "queuedAt": "2026-01-02T03:04:05+00:00", "startedAt": None, "finishedAt": None,
        "reason": None, "parameters": {"id": "store_1", "version": "11"},
    }  # fmt: skip
    others: tuple[dict[str, Any], ...] = (
        {"parameters": {"id": "store_1"}},
        {"parameters": None},
        {"kind": "RESTORE", "parameters": {"id": "store_1"}},
        {"kind": "RESTORE", "parameters": {"id": "backup_1_2"}},
        {"kind": "RESTORE", "parameters": None, "askedByName": None},
    )
    _, *rows = wording.operation_rows([upgrade, *({**upgrade, **other} for other in others)])
    assert [row[1] for row in rows] == [
        "Upgrade to 11", "Upgrade", "Upgrade", "Roll back", "Restore in place", "Bring back",
    ]  # fmt: skip
    assert [wording.words(name) for name in ("PREFLIGHT", "PROBE")] == [
        "Check version", "Check shop",
    ]  # fmt: skip
