"""What a shop loses when a backup is put in its place, in numbers and in words."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.domain.backups import Backup
from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal
from provisioner.domain.losses import lost_counts, not_accepted
from tests.backups import a_backup

MADE_AT = datetime(2026, 11, 30, 14, 5, 0, 250_000, tzinfo=UTC)
SAVED = "The shop is closed and saved as it is before, and that backup can be restored in turn."
NOT_SAVED = "The shop is not saved as it is before: what is in no backup is lost for good."
BEGINS = "The shop becomes what it was at 2026-11-30 14:05:00 UTC, and loses what came after that."
TO_GO_ON = 'To go on, pass `acceptLossSince: "2026-11-30T14:05:00.250000+00:00"`.'


def backup(number: int, counts: Mapping[str, int]) -> Backup:
    made_at = MADE_AT + timedelta(hours=number - 1)
    return replace(a_backup("shop", number, made_at), counts=counts)


OLD = backup(1, {"orders": 3, "products": 2})


def refusal(message: str) -> Refusal:
    return Refusal(RefusalCode.LOSS_NOT_ACCEPTED, message, "acceptLossSince")


@pytest.mark.parametrize(
    ("newest", "lost"),
    [
        (None, {}),
        ({}, {}),
        ({"orders": 3, "products": 2}, {}),
        ({"orders": 7, "products": 1}, {"orders": 4}),
        ({"orders": 4, "products": 4}, {"orders": 1, "products": 2}),
        ({"orders": 3, "products": 2, "customers": 5}, {}),  # the old one did not count them
    ],
)
def test_what_the_newest_has_more(
    newest: Mapping[str, int] | None, lost: Mapping[str, int]
) -> None:
    assert lost_counts(OLD, None if newest is None else backup(2, newest)) == lost


@pytest.mark.parametrize("newest", [None, OLD], ids=["none", "itself"])
def test_without_a_newer_one_only_the_moment_is_told(newest: Backup | None) -> None:
    told = not_accepted(OLD, newest, is_saved=True)
    assert told == refusal(f"{BEGINS} {SAVED} {TO_GO_ON}")


def test_a_newer_one_is_told_with_what_it_has_more() -> None:
    newest = backup(3, {"orders": 6, "products": 4})
    told = not_accepted(OLD, newest, is_saved=True)
    more = "The newest backup, of 2026-11-30 16:05:00 UTC, has 3 orders, 2 products more."
    assert told == refusal(f"{BEGINS} {more} {SAVED} {TO_GO_ON}")


def test_a_newer_one_that_has_no_more_is_told_too() -> None:
    newest = backup(2, {"orders": 3, "products": 1})
    told = not_accepted(OLD, newest, is_saved=True)
    more = (
        "The newest backup, of 2026-11-30 15:05:00 UTC, has no more than this one of what is"
        " counted."
    )
    assert told == refusal(f"{BEGINS} {more} {SAVED} {TO_GO_ON}")


def test_that_nothing_is_saved_is_told() -> None:
    told = not_accepted(OLD, None, is_saved=False)
    assert told == refusal(f"{BEGINS} {NOT_SAVED} {TO_GO_ON}")
