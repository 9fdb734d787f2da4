"""Which backups of a store are kept: the recent ones, then one for each day, week and month.

This is the rule of grandfather, father and son, as restic's ``forget`` has it: of all backups in a
period the newest is kept, and periods without a backup do not count.
https://restic.readthedocs.io/en/stable/060_forget.html#removing-snapshots-according-to-a-policy
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from provisioner.domain.backups import Backup, Keep


@dataclass(frozen=True, slots=True)
class StoredBackups:
    """The backups of one store, and the numbers of those that stores are being made from.

    ``deleted_at`` is when the store was deleted; None while it is not.
    """

    store_id: str
    deleted_at: datetime | None
    backups: Sequence[Backup]
    in_use: Collection[int] = ()


_PERIODS: tuple[tuple[str, Callable[[datetime], object]], ...] = (
    ("days", lambda made_at: made_at.date()),
    ("weeks", lambda made_at: made_at.isocalendar()[:2]),
    ("months", lambda made_at: (made_at.year, made_at.month)),
)


def kept_until(backup: Backup, deleted_at: datetime | None, keep: Keep) -> datetime | None:
    """Return when a backup of a deleted store is removed at the latest.

    None where no time is set for it: the store is not deleted, or the backup is pinned.
    """
    if deleted_at is None or keep.deleted is None or backup.is_pinned:
        return None
    return deleted_at + keep.deleted


def expendable(stored: StoredBackups, keep: Keep, now: datetime) -> list[Backup]:
    """Return the backups of one store that may be removed, newest first.

    Never among them are pinned ones and those in use, and the newest one of a store until the time
    after its deletion is over.
    """
    protected = {backup.number for backup in stored.backups if backup.is_pinned}
    protected.update(stored.in_use)
    ordered = sorted(stored.backups, key=lambda backup: backup.number, reverse=True)
    if not _is_over(stored.deleted_at, keep, now):
        protected.update(_by_period(ordered, keep))
    return [backup for backup in ordered if backup.number not in protected]


def _is_over(deleted_at: datetime | None, keep: Keep, now: datetime) -> bool:
    return deleted_at is not None and keep.deleted is not None and now >= deleted_at + keep.deleted


def _by_period(ordered: Sequence[Backup], keep: Keep) -> set[int]:
    """Return the numbers of those that are kept for their age, out of all, newest first."""
    kept = {
        backup.number
        for backup in ordered
        if backup is ordered[0] or backup.made_at > ordered[0].made_at - keep.recent
    }
    for name, period_of in _PERIODS:
        seen: list[object] = []
        for backup in ordered:
            period = period_of(backup.made_at)
            if period not in seen and len(seen) < getattr(keep, name):
                seen.append(period)
                kept.add(backup.number)
    return kept
