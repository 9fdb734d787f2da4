"""The databases of shops of both engines: real ones, with as many tables as a backup counts."""

import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum
from typing import Protocol

from tests.images.mariadb import PASSWORD as MARIADB_PASSWORD
from tests.images.mariadb import MariaDb
from tests.images.test_database_dumps import TABLES
from tests.postgres import PASSWORD, USER, PostgresServer

OLD_URL, NEW_URL = "http://old.test:8080", "http://new.test"
_PRODUCTS = 3000  # of a shop when it opens, so that a kill can come in the middle of a dump


class State(StrEnum):
    """What a restore has made of a database. With BEGUN nobody is let into the shop."""

    EMPTY = "empty"
    BEGUN = "begun"
    LOADED = "loaded"
    TAKEN = "taken"


class Databases(Protocol):
    """The databases of an engine, by their names."""

    engine: str
    secret: str

    def new(self) -> AbstractContextManager[str]:
        """Give the name of an empty database, which is gone at the end."""

    def environment(self, name: str) -> Mapping[str, str]:
        """Return what a pod is told of a database."""

    def open(self, name: str) -> None:
        """Make a shop's tables, and the products that it begins with."""

    def sell(self, name: str, number: int, *, has_product: bool) -> None:
        """Add an order, and perhaps a product."""

    def clear(self, name: str) -> None:
        """Remove everything that a backup counts; the tables stay."""

    def counts(self, name: str) -> Mapping[str, int]:
        """Count what a backup counts."""

    def rows(self, name: str) -> str:
        """Return all rows of the tables that matter, with their links led to the new address."""

    def state(self, name: str) -> State:
        """Look what a restore has made of it, once nobody works in it."""

    def is_quiet(self, name: str) -> bool:
        """Whether nobody works in it any more; whoever was killed may do so for a moment."""


class Medusas:
    """Those of Medusa, on PostgreSQL."""

    engine = "medusa"
    secret = PASSWORD
    _ROWS = """SELECT json_build_object(
      'order', (SELECT json_agg(o ORDER BY id) FROM "order" o),
      'product', (SELECT json_agg(p ORDER BY id) FROM product p),
      'image', (SELECT json_agg(i ORDER BY id) FROM image i))"""
    _COUNTS = """SELECT count(*) FROM "order" WHERE deleted_at IS NULL AND NOT is_draft_order
    UNION ALL SELECT count(*) FROM product WHERE deleted_at IS NULL"""
    _MANY = f"""INSERT INTO product SELECT 'p' || n, 'Product ' || n, '{OLD_URL}/static/' || n,
      jsonb_build_object('text', repeat(md5(n::text), 10)), '2026-01-01'
    FROM generate_series(1, {_PRODUCTS}) n"""  # noqa: S608 - numbers and names from here
    _STATE = """SELECT CASE
      WHEN to_regclass('public.store_platform_restored') IS NOT NULL THEN 'loaded'
      WHEN EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public') THEN 'taken'
      ELSE 'empty' END"""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def new(self) -> AbstractContextManager[str]:
        return self._server.database()

    def environment(self, name: str) -> Mapping[str, str]:
        return {
            "PATH": f"{self._server.programs}{os.pathsep}{os.environ['PATH']}",
            "PGHOST": "127.0.0.1", "PGPORT": str(self._server.port), "PGDATABASE": name,
            "PGUSER": USER, "PGPASSWORD": PASSWORD,
        }  # fmt: skip

    def open(self, name: str) -> None:
        self._server.execute((TABLES / "medusa.sql").read_text(), name)
        self._server.execute(self._MANY, name)

    def sell(self, name: str, number: int, *, has_product: bool) -> None:
        self._server.execute(f"INSERT INTO \"order\" VALUES ('o{number}', false)", name)  # noqa: S608
        if has_product:
            product = f"('n{number}', 'New', '{OLD_URL}', '{{}}', now())"
            self._server.execute(f"INSERT INTO product VALUES {product}", name)  # noqa: S608

    def clear(self, name: str) -> None:
        self._server.execute('TRUNCATE "order", product, image', name)

    def counts(self, name: str) -> Mapping[str, int]:
        orders, products = self._ask(self._COUNTS, name).split()
        return {"orders": int(orders), "products": int(products)}

    def rows(self, name: str) -> str:
        return self._ask(self._ROWS, name).replace(OLD_URL, NEW_URL)

    def state(self, name: str) -> State:
        return State(self._ask(self._STATE, name).strip())

    def is_quiet(self, name: str) -> bool:
        sessions = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
        return self._ask(sessions, "postgres") == "0\n"

    def _ask(self, statement: str, name: str) -> str:
        return subprocess.run(
            ["psql", "--no-psqlrc", "--no-align", "--tuples-only", "--command", statement],
            env={**os.environ, **self.environment(name)}, capture_output=True, text=True,
            check=True,
        ).stdout  # fmt: skip


