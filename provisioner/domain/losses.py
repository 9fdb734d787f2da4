"""What a store loses when one of its backups is put in the place of its shop."""

from collections.abc import Mapping
from datetime import timedelta

from provisioner.domain.backups import Backup
from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal

PRECISION = timedelta(seconds=1)
"""How exactly the moment has to be named: not every client has microseconds."""


def lost_counts(backup: Backup, newest: Backup | None) -> Mapping[str, int]:
    """Return of how many things the newest backup has more, by their names, without zeros."""
    if newest is None:
        return {}
    more = {name: newest.counts.get(name, 0) - number for name, number in backup.counts.items()}
    return {name: number for name, number in more.items() if number > 0}


def not_accepted(backup: Backup, newest: Backup | None, *, is_saved: bool) -> Refusal:
    """Return the refusal that says what is lost, and how to accept that."""
    counts = ", ".join(f"{number} {name}" for name, number in lost_counts(backup, newest).items())
    known = ""
    if newest is not None and newest.number != backup.number:
        known = f" The newest backup, of {newest.made_at:%Y-%m-%d %H:%M:%S} UTC, has"
        known += f" {counts} more." if counts else " no more than this one of what is counted."
    saved = (
        "The shop is closed and saved as it is before, and that backup can be restored in turn."
        if is_saved
        else "The shop is not saved as it is before: what is in no backup is lost for good."
    )
    message = (
        f"The shop becomes what it was at {backup.made_at:%Y-%m-%d %H:%M:%S} UTC, and loses what"
        f" came after that.{known} {saved} To go on, pass `acceptLossSince:"
        f' "{backup.made_at.isoformat()}"`.'
    )
    return Refusal(RefusalCode.LOSS_NOT_ACCEPTED, message, "acceptLossSince")
