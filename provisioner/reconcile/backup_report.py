"""Reads what the Job of a backup reports: what it has saved, or why it could not."""

from collections.abc import Mapping, Sequence

import msgspec

from provisioner.domain.backups import Saved
from provisioner.domain.cluster import ContainerEnd
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import StoreFailedError
from provisioner.domain.stores import Reason

DUMP, SAVE = "dump", "save"
"""The Job's containers: the first leaves the counts as JSON, the second restic's summary."""

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


class _Summary(msgspec.Struct):
    """The last message of ``restic backup --json``.

    https://restic.readthedocs.io/en/stable/075_scripting.html#backup
    """

    snapshot_id: str
    total_files_processed: int
    total_bytes_processed: int
    data_added_packed: int = 0


_counts = msgspec.json.Decoder(dict[str, int])
_summaries = msgspec.json.Decoder(_Summary)


def saved_of(ended: Mapping[str, ContainerEnd], wanted: Sequence[str]) -> Saved:
    """Return what the Job has saved, with a count of each of ``wanted``.

    Raises StoreFailedError (BACKUP_INCOMPLETE) when something that should be in a backup is not.
    """
    try:
        counts = _counts.decode(_message(ended, DUMP))
        summary = _summaries.decode(_message(ended, SAVE))
    except msgspec.MsgspecError as error:
        raise _incomplete(f"The Job's report cannot be read ({error})") from error
    if missing := [name for name in wanted if name not in counts]:
        raise _incomplete(f"The dump was not counted: {', '.join(missing)}")
    if not (summary.snapshot_id and summary.total_files_processed):
        raise _incomplete("No file was saved")
    return Saved(
        snapshot=summary.snapshot_id,
        size=summary.total_bytes_processed,
        added=summary.data_added_packed,
        counts={name: counts[name] for name in wanted},
    )


def told(saved: Saved) -> str:
    """Return a sentence about what was saved."""
    counts = ", ".join(f"{number} {name}" for name, number in saved.counts.items())
    return f"The backup has {_in_words(saved.size)}: {counts}. {_in_words(saved.added)} were new."


def _message(ended: Mapping[str, ContainerEnd], container: str) -> str:
    end = ended.get(container)
    return "" if end is None else end.message


def _incomplete(what: str) -> StoreFailedError:
    message = (
        f"{what}: the backup is not counted. Ask for another one; if that ends the same way, the"
        " platform's operator has to look at the log of the Job's pod."
    )
    return StoreFailedError(Reason(ReasonCode.BACKUP_INCOMPLETE, message))


def _in_words(size: float) -> str:
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:  # noqa: PLR2004 - SI prefixes
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"
