"""storectl and its assistant pin backups, and tell how long each is kept."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.api.backed_up import CONTENTS, storectl_of
from tests.api.conftest import BACKUPS, running_service
from tests.api.test_backups import add_backups
from tests.e2e.assistant import assistant
from tests.e2e.service import Service
from tests.e2e.storectl import Storectl


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("storectl-pins")
    with running_service(folder, **BACKUPS) as made:
        yield made


@pytest.fixture
def storectl(service: Service, tmp_path: Path) -> Storectl:
    return storectl_of(tmp_path, service)


def pinned(service: Service) -> list[int]:
    rows = service.sql("SELECT number FROM backups WHERE pinned = 1 ORDER BY number")
    return [number for (number,) in rows]


def test_a_backup_is_pinned_and_unpinned(service: Service, storectl: Storectl) -> None:
    for _ in range(2):
        assert storectl.ok("pin", "my-shop", "1") == (
            f"Backup 1 of my-shop is kept until you unpin it ({CONTENTS}).\n"
        )
    assert pinned(service) == [1]
    heads, newest, oldest = storectl.ok("backups", "my-shop").splitlines()
    assert heads.split()[-1] == "KEPT"
    assert (newest.split()[-1], oldest.split()[-1]) == ("2.21", "pinned")
    assert [item["isPinned"] for item in storectl.json("backups", "my-shop")] == [False, True]

    assert storectl.ok("unpin", "my-shop", "1") == (
        f"Backup 1 of my-shop is not pinned any more, and is kept as long as others are"
        f" ({CONTENTS}).\n"
    )
    assert pinned(service) == []
    assert "KEPT" not in storectl.ok("backups", "my-shop")


def test_a_deleted_shops_are_kept_for_a_time_or_pinned(
    service: Service, storectl: Storectl
) -> None:
    store_id = storectl.json("status", "my-shop")["id"]
    service.sql(
        "UPDATE stores SET status = 'DELETED', target = 'DELETED', deleted_at = :at"
        " RETURNING 1 AS one",
        at=1_790_000_000_000_000,
    )
    until = "2026-10-21 14:13:20 UTC"

    assert storectl.ok("pin", store_id, "3").startswith(f"Backup 3 of {store_id} is kept until you")
    _, newest, oldest = storectl.ok("backups", store_id).splitlines()
    assert newest.endswith("  pinned")
    assert oldest.endswith(f"  until {until}")
    kept = [item["keptUntil"] for item in storectl.json("backups", store_id)]
    assert kept == [None, "2026-10-21T14:13:20+00:00"]

    changed = storectl.json("unpin", store_id, "3")
    assert (changed["number"], changed["isPinned"], changed["keptUntil"]) == (3, False, kept[1])
    assert f"any more, and is kept until {until} (" in storectl.ok("unpin", store_id, "3")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("pin", "my-shop", "2"), 1,
         "There is no backup 2 of my-shop. List those that there are: storectl backups my-shop"),
        (("unpin", "no-such-shop", "1"), 5, "You have no store no-such-shop."),
        (("pin", "my-shop"), 2, "Missing argument 'NUMBER'"),
        (("unpin", "my-shop", "newest"), 2, "Invalid value for 'NUMBER'"),
    ],
)  # fmt: skip
def test_nothing_is_changed_by_mistake(
    service: Service, storectl: Storectl, arguments: tuple[str, ...], code: int, says: str
) -> None:
    storectl.ok("pin", "my-shop", "3")
    done = storectl.run(*arguments)
    assert done.returncode == code
    assert says in done.stderr
    assert pinned(service) == [3]


def test_a_viewer_cannot_pin(service: Service, storectl: Storectl) -> None:
    viewer = replace(storectl, token=service.token("mira", "viewer"))
    code, said = viewer.fails("pin", "my-shop", "1")
    assert (code, said) == (1, "Your role is viewer; ask an admin for the operator role.")
    assert pinned(service) == []


async def test_an_assistant_pins(service: Service, storectl: Storectl) -> None:
    store_id = storectl.json("status", "my-shop")["id"]
    add_backups(service, store_id, *range(4, 14))
    service.sql("UPDATE backups SET pinned = 1 WHERE number > 4 RETURNING 1 AS one")
    async with assistant(storectl) as mira:
        made = await mira.ok("pin_backup", store="my-shop", number=1)
        assert (made["number"], made["is_pinned"], made["kept_until"]) == (1, True, None)
        assert pinned(service) == [1, *range(5, 14)]

        (told,) = await mira.fails("pin_backup", store="my-shop", number=3)
        assert told == {
            "code": "TOO_MANY_PINNED", "field": "id",
            "message": "A store can have 10 pinned backups; unpin one of them first.",
            "remedy": "Ask the user which of the pinned backups to unpin; list_backups has them.",
        }  # fmt: skip
        (told,) = await mira.fails("unpin_backup", store="my-shop", number=99)
        assert told["code"] == "BACKUP_UNKNOWN"
        assert pinned(service) == [1, *range(5, 14)]

        await mira.ok("unpin_backup", store="my-shop", number=13)
        listed = await mira.ok("list_backups", store="my-shop", limit=2)
    assert [(item["number"], item["is_pinned"]) for item in listed["backups"]] == [
        (13, False), (12, True),
    ]  # fmt: skip
    assert pinned(service) == [1, *range(5, 13)]


def test_the_shell_completes_numbers_of_backups(storectl: Storectl) -> None:
    for line, offered in (
        ("storectl pin my", ["my-shop"]),
        ("storectl pin my-shop 3", ["3"]),
        ("storectl unpin my-shop 2", []),
        ("storectl unpin no-such-shop 3", []),
    ):
        assert storectl.complete(line) == offered
