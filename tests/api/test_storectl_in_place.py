"""storectl and its assistant put backups in place of the shops that they are of."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.api.backed_up import CONTENTS, storectl_of
from tests.api.conftest import BACKUPS, running_service
from tests.e2e.assistant import assistant
from tests.e2e.service import Service
from tests.e2e.storectl import Storectl

Recorded = list[list[tuple[Any, ...]]]

IN_PLACE = ("restore", "my-shop", "--in-place")
CHOOSE = (
    "Pass either NEW_NAME, to create a new shop from the backup, or --in-place, to put the backup"
    " in place of my-shop itself."
)
FOLLOW = "Follow it with: storectl status my-shop --watch\n"
QUESTION = (
    "my-shop becomes what it was at 2026-05-28 20:26:40 UTC, and loses what came after that: 6"
    " orders up to its newest backup, and all since then. It is closed and saved as it is before."
    " Restore backup 1 in its place? [y/N]: "
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("storectl-in-place"), **BACKUPS) as made:
        yield made


@pytest.fixture
def storectl(service: Service, tmp_path: Path) -> Storectl:
    """Mira's, whose shop has had 6 orders between its backups 1 and 3."""
    made = storectl_of(tmp_path, service)
    service.sql(
        "UPDATE backups SET counts = :counts, made_at = made_at + 3600000000 WHERE number = 3"
        " RETURNING number",
        counts='{"orders":9,"products":2}',
    )
    return made


