"""Keeps a second service away from a SQLite file, because two would both work on its stores.

The lock is one of the operating system, on a file beside the database. The system frees it when the
process ends, in whatever way. Commands of the command line run without this lock: they do not work
on stores, and SQLite itself keeps their writes apart. Only the commands that copy or restore the
whole database hold it, because what a service writes meanwhile would be lost.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioner.domain.errors import ConfigurationError


@contextmanager
def sole_process(database: Path) -> Iterator[None]:
    """Hold the lock of a database file while the context is open.

    Raises ConfigurationError when another process holds the lock.
    """
    file = database.with_name(f"{database.name}.lock")
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode().strip()
            raise ConfigurationError(
                f"Another service (process {holder}) works on the database {database}, and a SQLite"
                " file is for one service only. Stop that one, or name another file; several"
                " replicas need PostgreSQL (STORE_PLATFORM_DATABASE_URL)."
            ) from None
        # For the message above. Padded, so that a shorter number covers a longer one of before.
        os.pwrite(descriptor, f"{os.getpid():<20}".encode(), 0)
        yield
    finally:
        os.close(descriptor)
