"""A shop of Medusa on a real database and a folder, which gets a new order and a new file."""

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.images.backup_pod import Pod
from tests.images.test_database_dumps import TABLES, in_postgres
from tests.postgres import PostgresServer

OLD_URL, NEW_URL = "http://old.test:8080", "http://new.test"
_PRODUCTS, _FILES = 3000, 40
_ROWS = """SELECT json_build_object(
  'order', (SELECT json_agg(o ORDER BY id) FROM "order" o),
  'product', (SELECT json_agg(p ORDER BY id) FROM product p),
  'image', (SELECT json_agg(i ORDER BY id) FROM image i))"""
_COUNTS = """SELECT count(*) FROM "order" WHERE deleted_at IS NULL AND NOT is_draft_order
UNION ALL SELECT count(*) FROM product WHERE deleted_at IS NULL"""
_MANY = f"""INSERT INTO product SELECT 'p' || n, 'Product ' || n, '{OLD_URL}/static/' || n,
  jsonb_build_object('text', repeat(md5(n::text), 10)), '2026-01-01'
FROM generate_series(1, {_PRODUCTS}) n"""  # noqa: S608 - numbers and names from here


@dataclass(frozen=True)
class Contents:
    """What a shop has: what a backup counts, all rows with their links led elsewhere, and files."""

    counts: Mapping[str, int]
    rows: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class Shop:
    """A shop that sells. ``pod`` is the one of its backups, whose folder of files is the shop's."""

    pod: Pod
    postgres: PostgresServer
    database: str
    random: random.Random

    def open(self) -> None:
        """Make its tables, and the files and products that it begins with."""
        self.postgres.execute((TABLES / "medusa.sql").read_text(), self.database)
        self.postgres.execute(_MANY, self.database)
        for number in range(_FILES):
            self._write(f"static/{number}.png")

    def sell(self, number: int) -> None:
        """Have a new order and a new file, sometimes a new product, and one file replaced."""
        self.postgres.execute(f"INSERT INTO \"order\" VALUES ('o{number}', false)", self.database)  # noqa: S608
        if self.random.random() < 0.3:
            product = f"INSERT INTO product VALUES ('n{number}', 'New', '{OLD_URL}', '{{}}', now())"  # noqa: S608
            self.postgres.execute(product, self.database)
        self._write(f"uploads/{number}.pdf")
        self._write(f"static/{self.random.randrange(_FILES)}.png")

    def contents(self) -> Contents:
        found = contents_of(self.pod, self.database, self.pod.files)
        return Contents(found.counts, found.rows.replace(OLD_URL, NEW_URL), found.files)

    def _write(self, name: str) -> None:
        file = self.pod.files / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(self.random.randbytes(self.random.randrange(1, 200_000)))


def contents_of(pod: Pod, database: str, files: Path) -> Contents:
    """Return what is in a shop's database and in its folder."""
    orders, products = in_postgres(pod, _COUNTS, database).split()
    counts = {"orders": int(orders), "products": int(products)}
    return Contents(counts, in_postgres(pod, _ROWS, database), digests(files))


def is_empty(pod: Pod, database: str) -> bool:
    """Whether there is no table in a database."""
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    return in_postgres(pod, tables, database).strip() == "0"


def digests(folder: Path) -> dict[str, str]:
    """Return each file's digest by its path, but for what a restore notes among them."""
    return {
        str(file.relative_to(folder)): digest(file)
        for file in folder.rglob("*")
        if file.is_file() and file != folder / ".restored"
    }


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
