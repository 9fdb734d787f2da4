"""How shops' databases are dumped and counted: the charts' own scripts, on real databases."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.images.backup_pod import SCRIPTS, SHELLS, Pod, on_small_volume
from tests.images.mariadb import PASSWORD as MARIADB_PASSWORD
from tests.images.mariadb import MariaDb, running_mariadb
from tests.postgres import PASSWORD, USER, PostgresServer

pytestmark = pytest.mark.slow

MEDUSA, WOOCOMMERCE = SCRIPTS["medusa", "dump"], SCRIPTS["woocommerce", "dump"]
TABLES = Path(__file__).with_name("tables")
DUMP_WAITS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'pg_dump' AND wait_event_type = 'Lock'
"""
END_ITS_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name IN ('pg_dump', 'psql')
"""
KILLED_GREP = """#!/bin/sh
case "$*" in
*{word}*)
    {grep} -m 1 "$@"
    kill -9 $$
    ;;
*) exec {grep} "$@" ;;
esac
"""
NOT_DUMPED = "The database could not be dumped, and nothing was backed up. "
STOPPED = (
    f"{NOT_DUMPED}The database does not answer, or was stopped. See whether its pod runs, then ask"
    " for another backup. "
)
OTHER_PASSWORD = (
    f"{NOT_DUMPED}The database has another password than the Secret of the shop. Give it that one. "
)
NO_ROOM = (
    "There is no room for the dump. Choose a larger plan, or make room on the node of the pod. "
)
UNKNOWN = (
    f"{NOT_DUMPED}Ask for another one. If that ends the same way, the operator of the platform has"
    " to look at the log of the pod. "
)
TOOLS = ("cat", "cp", "cut", "grep", "sed", "tail")
"""What the script needs besides, and MySQL's image has."""


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[str]:
    with postgres.database() as name:
        postgres.execute((TABLES / "medusa.sql").read_text(), name)
        yield name


@pytest.fixture
def pod(tmp_path: Path, postgres: PostgresServer, database: str) -> Pod:
    """The pod of a backup of Medusa."""
    environment = {
        "PATH": f"{postgres.programs}{os.pathsep}{os.environ['PATH']}",
        "PGHOST": "127.0.0.1", "PGPORT": str(postgres.port), "PGDATABASE": database,
        "PGUSER": USER, "PGPASSWORD": PASSWORD,
    }  # fmt: skip
    return Pod.made(tmp_path, environment, secrets=[PASSWORD])