@pytest.fixture
def recorded(service: Service) -> Callable[[], Recorded]:
    """Read what is recorded of stores: equal before and after is nothing changed."""
    tables = ("stores", "operations", "steps", "backups", "events")
    return lambda: [service.sql(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]  # noqa: S608 - the names above


def latest(storectl: Storectl) -> dict[str, Any]:
    return dict(storectl.json("history", "my-shop")[0])


def steps_of(operation: dict[str, Any]) -> list[str]:
    return [step["name"] for step in operation["steps"]]


def test_a_backup_takes_the_place_of_the_shop(storectl: Storectl) -> None:
    said = storectl.ok(*IN_PLACE, "--backup", "1", "--yes")

    assert said == f"Backup 1 is asked for in place of my-shop as it is now ({CONTENTS}). {FOLLOW}"
    made = latest(storectl)
    assert (made["kind"], made["status"], made["askedBy"]) == ("RESTORE", "QUEUED", "mira")
    assert made["parameters"]["id"].endswith("_1")
    assert steps_of(made)[:5] == ["CLOSE", "REPOSITORY", "SAVE", "CHECK", "REMOVE"]
    assert "2       Restore in place  QUEUED     mira" in storectl.ok("history", "my-shop")
    shown = storectl.ok("status", "my-shop")
    assert shown.startswith("my-shop is READY, and a backup is being restored in its place.\n")
    assert "· Close shop" in shown
    assert "· Remove old shop" in shown
    assert [item["name"] for item in storectl.json("list")] == ["my-shop"]

    before = latest(storectl)
    code, refused = storectl.fails(*IN_PLACE, "--yes")
    assert code == 1
    assert refused.startswith("A backup is being restored in place of the shop (RESTORE), and only")
    assert latest(storectl) == before


def test_the_newest_is_taken_unless_one_is_named(storectl: Storectl) -> None:
    store = storectl.json(*IN_PLACE, "--yes")
    assert (store["name"], store["status"]) == ("my-shop", "READY")
    assert (store["operation"]["kind"], store["operation"]["status"]) == ("RESTORE", "QUEUED")
    assert latest(storectl)["parameters"]["id"].endswith("_3")


def test_it_asks_with_what_is_lost(storectl: Storectl, recorded: Callable[[], Recorded]) -> None:
    before = recorded()
    code, shown = storectl.on_a_terminal(*IN_PLACE, "--backup", "1", typed="n")
    assert (code, shown.splitlines()) == (1, [f"{QUESTION}n", "Nothing was restored."])
    code, shown = storectl.on_a_terminal(*IN_PLACE, "--backup", "1", stop_at="[y/N]: ")
    assert (code, "Traceback" in shown) == (130, False)
    assert recorded() == before

    code, shown = storectl.on_a_terminal(*IN_PLACE, "--backup", "1", typed="y")
    assert code == 0
    assert shown.splitlines()[0] == f"{QUESTION}y"
    assert latest(storectl)["kind"] == "RESTORE"


def test_a_shop_that_has_failed_is_not_saved(
    service: Service, storectl: Storectl, recorded: Callable[[], Recorded]
) -> None:
    service.sql("UPDATE stores SET status = 'FAILED' RETURNING id")
    before = recorded()
    code, refused = storectl.fails(*IN_PLACE, "--yes")
    assert code == 1
    assert refused == (
        "The store is FAILED, so its shop cannot be saved as it is. Retry the store first, or"
        " restore without a backup of the present (`withoutBackup: true`, `storectl restore"
        " --without-backup`): what is in no backup is lost for good then."
    )
    assert recorded() == before

    code, shown = storectl.on_a_terminal(*IN_PLACE, "--without-backup", typed="n")
    assert code == 1
    assert shown.splitlines()[0] == (
        "my-shop becomes what it was at 2026-05-28 21:26:40 UTC, and loses what came after that. It"
        " is not saved as it is before: what is in no backup is lost for good. Restore backup 3 in"
        " its place? [y/N]: n"
    )
    assert recorded() == before

    made = storectl.json(*IN_PLACE, "--without-backup", "--yes")
    assert (made["status"], made["operation"]["kind"]) == ("QUEUED", "RESTORE")
    assert steps_of(latest(storectl))[0] == "REMOVE"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("my-shop",), 2, CHOOSE),
        (("my-shop", "the-new-one", "--in-place"), 2, CHOOSE),
        (("my-shop", "the-new-one", "--without-backup"), 2,
         "--without-backup is for --in-place: a new shop replaces no other."),
        (("my-shop", "--in-place", "--key", "once"), 2,
         "--email, --plan and --key are for a new shop: leave them out with --in-place."),
        (("my-shop", "--in-place", "--email", "ada@example.com"), 2,
         "--email, --plan and --key are for a new shop: leave them out with --in-place."),
        (("my-shop", "--in-place"), 2,
         "There is no terminal to confirm this. Pass --yes to restore without it."),
        (("my-shop", "--in-place", "--yes", "--backup", "2"), 1,
         "There is no backup 2 of my-shop. List those that there are: storectl backups my-shop"),
        (("no-such-shop", "--in-place", "--yes"), 5,
         "You have no store no-such-shop. If it is already deleted, use its id."),
    ],
)  # fmt: skip
def test_nothing_is_restored_by_mistake(
    storectl: Storectl,
    recorded: Callable[[], Recorded],
    arguments: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    before = recorded()
    assert storectl.fails("restore", *arguments) == (code, says)
    assert recorded() == before


def test_a_viewer_restores_nothing(
    service: Service, storectl: Storectl, recorded: Callable[[], Recorded]
) -> None:
    viewer, before = replace(storectl, token=service.token("mira", "viewer")), recorded()
    assert viewer.fails(*IN_PLACE, "--yes") == (
        1, "Your role is viewer; ask an admin for the operator role.",
    )  # fmt: skip
    assert recorded() == before


def test_a_watch_goes_on_while_the_shop_is_still_ready(storectl: Storectl) -> None:
    # Given a watch of a restore that waits, since the cluster is away
    watch = storectl.start(*IN_PLACE, "--yes", "--watch")
    assert watch.stdout is not None
    assert watch.stdout.readline() == (
        "my-shop is READY, and a backup is being restored in its place.\n"
    )
    # When the shop is deleted
    store_id = storectl.json("delete", "my-shop", "--yes")["id"]
    # Then the watch ends, and says that this is not what was asked for
    _, said = watch.communicate(timeout=60)
    assert watch.returncode == 1
    assert said == (
        "The backup was not seen to be restored in place of my-shop, because something else was"
        f" done with it. See `storectl history {store_id}`.\n"
    )


def test_ctrl_c_ends_only_the_watch(storectl: Storectl) -> None:
    watch = storectl.start(*IN_PLACE, "--yes", "--watch")
    assert watch.stdout is not None
    watch.stdout.readline()
    watch.send_signal(signal.SIGINT)
    _, said = watch.communicate(timeout=60)
    assert watch.returncode == 130
    assert "No longer watching; my-shop goes on without you." in said
    assert latest(storectl)["status"] == "QUEUED"


async def test_an_assistant_is_told_what_is_lost_before(
    storectl: Storectl, recorded: Callable[[], Recorded]
) -> None:
    before = recorded()
    given = {"store": "my-shop", "number": 1, "wait_seconds": 0}
    async with assistant(storectl, "--allow-destructive") as mira:
        (told,) = await mira.fails("restore_in_place", **given)
        assert told == {
            "code": "LOSS_NOT_ACCEPTED", "field": "acceptLossSince",
            "message": "The shop becomes what it was at 2026-05-28 20:26:40 UTC, and loses what"
            " came after that. The newest backup, of 2026-05-28 21:26:40 UTC, has 6 orders more."
            " The shop is closed and saved as it is before, and that backup can be restored in"
            ' turn. To go on, pass `acceptLossSince: "2026-05-28T20:26:40+00:00"`.',
            "remedy": "Tell the user what would be lost. Pass accept_loss_since only if they"
            " agree.",
        }  # fmt: skip
        (told,) = await mira.fails("restore_in_place", **given, without_backup=True)
        assert "what is in no backup is lost for good" in told["message"]
        (told,) = await mira.fails("restore_in_place", **given, accept_loss_since="yesterday")
        assert "yesterday" in told["message"]
        assert recorded() == before

        listed = (await mira.ok("list_backups", store="my-shop"))["backups"]
        assert [(item["number"], item["lost_by_restore"]) for item in listed] == [
            (3, []), (1, [{"name": "orders", "number": 6}]),
        ]  # fmt: skip
        made = await mira.ok("restore_in_place", **given, accept_loss_since=listed[1]["made_at"])
    assert (made["name"], made["status"], made["is_settled"]) == ("my-shop", "READY", False)
    assert (made["operation"]["kind"], made["operation"]["status"]) == ("RESTORE", "QUEUED")
    assert latest(storectl)["parameters"]["id"].endswith("_1")


async def test_an_assistant_restores_a_shop_that_has_failed(
    service: Service, storectl: Storectl
) -> None:
    service.sql("UPDATE stores SET status = 'FAILED' RETURNING id")
    async with assistant(storectl, "--allow-destructive") as mira:
        made = await mira.ok(
            "restore_in_place", store="my-shop", number=3, without_backup=True, wait_seconds=1,
            accept_loss_since="2026-05-28T21:26:40+00:00",
        )  # fmt: skip
    assert (made["status"], made["is_settled"]) == ("QUEUED", False)
    assert steps_of(made)[0] == "REMOVE"
