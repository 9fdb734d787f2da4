"""Looks whether the folders that are written to can be, and have room."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from app.doctor.findings import Finding, failed, ok, warning, worst
from app.doctor.installation import Installation
from provisioner.domain.errors import ConfigurationError
from provisioner.storage.url import DatabaseUrl

_MIB = 1 << 20
_TOO_LITTLE, _LITTLE = 64 * _MIB, 512 * _MIB  # helm's homes take some 10 MB; a database grows


async def check_state(installation: Installation) -> Finding:
    """Look at the state folder, and at that of the SQLite file."""
    folders = {installation.settings.state_dir}
    try:
        file = DatabaseUrl.parse(installation.settings.database_url).file
    except ConfigurationError:  # told by the check of the database
        file = None
    if file is not None:
        folders.add(file.parent)
    # In a thread: a network's disk may hang.
    return worst([await asyncio.to_thread(_look, folder) for folder in sorted(folders)])


def _look(folder: Path) -> Finding:
    # The service makes a folder that is missing; here nothing is left behind.
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
        free = shutil.disk_usage(there).free
    except OSError as error:
        return failed(
            f"{there} cannot be written to: {error.strerror}.",
            f"Let the user of this process write to {folder}.",
        )
    seen = f"{folder} has {free // _MIB} MiB free."
    remedy = "Make room on its disk."
    if free < _TOO_LITTLE:
        return failed(seen, remedy)
    return warning(seen, remedy) if free < _LITTLE else ok(seen)
