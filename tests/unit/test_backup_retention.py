"""Which backups of a store may be removed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.backup_retention import StoredBackups, expendable, kept_until
from provisioner.domain.backups import Backup, Keep
from tests.backups import a_backup

NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NONE = timedelta()
KEEP = Keep(days=7, weeks=4, months=6, deleted=30 * DAY)


def daily(days: int, *, pinned: frozenset[int] = frozenset()) -> list[Backup]:
    """Return a backup of each day until now; number 1 is the oldest."""
    return [
        a_backup("s", number, NOW - (days - number) * DAY, is_pinned=number in pinned)
        for number in range(1, days + 1)
    ]


def kept(stored: StoredBackups, keep: Keep = KEEP, now: datetime = NOW) -> list[Backup]:
    gone = expendable(stored, keep, now)
    return [backup for backup in stored.backups if backup not in gone]


def test_a_year_of_days_becomes_days_weeks_and_months() -> None:
    found = [
        backup.made_at.date().isoformat() for backup in kept(StoredBackups("s", None, daily(365)))
    ]
    assert found == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31",  # months
        "2026-06-14", "2026-06-21",  # weeks, which end on Sundays; the two others are days too
        "2026-06-24", "2026-06-25", "2026-06-26", "2026-06-27", "2026-06-28", "2026-06-29",
        "2026-06-30",
    ]  # fmt: skip


def test_of_a_day_the_newest_is_kept() -> None:
    made = [a_backup("s", n, NOW - timedelta(hours=9 - n)) for n in range(1, 10)]
    stored = StoredBackups("s", None, made)
    assert [backup.number for backup in kept(stored, Keep(NONE, 7, 4, 6))] == [9]


def test_all_recent_ones_are_kept_whenever_the_newest_was_made() -> None:
    made = [a_backup("s", n, NOW - timedelta(hours=9 - n)) for n in range(1, 10)]
    stored = StoredBackups("s", None, made)
    keep = Keep(timedelta(hours=4), 0, 0, 0)
    assert [backup.number for backup in kept(stored, keep, NOW + 99 * DAY)] == [6, 7, 8, 9]


def test_a_time_without_backups_does_not_count() -> None:
    made = [a_backup("s", n, NOW - (900 - 100 * n) * DAY) for n in range(1, 8)]
    assert kept(StoredBackups("s", None, made)) == made


def test_pinned_ones_and_those_in_use_stay_and_take_no_place() -> None:
    backups = daily(30, pinned=frozenset({3}))
    numbers = [b.number for b in kept(StoredBackups("s", None, backups, {5}), Keep(NONE, 2, 0, 0))]
    assert numbers == [3, 5, 29, 30]


def test_the_newest_stays_whatever_is_set() -> None:
    assert [b.number for b in kept(StoredBackups("s", None, daily(9)), Keep(NONE, 0, 0, 0))] == [9]


@pytest.mark.parametrize(
    ("after", "numbers"), [(30 * DAY - timedelta(seconds=1), [2, 4]), (30 * DAY, [2])]
)
def test_those_of_a_deleted_store_go_when_its_time_is_over(
    after: timedelta, numbers: list[int]
) -> None:
    backups = daily(4, pinned=frozenset({2}))
    stored = StoredBackups("s", NOW, backups)
    only_newest = Keep(NONE, 0, 0, 0, deleted=30 * DAY)
    assert [b.number for b in kept(stored, only_newest, NOW + after)] == numbers
    assert 4 in [
        b.number for b in kept(stored, Keep(NONE, 0, 0, 0, deleted=None), NOW + 9999 * DAY)
    ]


def test_until_when_one_is_kept() -> None:
    (backup,) = daily(1)
    (pinned,) = daily(1, pinned=frozenset({1}))
    assert kept_until(backup, NOW, KEEP) == NOW + 30 * DAY
    assert kept_until(backup, None, KEEP) is None
    assert kept_until(pinned, NOW, KEEP) is None
    assert kept_until(backup, NOW, Keep(deleted=None)) is None


_TIMES = st.lists(
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 6, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    max_size=60,
)
_COUNTS = st.integers(0, 8)


@given(_TIMES, _COUNTS, _COUNTS, _COUNTS, st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)))
def test_what_always_holds(
    times: list[datetime], days: int, weeks: int, months: int, pinned: set[int], used: set[int]
) -> None:
    keep = Keep(NONE, days, weeks, months)
    backups = [
        a_backup("s", number, made_at, is_pinned=number in pinned)
        for number, made_at in enumerate(sorted(times), start=1)
    ]
    left = kept(StoredBackups("s", None, backups, used), keep)
    numbers = {backup.number for backup in left}

    assert backups[-1:] == left[-1:]  # the newest
    assert (pinned | used) & {backup.number for backup in backups} <= numbers
    others = numbers - pinned - used
    assert len(others) <= max(days + weeks + months, 1)
    # What was kept once is kept until something newer comes.
    assert kept(StoredBackups("s", None, left, used), keep) == left