def in_postgres(pod: Pod, statement: str, database: str = "") -> str:
    done = subprocess.run(
        ["psql", "--no-psqlrc", "--no-align", "--tuples-only", "--command", statement],
        env={**pod.all_environment, **({"PGDATABASE": database} if database else {})},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_medusas_dump_has_what_its_manifest_counts(
    pod: Pod, postgres: PostgresServer, shell: str
) -> None:
    assert pod.run(MEDUSA, shell=shell) == 0
    manifest = '{"orders": 2, "products": 1}\n'
    assert (pod.backup / "manifest.json").read_text() == pod.message == manifest
    assert {file.name for file in pod.backup.iterdir()} == {"database.dump", "manifest.json"}
    with postgres.database() as other:
        restore(pod, other)
        for rows in ('TABLE "order"', "TABLE product"):
            assert in_postgres(pod, rows, other) == in_postgres(pod, rows)


def room_for_one(file: Path) -> list[str]:
    """Return what to run a program with, for which beside this file there is room for nothing."""
    pages = -(-file.stat().st_size // 4096)
    return on_small_volume(file.parent, f"{4 * pages}k")


def restore(pod: Pod, database: str) -> None:
    subprocess.run(
        ["pg_restore", "--exit-on-error", "--dbname", database, pod.backup / "database.dump"],
        env=pod.all_environment, check=True,
    )  # fmt: skip


async def while_it_dumps(pod: Pod, url: str, statement: str) -> int:
    """Run the dump, and a statement in the middle of it; return its exit code.

    It waits for a table that is held, after it has counted.
    """
    holder, other = [await asyncpg.connect(url) for _ in range(2)]
    async with holder.transaction():
        await holder.execute("LOCK TABLE zone")
        running = pod.start(MEDUSA)
        while not await other.fetchval(DUMP_WAITS):
            assert running.poll() is None
            await asyncio.sleep(0.05)
        await other.execute(statement)
    await holder.close()
    await other.close()
    return await asyncio.to_thread(pod.finish, running)


def test_an_order_in_mid_dump_is_neither_counted_nor_dumped(
    pod: Pod, postgres: PostgresServer, database: str
) -> None:
    sell = "INSERT INTO \"order\" VALUES ('5', false, NULL)"
    assert asyncio.run(while_it_dumps(pod, postgres.url(database), sell)) == 0
    assert json.loads(pod.message) == {"orders": 2, "products": 1}
    with postgres.database() as other:
        restore(pod, other)
        count = 'SELECT count(*) FROM "order"'
        assert (in_postgres(pod, count), in_postgres(pod, count, other)) == ("5\n", "4\n")


def test_a_database_that_ends_in_mid_dump(
    pod: Pod, postgres: PostgresServer, database: str
) -> None:
    """Nothing is saved then: the container that saves begins after this one has ended well."""
    assert asyncio.run(while_it_dumps(pod, postgres.url(database), END_ITS_SESSIONS)) == 1
    assert pod.message.startswith(STOPPED)
    assert "terminating connection due to administrator command" in pod.message
    assert not (pod.backup / "manifest.json").exists()


@pytest.mark.parametrize(
    ("variable", "value", "told", "reason"),
    [
        ("PGPASSWORD", "another", OTHER_PASSWORD, "password authentication failed"),
        ("PGDATABASE", "elsewhere", UNKNOWN, 'database "elsewhere" does not exist'),
        ("PGPORT", "1", STOPPED, "Connection refused"),
    ],
)
def test_a_postgres_that_cannot_be_asked(
    pod: Pod, variable: str, value: str, told: str, reason: str
) -> None:
    assert pod.run(MEDUSA, **{variable: value}) == 1
    assert pod.message.startswith(told)
    assert reason in pod.message
    assert not any(pod.backup.iterdir())


def test_tables_that_are_not_there(pod: Pod, postgres: PostgresServer, database: str) -> None:
    postgres.execute("DROP TABLE product CASCADE", database)
    assert pod.run(MEDUSA) == 1
    assert pod.message.startswith(UNKNOWN)
    assert 'relation "product" does not exist' in pod.message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a volume")
def test_no_room_for_medusas_dump(pod: Pod) -> None:
    assert pod.run(MEDUSA, before=on_small_volume(pod.backup, "4k")) == 1
    assert pod.message.startswith(f"{NOT_DUMPED}{NO_ROOM}")
    assert pod.run(MEDUSA) == 0
    assert pod.run(MEDUSA, before=room_for_one(pod.backup / "database.dump")) == 1
    assert pod.message.startswith(f"{NOT_DUMPED}{NO_ROOM}")
    assert "No space left on device" in pod.message


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDb]:
    with running_mariadb() as server:
        server.run((TABLES / "woocommerce.sql").read_text())
        yield server


@pytest.fixture
def woocommerce(tmp_path: Path, mariadb: MariaDb) -> Pod:
    """The pod of a backup of WooCommerce."""
    environment = {
        **mariadb.environment,
        "MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": str(mariadb.port), "MYSQL_USER": "wordpress",
        "MYSQL_PASSWORD": MARIADB_PASSWORD, "MYSQL_DATABASE": "wordpress",
    }  # fmt: skip
    return Pod.made(tmp_path, environment, secrets=[MARIADB_PASSWORD])


@pytest.mark.parametrize("shell", SHELLS)
def test_woocommerces_dump_has_what_its_manifest_counts(
    woocommerce: Pod, mariadb: MariaDb, shell: str
) -> None:
    assert woocommerce.run(WOOCOMMERCE, shell=shell) == 0
    manifest = '{"orders": 3, "products": 2}\n'
    backup = woocommerce.backup
    assert (backup / "manifest.json").read_text() == woocommerce.message == manifest
    assert {file.name for file in backup.iterdir()} == {"database.sql", "manifest.json"}
    mariadb.run("CREATE OR REPLACE DATABASE other")
    mariadb.run((backup / "database.sql").read_text(), "other")
    for table in ("wp_posts", "wp_wc_orders"):
        rows = f"SELECT * FROM {table} ORDER BY 1"  # noqa: S608 - names from here
        assert mariadb.run(rows, "other") == mariadb.run(rows) != ""


def test_a_program_by_its_older_name(woocommerce: Pod) -> None:
    """MySQL's image has no other."""
    programs = woocommerce.folder / "bin"
    for name in ("mysqldump", *TOOLS):
        (programs / name).symlink_to(str(shutil.which(name, path=woocommerce.environment["PATH"])))
    pod = Pod(
        woocommerce.folder, {**woocommerce.environment, "PATH": str(programs)}, woocommerce.secrets
    )
    assert pod.run(WOOCOMMERCE, shell=str(shutil.which("dash"))) == 0
    assert json.loads(pod.message) == {"orders": 3, "products": 2}


@pytest.mark.parametrize(
    ("variable", "value", "told", "reason"),
    [
        ("MYSQL_PASSWORD", "another", OTHER_PASSWORD, "Access denied"),
        ("MYSQL_PORT", "1", STOPPED, "Can't connect"),
        ("MYSQL_DATABASE", "elsewhere", OTHER_PASSWORD, "Access denied"),
    ],
)
def test_a_mariadb_that_cannot_be_asked(
    woocommerce: Pod, variable: str, value: str, told: str, reason: str
) -> None:
    assert woocommerce.run(WOOCOMMERCE, **{variable: value}) == 1
    assert woocommerce.message.startswith(told)
    assert reason in woocommerce.message
    assert not (woocommerce.backup / "manifest.json").exists()


def test_a_mariadb_that_ends_in_mid_dump(woocommerce: Pod, mariadb: MariaDb) -> None:
    """It waits for a table that is held, when it has dumped another."""
    with mariadb.holding("wp_wc_orders"):
        running = woocommerce.start(WOOCOMMERCE)
        mariadb.kill_who_waits()
        assert woocommerce.finish(running) == 1
    assert "INSERT INTO `wp_posts`" in (woocommerce.backup / "database.sql").read_text()
    assert woocommerce.message.startswith(STOPPED)
    assert not (woocommerce.backup / "manifest.json").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a volume")
def test_no_room_for_woocommerces_dump(woocommerce: Pod) -> None:
    small = on_small_volume(woocommerce.backup, "4k")
    assert woocommerce.run(WOOCOMMERCE, before=small) == 1
    assert woocommerce.message.startswith(f"{NOT_DUMPED}{NO_ROOM}")
    assert woocommerce.run(WOOCOMMERCE) == 0
    small = room_for_one(woocommerce.backup / "database.sql")
    assert woocommerce.run(WOOCOMMERCE, before=small) == 1
    assert woocommerce.message.startswith(f"{NOT_DUMPED}{NO_ROOM}")


@pytest.mark.parametrize("killed", ["wp_wc_orders", "wc-checkout-draft", "wp_posts"])
@pytest.mark.parametrize("shell", ["dash", "bash"])  # busybox would run a grep of its own
def test_a_count_that_was_killed_is_none(woocommerce: Pod, shell: str, killed: str) -> None:
    """As by a kernel that is out of memory: what it had found is a part of what there is."""
    grep = woocommerce.folder / "bin" / "grep"
    grep.write_text(KILLED_GREP.format(word=killed, grep=shutil.which("grep")))
    grep.chmod(0o755)
    assert woocommerce.run(WOOCOMMERCE, shell=shell) == 1
    assert woocommerce.message.startswith(
        "The database was dumped, but not counted, and nothing was backed up."
    )
    assert not (woocommerce.backup / "manifest.json").exists()


def test_a_shop_without_tables_has_nothing(woocommerce: Pod, mariadb: MariaDb) -> None:
    mariadb.run("CREATE OR REPLACE DATABASE empty; GRANT ALL ON empty.* TO wordpress@'%'")
    assert woocommerce.run(WOOCOMMERCE, MYSQL_DATABASE="empty") == 0
    assert json.loads(woocommerce.message) == {"orders": 0, "products": 0}
