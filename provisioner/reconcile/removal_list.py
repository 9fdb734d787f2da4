"""The list of what is to be removed from where backups are kept, as its CronJob reads it.

A line for each repository: the store's id, the repository's password, and the ids of the snapshots
that are to go; or the id, ``-`` and ``all``. The first line is a comment with the time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from provisioner.domain.backups import BackupSettings
from provisioner.storage.backup_removals import Removal

_log = structlog.get_logger(__name__)

_WRITTEN = "# written "
_ALL = "all"
_MOST_BYTES = 700_000
"""A Secret holds 1 MiB: https://kubernetes.io/docs/concepts/configuration/secret/#restriction-data-size"""


@dataclass(frozen=True, slots=True)
class RemovalList:
    """A list that was written; ``snapshots`` by stores' ids, None for all that there are."""

    written_at: datetime
    snapshots: dict[str, Collection[str] | None]

    def removes(self, store_id: str, snapshot: str) -> bool:
        """Return whether whoever has done all that is in the list has removed this snapshot."""
        named = self.snapshots.get(store_id, ())
        return named is None or snapshot in named


def lines_of(removals: Sequence[Removal], settings: BackupSettings) -> list[str]:
    """Return the list without its time. What does not fit into a Secret is left for later."""
    lines: list[str] = []
    size = 0
    for removal in removals:
        if removal.is_whole:
            line = f"{removal.store_id} - {_ALL}"
        else:
            password = settings.repository_password(removal.store_id)
            line = " ".join([removal.store_id, password, *removal.snapshots])
        size += len(line) + 1
        if size > _MOST_BYTES:
            left = len(removals) - len(lines)
            _log.warning("backup_removals_left_for_later", repositories=left)
            break
        lines.append(line)
    return lines


def render(lines: Sequence[str], written_at: datetime) -> str:
    """Return the list as it is written."""
    return "".join(f"{line}\n" for line in (f"{_WRITTEN}{written_at.isoformat()}", *lines))


def parse(text: str) -> tuple[RemovalList | None, list[str]]:
    """Return a list that was written, None if there is none, and its lines without the time."""
    lines = text.splitlines()
    if not lines or not lines[0].startswith(_WRITTEN):
        return None, lines
    snapshots: dict[str, Collection[str] | None] = {}
    for line in lines[1:]:
        store_id, _, *named = line.split()
        snapshots[store_id] = None if named == [_ALL] else frozenset(named)
    written_at = datetime.fromisoformat(lines[0].removeprefix(_WRITTEN))
    return RemovalList(written_at, snapshots), lines[1:]
