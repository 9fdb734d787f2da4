"""Migrations: from nothing, again, by several at once; the same schema on both databases."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

from provisioner.domain.clock import SystemClock
from provisioner.domain.errors import ConfigurationError
from provisioner.domain.owners import local
from provisioner.domain.rollouts import RolloutTerms, Turn, TurnStatus
from provisioner.storage import migrations
from provisioner.storage.audit_log import AuditedAction, AuditLog, AuditOutcome, AuditRecord
from provisioner.storage.database import Database
from provisioner.storage.migrations import migrate
from provisioner.storage.rollouts import Rollouts
from tests.postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
MIGRATE = """import asyncio, sys
from provisioner.storage.migrations import migrate
from provisioner.storage.rollouts import Rollouts
asyncio.run(migrate(sys.argv[1]))
"""
LOOK = """import app.cli.main, atexit, sys
atexit.register(lambda: print(sorted({"alembic", "sqlalchemy.orm"} & set(sys.modules))))
"""
REVISIONS = "SELECT version_num FROM alembic_version"
_ENDS_SECONDS = 10.0


def head() -> str:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    found = ScriptDirectory.from_config(config).get_current_head()
    assert found is not None
    return found


async def fetch_all(url: str, statement: str) -> list[tuple[Any, ...]]:
    database = Database(url)
    await database.connect()
    try:
        rows = await database.read(lambda transaction: transaction.fetch_all(statement))
    finally:
        await database.close()
    return [tuple(row.values()) for row in rows]


async def execute(url: str, statement: str) -> None:
    database = Database(url)
    await database.connect()
    try:
        await database.transact(lambda transaction: transaction.execute(statement))
    finally:
        await database.close()


async def test_from_nothing_and_again(empty_database_url: str) -> None:
    for _ in range(2):
        await migrate(empty_database_url)
        assert await fetch_all(empty_database_url, REVISIONS) == [(head(),)]


async def test_by_two_processes_that_start_at_once(empty_database_url: str) -> None:
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", MIGRATE, empty_database_url, cwd=ROOT, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    said = [await process.communicate() for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    assert await fetch_all(empty_database_url, REVISIONS) == [(head(),)]


async def test_by_many_at_once(empty_database_url: str) -> None:
    await asyncio.gather(*(migrate(empty_database_url) for _ in range(5)))
    assert await fetch_all(empty_database_url, REVISIONS) == [(head(),)]


async def test_one_that_fails_changes_nothing(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise KeyError

    with monkeypatch.context() as patched:
        patched.setattr("alembic.op.create_index", fail)
        with pytest.raises(KeyError):
            await migrate(empty_database_url)
    assert await tables(empty_database_url) == {}
    await migrate(empty_database_url)


async def test_a_schema_of_a_newer_version(database_url: str) -> None:
    await execute(database_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match=r"'9999'.* A newer version may have used it"):
        await migrate(database_url)
    assert await fetch_all(database_url, REVISIONS) == [("9999",)]


BEFORE_OWNERS = (
    *(
        "INSERT INTO stores (id, name, owner, engine, engine_version, status, target, namespace,"  # noqa: S608 - the rows below
        " release, host, url, idempotency_key, version, attempt, created_at, updated_at) VALUES"
        f" ('{name}', '{name}', '{owner}', 'e', '1', '{status}', 'READY', '{name}', 'r', 'h', 'u',"
        " 'key', 0, 0, 0, 0)"
        for name, owner, status in (
            ("one", "local-admin", "READY"), ("two", "00u1", "READY"), ("three", "00u2", "DELETED"),
        )
    ),
    *(
        "INSERT INTO tokens (id, digest, owner, role, created_at, revoked_at) VALUES"  # noqa: S608 - the rows below
        f" ('{name}', 'digest of {name}', '{owner}', 'ADMIN', {at}, {revoked})"
        for name, owner, at, revoked in (
            ("t1", "local-admin", 1_000, "NULL"), ("t2", "ada", 2_000, "7"),
            ("t3", "local-admin", 90_000_000, "NULL"),
        )
    ),
    *(
        "INSERT INTO audit (at, actor, role, address, action, arguments, outcome) VALUES"  # noqa: S608 - the rows below
        f" ({at}, '{actor}', 'ADMIN', '{address}', 'createToken', '{arguments}', 'ACCEPTED')"
        for at, actor, address, arguments in (
            (1_500, "command line", "local", '{"owner": "local-admin", "role": "ADMIN"}'),
            (2_100, "command line", "192.0.2.1", '{"owner": "ada"}'),
            (2_200, "local-admin", "192.0.2.1", '{"owner": "ada"}'),
        )
    ),
)  # fmt: skip


async def test_owners_of_before_keep_what_they_have(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a database of the version before, with people of ours and of an issuer
    await migrate_to("0004", empty_database_url, monkeypatch)
    for statement in BEFORE_OWNERS:
        await execute(empty_database_url, statement)
    before = await fetch_all(empty_database_url, "SELECT id, owner, status FROM stores ORDER BY id")
    # When it is migrated
    await migrate(empty_database_url)
    # Then nothing is lost, and who had a token of ours is local
    url = empty_database_url
    assert await fetch_all(url, "SELECT id, owner, status FROM stores ORDER BY id") == before
    assert await fetch_all(url, "SELECT id, owner_source, owner FROM stores ORDER BY id") == [
        ("one", "local", "local-admin"), ("three", "issuer", "00u2"), ("two", "issuer", "00u1"),
    ]  # fmt: skip
    tokens = "SELECT id, owner_source, owner, revoked_at, maker_source, parent_id FROM tokens"
    assert await fetch_all(url, f"{tokens} ORDER BY id") == [
        ("t1", "local", "local-admin", None, "command line", None),
        ("t2", "local", "ada", 7, None, None),
        ("t3", "local", "local-admin", None, None, None),
    ]
    audit = "SELECT at, actor, actor_source, token_id FROM audit ORDER BY id"
    assert await fetch_all(url, audit) == [
        (1_500, "command line", None, None), (2_100, "command line", None, None),
        (2_200, "local-admin", None, None),
    ]  # fmt: skip


def _an_action(database: Database) -> AuditedAction:
    record = AuditRecord("upgradeStores", AuditOutcome.ACCEPTED, "::1", actor=local("ada"))
    return AuditedAction(AuditLog(database, SystemClock()), record)


async def test_rollouts_and_offers_come_to_a_database_of_before(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = empty_database_url
    await migrate_to("0017", url, monkeypatch)
    await execute(
        url,
        "INSERT INTO stores (id, name, owner_source, owner, engine, engine_version, status, target,"
        " namespace, release, host, url, version, attempt, created_at, updated_at) VALUES ('one',"
        " 'one', 'local', 'ada', 'e', '1', 'READY', 'READY', 'n', 'r', 'h', 'u', 0, 1, 0, 0)",
    )
    stores = "SELECT * FROM stores"
    before = await fetch_all(url, stores)
    await migrate_to("0018", url, monkeypatch)
    assert await fetch_all(url, stores) == before
    await migrate(url)
    # The stores that there are have no plan or title of their own, and are offered to nobody.
    (row,) = await fetch_all(url, stores)
    assert (row[: len(before[0])], set(row[len(before[0]) :])) == (before[0], {None})
    for table in ("rollouts", "rollout_stores", "former_owners"):
        assert await fetch_all(url, f"SELECT * FROM {table}") == []  # noqa: S608 - the names above
    database = Database(url)
    await database.connect()
    turns = [Turn("one", "one", "1", TurnStatus.PENDING)]
    made = await Rollouts(database, SystemClock()).create(
        "first", RolloutTerms("e", "2"), turns, _an_action(database)
    )
    await database.close()
    assert made.counts == {TurnStatus.PENDING: 1}


async def migrate_to(revision: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = command.upgrade
    with monkeypatch.context() as patched:
        patched.setattr(command, "upgrade", lambda config, _: upgrade(config, revision))
        await migrate(url)


async def test_the_same_schema_on_both(
    migrated_file: Path, migrated_postgres: PostgresServer
) -> None:
    on_sqlite = await tables(f"sqlite:///{migrated_file}")
    assert len(on_sqlite) >= 6
    assert await tables(migrated_postgres.url("migrated")) == on_sqlite


async def tables(url: str) -> dict[str, Any]:
    """Return a description of every table, in words that both databases share."""
    sync_url = url.replace("sqlite:", "sqlite+aiosqlite:").replace(
        "postgresql:", "postgresql+asyncpg:"
    )
    engine = create_async_engine(sync_url)
    async with engine.connect() as connection:
        described = await connection.run_sync(_describe)
    await engine.dispose()
    return described


def _describe(connection: sa.Connection) -> dict[str, Any]:
    inspector = sa.inspect(connection)
    return {name: _table(inspector, name) for name in sorted(inspector.get_table_names())}


def _table(inspector: sa.Inspector, name: str) -> dict[str, Any]:
    key = inspector.get_pk_constraint(name)["constrained_columns"]
    return {
        "columns": [
            # SQLite calls a row's number INTEGER, however large it may become.
            "number"
            if [column["name"]] == key and isinstance(column["type"], sa.Integer)
            else (column["name"], _kind(column["type"]), column["nullable"])
            for column in inspector.get_columns(name)
        ],
        "key": key,
        "foreign": sorted(
            (key["constrained_columns"], key["referred_table"], key["referred_columns"])
            for key in inspector.get_foreign_keys(name)
        ),
        # A unique constraint is an index as well on one database and not on the other.
        "unique": sorted(
            {tuple(item["column_names"]) for item in inspector.get_unique_constraints(name)}
            | {tuple(i["column_names"]) for i in inspector.get_indexes(name) if i["unique"]}
        ),
        "indexes": sorted(
            (str(index["name"]), index["column_names"])
            for index in inspector.get_indexes(name)
            if not index["unique"]
        ),
    }


def _kind(found: sa.types.TypeEngine[Any]) -> str:
    if isinstance(found, sa.BigInteger):
        return "big integer"
    return found.as_generic().__class__.__name__.lower()


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "platform.db"
    file.write_text("This is something else." * 100)
    with pytest.raises(ConfigurationError, match=r"cannot be used\. Its file is damaged, or no"):
        await migrate(f"sqlite:///{file}")
    for thread in set(threading.enumerate()) - {threading.main_thread()}:
        thread.join(_ENDS_SECONDS)  # what it has told of its end is not the last that it does
    assert threading.enumerate() == [threading.main_thread()], "it would keep a process from ending"


def test_migrated_files_are_read_with_write_ahead_logging(migrated_file: Path) -> None:
    asyncio.run(fetch_all(f"sqlite:///{migrated_file}", REVISIONS))
    with closing(sqlite3.connect(migrated_file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_database_with_the_newest_schema_is_only_looked_at(database_url: str) -> None:
    """What migrates is not even loaded: it would stay in a service's memory."""
    script = LOOK + MIGRATE
    done = subprocess.run(
        [sys.executable, "-c", script, database_url],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
