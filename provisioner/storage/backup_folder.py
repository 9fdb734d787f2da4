"""The folder that backups are kept in: one writer at a time, and only so many backups.

A backup is written under a hidden name first, and renamed when it is complete. So every file that
is named as a backup was complete once, and a killed process leaves only a hidden file, which the
next backup removes. No other file in the folder is touched.
"""

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioner.domain.errors import ConfigurationError
from provisioner.storage.backup_files import problem_of, time_of

_LOCK = ".store-platform-backups.lock"
_PART = ".part"
_LEFT = re.compile(r"\.(store-platform-\d{8}T\d{6}Z\.sqlite3)\.part(-journal|-wal|-shm)?")
_REMEDIES = {
    errno.ENOSPC: "Its disk is full: make room on it.",
    errno.EDQUOT: "The quota on its disk is used up: make room on it.",
    errno.EROFS: "Its disk can only be read: mount it so that it can be written.",
    errno.EACCES: "This user may not write to it: change its owner or its mode.",
    errno.EPERM: "This user may not write to it: change its owner or its mode.",
}


@contextmanager
def opened_folder(folder: Path) -> Iterator[None]:
    """Keep other backups away from the folder, and remove what killed ones have left in it.

    Raises ConfigurationError when the folder is missing or cannot be written, in the context too,
    or when another backup is being made in it.
    """
    with _told(folder):
        if not folder.is_dir():
            raise ConfigurationError(
                f"There is no folder {folder} to keep backups in. Create it, or mount the disk that"
                " it is on, or name another one with --to."
            )
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor, folder)
            for file in folder.iterdir():
                if _LEFT.fullmatch(file.name):
                    file.unlink()
            yield
        finally:
            os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConfigurationError(
            f"Another backup is being made in {folder}. Wait until it is done."
        ) from None


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Tell the operator what keeps the folder from being written."""
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, f"{error.strerror or error}: look at its disk.")
        raise ConfigurationError(
            f"No backup can be written to the folder {folder}. {remedy}"
        ) from error


@contextmanager
def new_backup(folder: Path, name: str) -> Iterator[Path]:
    """Yield an empty file to fill, which gets its name when the context ends without an error.

    After an error nothing of it is left.
    """
    part = folder / f".{name}{_PART}"
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield part
        part.rename(folder / name)
    finally:
        for left in folder.glob(f"{part.name}*"):
            left.unlink()
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # the new name is on the disk as well
    finally:
        os.close(descriptor)


def remove_old(folder: Path, *, keep: int, newest: str) -> tuple[list[str], list[str]]:
    """Remove all backups that are older than the ``keep`` newest good ones.

    ``newest`` is the name of the one that was just made and checked, which stays even where the
    clock was wrong and others have a later time. Returns the names of those that were removed, and
    of those that are damaged, stay, and are not counted.
    """
    others = sorted(
        (file for file in folder.iterdir() if time_of(file) and _is_own(file, newest)),
        key=lambda file: file.name,
        reverse=True,
    )
    good, removed, damaged = 1, [], []
    for file in others:
        if good >= keep:
            file.unlink()
            removed.append(file.name)
        elif _is_good(file):
            good += 1
        else:
            damaged.append(file.name)
    return removed, damaged


def _is_good(file: Path) -> bool:
    try:
        return problem_of(file) is None
    except OSError:  # it cannot even be read
        return False


def _is_own(file: Path, newest: str) -> bool:
    return file.name != newest and file.is_file() and not file.is_symlink()
