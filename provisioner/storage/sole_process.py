"""Keeps a second service away from a SQLite file: two would both work on its stores.

The lock is the operating system's, on a file beside the database, and ends with the process however
that ends. The command line's own commands do without: SQLite itself keeps their writes apart.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioner.domain.errors import ConfigurationError


@contextmanager
def sole_process(database: Path) -> Iterator[None]:
    """Hold the lock of a database file. Raises ConfigurationError when another process has it."""
    file = database.with_name(f"{database.name}.lock")
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode().strip()
            raise ConfigurationError(
                f"Another service (process {holder}) works on the database {database}, and SQLite"
                " is for one alone. Stop that one, or name another file; several replicas need"
                " PostgreSQL (STORE_PLATFORM_DATABASE_URL)."
            ) from None
        os.pwrite(descriptor, f"{os.getpid():<20}".encode(), 0)
        yield
    finally:
        os.close(descriptor)
