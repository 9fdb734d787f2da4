"""A shop on a real database and a folder, which gets a new order and a new file."""

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.images.backup_pod import Pod
from tests.kills.databases import Databases

_FILES = 40


@dataclass(frozen=True)
class Contents:
    """What a shop has: what a backup counts, all rows, and each file's digest by its path."""

    counts: Mapping[str, int]
    rows: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class Shop:
    """A shop that sells. ``pod`` is the one of its backups, whose folder of files is the shop's."""

    pod: Pod
    databases: Databases
    database: str
    random: random.Random

    def open(self) -> None:
        """Make its tables, and the files and products that it begins with."""
        self.databases.open(self.database)
        for number in range(_FILES):
            self._write(f"static/{number}.png")

    def sell(self, number: int) -> None:
        """Have a new order and a new file, sometimes a new product, and one file replaced."""
        has_product = self.random.random() < 0.3
        self.databases.sell(self.database, number, has_product=has_product)
        self._write(f"uploads/{number}.pdf")
        self._write(f"static/{self.random.randrange(_FILES)}.png")

    def contents(self) -> Contents:
        counts = self.databases.counts(self.database)
        return Contents(counts, self.databases.rows(self.database), digests(self.pod.files))

    def _write(self, name: str) -> None:
        file = self.pod.files / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(self.random.randbytes(self.random.randrange(1, 200_000)))


def digests(folder: Path) -> dict[str, str]:
    """Return each file's digest by its path, but for what a restore notes among them."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and file != folder / ".restored"
    }