class WooCommerces:
    """Those of WooCommerce, on MariaDB, which makes no tables in a transaction."""

    engine = "woocommerce"
    secret = MARIADB_PASSWORD
    _COUNTS = """SELECT COUNT(*) FROM wp_wc_orders WHERE type = 'shop_order' AND (status IS NULL
      OR status NOT IN ('auto-draft', 'draft', 'trash', 'wc-checkout-draft'))
    UNION ALL
    SELECT COUNT(*) FROM wp_posts WHERE post_type = 'product' AND post_status = 'publish'"""
    _MANY = f"""INSERT INTO wp_posts (post_type, post_title, post_content)
      SELECT 'product', CONCAT('Product ', seq), REPEAT(MD5(seq), 10) FROM seq_1_to_{_PRODUCTS}"""  # noqa: S608
    _TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
    _MARK = "store_platform_restored"

    def __init__(self, server: MariaDb) -> None:
        self._server = server

    @contextmanager
    def new(self) -> Iterator[str]:
        name = f"test_{secrets.token_hex(6)}"
        self._server.run(
            f"CREATE DATABASE {name} CHARACTER SET utf8mb4; GRANT ALL ON {name}.* TO wordpress@'%'"
        )
        yield name
        self._server.run(f"DROP DATABASE {name}")

    def environment(self, name: str) -> Mapping[str, str]:
        return {
            **self._server.environment, "MYSQL_HOST": "127.0.0.1",
            "MYSQL_PORT": str(self._server.port), "MYSQL_USER": "wordpress",
            "MYSQL_PASSWORD": MARIADB_PASSWORD, "MYSQL_DATABASE": name,
        }  # fmt: skip

    def open(self, name: str) -> None:
        self._server.run((TABLES / "woocommerce.sql").read_text(), name)
        self._server.run(self._MANY, name)

    def sell(self, name: str, number: int, *, has_product: bool) -> None:
        order = f"({number + 100}, 'wc-completed', 'shop_order')"
        self._server.run(f"INSERT INTO wp_wc_orders (id, status, type) VALUES {order}", name)  # noqa: S608
        if has_product:
            self._server.run("INSERT INTO wp_posts (post_type) VALUES ('product')", name)

    def clear(self, name: str) -> None:
        self._server.run("TRUNCATE wp_wc_orders; TRUNCATE wp_posts;", name)

    def counts(self, name: str) -> Mapping[str, int]:
        orders, products = self._server.run(self._COUNTS, name).split()
        return {"orders": int(orders), "products": int(products)}

    def rows(self, name: str) -> str:
        tables = ("wp_posts", "wp_wc_orders")
        return "".join(
            self._server.run(f"SELECT * FROM {table} ORDER BY 1", name)  # noqa: S608
            for table in tables
        )

    def state(self, name: str) -> State:
        tables = self._server.run(self._TABLES, name).split()
        if self._MARK in tables:
            is_loaded = self._server.run(f"SELECT 1 FROM {self._MARK}", name) == "1\n"  # noqa: S608
            return State.LOADED if is_loaded else State.BEGUN
        return State.TAKEN if tables else State.EMPTY

    def is_quiet(self, name: str) -> bool:
        sessions = "SELECT COUNT(*) FROM information_schema.processlist WHERE db"
        return self._server.run(f"{sessions} = '{name}'") == "0\n"
