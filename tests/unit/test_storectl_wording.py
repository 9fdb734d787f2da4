"""What storectl says of stores, steps and times."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.storectl import wording

STORE: dict[str, Any] = {
    "id": "store_1", "name": "my-shop", "title": "my-shop", "owner": "anna", "ownerName": "anna",
    "engine": "woocommerce", "engineVersion": "10", "nextVersion": None, "isCopy": False,
    "status": "FAILED", "target": "READY", "url": "http://my-shop.example", "adminUrl": None,
    "version": 7, "queuePosition": None, "createdAt": "2026-01-02T03:04:05+00:00",
    "updatedAt": "2026-01-02T03:05:05+00:00", "readyAt": None, "suspendedAt": None,
    "deletedAt": None,
    "reason": {"code": "HELM_FAILED", "message": "helm could not install."},
    "steps": [
        {"name": "NAMESPACE", "status": "SUCCEEDED", "message": "Made.", "output": None,
         "startedAt": "2026-01-02T03:04:05+00:00", "finishedAt": "2026-01-02T03:04:05.250+00:00"},
        {"name": "HELM_INSTALL", "status": "FAILED", "message": "helm could not install.",
         "output": "line 1\nline 2", "startedAt": "2026-01-02T03:04:05+00:00",
         "finishedAt": "2026-01-02T03:05:25+00:00"},
        {"name": "SETUP_JOB", "status": "PENDING", "message": None, "output": None,
         "startedAt": None, "finishedAt": None},
    ],
    "pods": [{"name": "web-0", "status": "ErrImagePull", "message": "web:1: not found"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3.0, "0.0 s"), (0.25, "0.2 s"), (9.96, "10.0 s"), (12.4, "12 s"), (60, "1 min"),
        (85, "1 min 25 s"), (3600, "1 h"), (3725, "1 h 2 min"), (90_000, "1 d 1 h"),
    ],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


def test_a_step_still_running_counts_up_to_now() -> None:
    step = {**STORE["steps"][0], "status": "RUNNING", "finishedAt": None}
    now = datetime(2026, 1, 2, 3, 4, 7, tzinfo=UTC)
    assert wording.step_line(step, now) == "… Namespace              2.0 s  Made."


def test_a_store_line_by_line() -> None:
    lines = wording.store_lines({**STORE, "createdAt": datetime.now(UTC).isoformat()})
    assert lines == [
        "my-shop is FAILED.",
        "helm could not install.",
        "  Address  http://my-shop.example",
        "  Engine   woocommerce 10",
        "  Owner    anna",
        "  Created  0.0 s ago",
        "  Id       store_1",
        "Steps",
        "  ✓ Namespace              0.2 s  Made.",
        "  ✗ Helm install      1 min 20 s  helm could not install.",
        "  · Setup job",
        "Pods",
        "  web-0  ErrImagePull  web:1: not found",
    ]


def test_a_copy_is_told_from_other_stores() -> None:
    copy = {**STORE, "isCopy": True, "ownerSource": "local"}
    _, row, other = wording.store_rows([copy, {**copy, "isCopy": False}])
    assert (row[2], other[2]) == ("woocommerce 10 (copy)", "woocommerce 10")
    heading, what, why, *_ = wording.store_lines(copy)
    assert (heading, why) == ("my-shop is FAILED.", "helm could not install.")
    assert what == (
        "It is a copy, to try things in: it sends no mail, takes no payments and calls nobody"
        " outside."
    )


def test_a_shop_that_is_paused() -> None:
    now = datetime.now(UTC).isoformat()
    paused = {**STORE, "status": "SUSPENDED", "reason": None, "createdAt": now, "steps": [],
              "suspendedAt": now, "pods": []}  # fmt: skip
    assert wording.store_lines(paused) == [
        "my-shop is SUSPENDED.",
        (
            "It is paused: nothing of it runs, and visitors are told that it is closed for now."
            " What is in it, its address and its backups are kept. Open it again with: storectl"
            " resume my-shop"
        ),
        "  Address       http://my-shop.example",
        "  Engine        woocommerce 10",
        "  Owner         anna",
        "  Created       0.0 s ago",
        "  Paused since  0.0 s ago",
        "  Id            store_1",
    ]


def test_since_when_it_is_paused_is_said_until_it_is_open_again() -> None:
    operation = {"number": 3, "kind": "RESUME", "status": "RUNNING"}
    opening = {**STORE, "status": "PROVISIONING", "reason": None, "operation": operation,
               "suspendedAt": datetime.now(UTC).isoformat()}  # fmt: skip
    lines = wording.store_lines(opening)
    assert lines[0] == "my-shop is PROVISIONING, and is being opened again."
    assert "  Paused since  0.0 s ago" in lines


def test_why_it_failed() -> None:
    event = {
        "version": 7, "kind": "STATUS", "subject": "store", "status": "FAILED",
        "message": "helm could not install.", "occurredAt": "2026-01-02T03:05:05.5+00:00",
    }  # fmt: skip
    assert wording.failure_lines(STORE, [event]) == [
        "my-shop is FAILED.",
        "HELM_FAILED: helm could not install.",
        "",
        "Helm install, failed: helm could not install.",
        "  | line 1",
        "  | line 2",
        "",
        "Events (times in UTC)",
        "  2026-01-02 03:05:05  store  FAILED  helm could not install.",
    ]


@pytest.mark.parametrize(
    ("bytes_in_all", "text"),
    [
        (0.0, "0 bytes"), (999.0, "999 bytes"), (1000.0, "1.0 kB"), (2_345_678.0, "2.3 MB"),
        (12_000_000_000.0, "12.0 GB"), (3e15, "3000.0 TB"),
    ],
)  # fmt: skip
def test_sizes(bytes_in_all: float, text: str) -> None:
    assert wording.size(bytes_in_all) == text


BACKUP: dict[str, Any] = {
    "number": 7, "madeAt": "2026-01-02T04:04:05.5+01:00", "sizeInBytes": 2_345_678.0,
    "addedInBytes": 1000.0, "engine": "medusa", "engineVersion": "2.21",
    "counts": [{"name": "orders", "number": 12}, {"name": "products", "number": 3}],
    "isPinned": False, "keptUntil": None,
    "check": {"isUnderWay": False, "endedAt": None, "fault": None},
}  # fmt: skip


def test_backups_with_what_is_in_them() -> None:
    assert wording.backup_rows([BACKUP]) == [
        ("NUMBER", "MADE AT (UTC)", "SIZE", "CONTENTS", "VERSION"),
        ("7", "2026-01-02 03:04:05", "2.3 MB", "12 orders, 3 products", "medusa 2.21"),
    ]


def test_how_long_backups_are_kept_is_a_column_where_it_is_known() -> None:
    backups = [
        BACKUP | {"isPinned": True},
        BACKUP | {"keptUntil": "2026-02-01T01:00:00+01:00"},
        BACKUP,
    ]
    rows = wording.backup_rows(backups)
    assert [row[5] for row in rows] == ["KEPT", "pinned", "until 2026-02-01 00:00:00 UTC", ""]
    assert {len(row) for row in rows} == {6}


def test_what_came_of_a_check_is_a_column_where_there_was_one() -> None:
    ended = {"isUnderWay": False, "endedAt": "2026-02-01T01:00:00+01:00", "fault": None}
    backups = [
        BACKUP,
        BACKUP | {"check": {**ended, "isUnderWay": True}},
        BACKUP | {"check": ended},
        BACKUP | {"number": 3, "check": {**ended, "fault": "It has no orders."}},
    ]
    assert [row[5] for row in wording.backup_rows(backups)] == [
        "CHECKED (UTC)", "-", "now", "good 2026-02-01 00:00:00", "failed 2026-02-01 00:00:00",
    ]  # fmt: skip
    assert wording.check_faults(backups) == ["No shop could be made of backup 3: It has no orders."]


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"isPinned": True}, "is kept until you unpin it"),
        ({}, "is not pinned any more, and is kept as long as others are"),
        ({"keptUntil": "2026-02-01T01:00:00+01:00"},
         "is not pinned any more, and is kept until 2026-02-01 00:00:00 UTC"),
    ],
)  # fmt: skip
def test_a_pin_says_how_long_the_backup_is_kept(changed: dict[str, Any], text: str) -> None:
    assert wording.pin_line("my-shop", BACKUP | changed) == (
        f"Backup 7 of my-shop {text} (2026-01-02 03:04:05 UTC: 12 orders, 3 products)."
    )


def test_a_backup_in_a_sentence() -> None:
    backup: dict[str, Any] = {
        "madeAt": "2026-01-02T04:04:05.5+01:00", "counts": [{"name": "orders", "number": 12}],
    }  # fmt: skip
    assert wording.backup_summary(backup) == "2026-01-02 03:04:05 UTC: 12 orders"
    assert wording.backup_summary(backup | {"counts": []}) == "2026-01-02 03:04:05 UTC"


SAVED = "It is closed and saved as it is before."
NOT_SAVED = "It is not saved as it is before: what is in no backup is lost for good."
LOST = [{"name": "orders", "number": 3}, {"name": "products", "number": 2}]
COUNTED = ": 3 orders, 2 products up to its newest backup, and all since then"


@pytest.mark.parametrize(
    ("lost", "is_saved", "counted", "saved"),
    [
        (LOST, True, COUNTED, SAVED),
        ([], True, "", SAVED),
        (LOST, False, COUNTED, NOT_SAVED),
        ([], False, "", NOT_SAVED),
    ],
)
def test_what_is_lost_is_said_before_it_is_asked_for(
    lost: list[dict[str, Any]],
    is_saved: bool,  # noqa: FBT001
    counted: str,
    saved: str,
) -> None:
    backup = BACKUP | {"lostByRestore": lost}
    assert wording.restore_question("my-shop", backup, is_saved=is_saved) == (
        "my-shop becomes what it was at 2026-01-02 03:04:05 UTC, and loses what came after that"
        f"{counted}. {saved} Restore backup 7 in its place?"
    )


def test_a_restore_in_place_is_told_from_the_one_that_undoes_it() -> None:
    asked: dict[str, Any] = {
        "number": 2, "kind": "RESTORE", "status": "FAILED", "askedByName": "Anna",
        "queuedAt": "2026-01-02T03:04:05+00:00", "startedAt": None, "finishedAt": None,
        "reason": None, "parameters": {"id": "backup_1_2"},
    }  # fmt: skip
    undoing = asked | {"number": 3, "askedByName": None, "parameters": None}
    _, *rows = wording.operation_rows([undoing, asked])
    assert [row[1] for row in rows] == ["Bring back", "Restore in place"]
    assert [row[3] for row in rows] == ["the platform", "Anna"]


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("RESTORE", "QUEUED", "READY, and a backup is being restored in its place"),
        ("RESTORE", "RUNNING", "READY, and a backup is being restored in its place"),
        ("RESTORE", "SUCCEEDED", "READY"),
        ("RESTORE", "FAILED", "READY"),
        ("BACKUP", "RUNNING", "READY"),
        ("SUSPEND", "QUEUED", "READY, and is being paused"),
        ("SUSPEND", "RUNNING", "READY, and is being paused"),
        ("SUSPEND", "FAILED", "READY"),
        ("RESUME", "SUCCEEDED", "READY"),
        ("RESTART", "QUEUED", "READY, and is being restarted"),
        ("RESTART", "RUNNING", "READY, and is being restarted"),
        ("RESTART", "SUCCEEDED", "READY"),
        ("RESTART", "FAILED", "READY"),
        ("RESET_PASSWORD", "RUNNING", "READY, and its administrator gets a new password"),
        ("RESET_PASSWORD", "SUCCEEDED", "READY"),
    ],
)
def test_a_status_says_what_is_done_with_the_whole_shop(kind: str, status: str, text: str) -> None:
    operation = {"number": 2, "kind": kind, "status": status, "askedByName": "Anna"}
    store = STORE | {"status": "READY", "operation": operation, "reason": None}
    assert wording.store_lines(store)[0] == f"my-shop is {text}."
    assert wording.failure_lines(store, [])[0] == f"my-shop is {text}."


def test_what_was_done_with_a_store_is_told_in_words() -> None:
    operation: dict[str, Any] = {
        "number": 1, "kind": "CREATE", "status": "SUCCEEDED", "askedByName": "Anna",
        "queuedAt": "2026-01-02T03:04:05+00:00", "startedAt": None, "finishedAt": None,
        "reason": None, "parameters": {"name": "my-shop", "fromBackup": "backup_1_2"},
    }  # fmt: skip
    others: tuple[dict[str, Any], ...] = (
        {"parameters": {"fromBackup": "backup_1_2", "asCopy": True}},
        {"parameters": {"fromBackup": "backup_1_2", "asCopy": False}},
        {"parameters": {"name": "my-shop"}},
        {"kind": "RETRY", "parameters": None},
        {"kind": "SUSPEND", "parameters": {"id": "store_1"}},
        {"kind": "RESUME", "parameters": {"id": "store_1"}},
        {"kind": "RESTART", "parameters": {"id": "store_1"}},
    )
    rows = wording.operation_rows([operation, *({**operation, **other} for other in others)])
    assert [row[1] for row in rows[1:]] == [
        "Create from backup", "Create copy from backup", "Create from backup", "Create", "Retry",
        "Pause", "Open again", "Restart",
    ]  # fmt: skip


def test_the_steps_on_a_whole_shop_say_what_they_are_about() -> None:
    told = [wording.words(name) for name in ("REPOSITORY", "SAVE", "CHECK", "RESTORE")]
    assert told == ["Prepare backup", "Save backup", "Check backup", "Load backup"]
    assert [wording.words(name) for name in ("CLOSE", "REMOVE", "STOP", "OPEN", "RESTART")] == [
        "Close shop", "Remove old shop", "Stop shop", "Open shop", "Restart",
    ]  # fmt: skip


@pytest.mark.parametrize(("limit", "text"), [(None, "Stores: 2"), (5, "Stores: 2 of 5")])
def test_quota(limit: int | None, text: str) -> None:
    assert wording.quota({"storesUsed": 2, "storesLimit": limit, "storesLeft": None}) == text


def test_owners_are_told_where_there_are_several() -> None:
    ours = {**STORE, "ownerSource": "local"}
    heads, row = wording.store_rows([ours])
    assert heads == ("NAME", "STATUS", "ENGINE", "CREATED", "ADDRESS")
    assert row[:3] == ("my-shop", "FAILED", "woocommerce 10")
    assert row[4] == "http://my-shop.example"
    # The same name from another source is somebody else
    heads, row, _ = wording.store_rows([ours, {**ours, "ownerSource": "https://issuer.test"}])
    assert heads[3] == "OWNER"
    assert row[3] == "anna"


def test_a_title_is_told_where_it_is_not_the_name() -> None:
    shown = wording.store_lines({**STORE, "title": "Ada's Candles"}, width=80)
    assert [line.split() for line in shown if "Title" in line] == [["Title", "Ada's", "Candles"]]
    assert not any("Title" in line for line in wording.store_lines(STORE, width=80))
