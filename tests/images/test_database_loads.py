"""How a dump is loaded into a new shop of Medusa: the chart's own scripts, on real databases."""

import asyncio
import json
import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.images.backup_pod import SCRIPTS, SHELLS, Pod
from tests.images.test_database_dumps import TABLES, in_postgres
from tests.postgres import PASSWORD, USER, PostgresServer

pytestmark = pytest.mark.slow

DUMP, LOAD = SCRIPTS["medusa", "dump"], SCRIPTS["medusa", "load"]
WITHOUT_END = """#!/bin/sh
# Gives the beginning of a dump, with a table and its rows, and then {then}.
{program} "$@" > "$TMPDIR/whole"
sed '/^COPY public.zone/,$d' "$TMPDIR/whole"
{then}
"""
WAITS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'psql' AND state = 'idle in transaction'
"""
WAIT_AND_END = """
DO $$ BEGIN LOOP
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'psql'
      AND state = 'idle in transaction';
  EXIT WHEN FOUND;
  PERFORM pg_sleep(0.05), pg_stat_clear_snapshot();
END LOOP; END $$
"""
OTHERS = (
    "http://old.test:80801 http://old.test:8080.example http://old.test:8080@else.test"
    " http://old.test/"
)
PLUG_INS: list[list[Any]] = [
    [
        "http://new.test/b, http://new.test.", ["http://new.test/c", "d, e"], "http://new.test/short",
        '{"b":"http://new.test/","a":  1}', 8080, "new.test",
    ],
    [
        OTHERS, None, "https://old.test:8080", '{"a":  1}', None, "old.test:80801 http:",
    ],
]  # fmt: skip


@pytest.fixture
def old(postgres: PostgresServer) -> Iterator[str]:
    """The other shop's database."""
    with postgres.database() as name:
        postgres.execute((TABLES / "medusa.sql").read_text(), name)
        yield name


@pytest.fixture
def new(postgres: PostgresServer) -> Iterator[str]:
    """This shop's, with nothing in it."""
    with postgres.database() as name:
        yield name


@pytest.fixture
def pod(tmp_path: Path, postgres: PostgresServer, old: str, new: str) -> Pod:
    """The pod that loads, with the other shop's dump in its folder."""
    environment = {
        "PATH": f"{postgres.programs}{os.pathsep}{os.environ['PATH']}",
        "PGHOST": "127.0.0.1", "PGPORT": str(postgres.port), "PGDATABASE": new,
        "PGUSER": USER, "PGPASSWORD": PASSWORD,
        "OLD_URL": "http://old.test:8080", "SHOP_URL": "http://new.test", "SNAPSHOT": "5a1f",
    }  # fmt: skip
    made = Pod.made(tmp_path, environment, secrets=[PASSWORD])
    assert made.run(DUMP, PGDATABASE=old) == 0
    return made


def rows(pod: Pod, table: str, database: str = "") -> list[dict[str, object]]:
    query = f"SELECT coalesce(json_agg(t ORDER BY t::text), '[]') FROM {table} t"  # noqa: S608 - names from here
    found: list[dict[str, object]] = json.loads(in_postgres(pod, query, database))
    return found


def tables(pod: Pod) -> set[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    return set(in_postgres(pod, query).split())


@pytest.mark.parametrize("shell", SHELLS)
def test_all_of_the_shop_is_there_at_its_new_address(pod: Pod, old: str, shell: str) -> None:
    theirs = {table: rows(pod, table, old) for table in ('"order"', "product", "image", "zone")}
    assert pod.run(LOAD, shell=shell) == 0
    assert pod.message == '{"orders": 2, "products": 1}\n'
    for table, found in theirs.items():
        text = json.dumps(found).replace("http://old.test:8080", "http://new.test")
        assert rows(pod, table) == json.loads(text), table
    assert rows(pod, "product")[0]["metadata"] == {
        "url": "http://new.test", "more": [1.50, {"a": 'see http://new.test/a, or "not"'}],
    }  # fmt: skip
    raw = in_postgres(pod, "SELECT raw::text FROM plug_in ORDER BY number")
    assert raw.splitlines() == ['{"b":"http://new.test/","a":  1}', '{"a":  1}']
    assert [list(row.values()) for row in rows(pod, "plug_in")] == [
        [*row[:3], json.loads(row[3]), *row[4:]] for row in PLUG_INS
    ]


def test_what_is_the_other_shops_alone_is_not_taken_over(pod: Pod) -> None:
    assert pod.run(LOAD) == 0
    assert not rows(pod, "locking")
    # Nothing is made in it, and nobody is let in, before it is set up by the image of this shop
    assert rows(pod, "store_platform_setup") == [
        {"only_row": True, "is_open": True, "set_up_by": None, "migrated_by": "medusa:2"}
    ]
    (mark,) = rows(pod, "store_platform_restored")
    assert mark["snapshot"] == "5a1f"


def test_another_run_only_counts(pod: Pod) -> None:
    assert pod.run(LOAD) == 0
    in_postgres(pod, "INSERT INTO product VALUES ('3', 'New', 'http://old.test:8080', '{}', now())")
    before = {table: rows(pod, table) for table in ("product", "store_platform_restored")}
    assert pod.run(LOAD) == 0
    assert pod.message == '{"orders": 2, "products": 2}\n'
    assert {table: rows(pod, table) for table in before} == before


def test_a_copys_copy_knows_its_own_backup_alone(pod: Pod, postgres: PostgresServer) -> None:
    assert pod.run(LOAD) == 0
    assert pod.run(DUMP) == 0
    with postgres.database() as third:
        more = {"OLD_URL": "http://new.test", "SHOP_URL": "https://third.test", "SNAPSHOT": "7b"}
        assert pod.run(LOAD, PGDATABASE=third, **more) == 0
        (image,) = rows(pod, "image", third)
        assert image["url"] == "https://third.test/static/1.png"
        (mark,) = rows(pod, "store_platform_restored", third)
        assert mark["snapshot"] == "7b"


@pytest.mark.parametrize("address", ["http://old.test:8080", "http://x.test/&%s'$1"])
def test_any_address(pod: Pod, address: str) -> None:
    assert pod.run(LOAD, SHOP_URL=address) == 0
    assert rows(pod, "image")[0]["url"] == f"{address}/static/1.png"


def instead_of_pg_restore(pod: Pod, then: str) -> None:
    program = str(shutil.which("pg_restore", path=pod.environment["PATH"]))
    script = pod.folder / "bin" / "pg_restore"
    script.write_text(WITHOUT_END.format(program=program, then=then))
    script.chmod(0o755)


async def while_it_loads(pod: Pod, url: str) -> int:
    """Kill all of the pod when the beginning of the dump is loaded; return the exit code."""
    other = await asyncpg.connect(url)
    running = pod.start(LOAD, before=["setsid"])
    while not await other.fetchval(WAITS):
        assert running.poll() is None
        await asyncio.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    code = await asyncio.to_thread(pod.finish, running)
    await other.close()
    return code


def test_killed_in_the_middle_it_leaves_nothing(
    pod: Pod, postgres: PostgresServer, new: str
) -> None:
    instead_of_pg_restore(pod, "exec cat /dev/zero > /dev/null")
    assert asyncio.run(while_it_loads(pod, postgres.url(new))) == -signal.SIGKILL
    assert tables(pod) == set()
    (pod.folder / "bin" / "pg_restore").unlink()
    assert pod.run(LOAD) == 0
    assert pod.message == '{"orders": 2, "products": 1}\n'


def test_a_database_that_ends_in_the_middle(pod: Pod, postgres: PostgresServer, new: str) -> None:
    """Nothing of the backup is in it, and another pod begins anew."""
    instead_of_pg_restore(pod, "until [ -e $TMPDIR/go ]; do sleep 0.1; done; echo 'SELECT 1;'")
    running = pod.start(LOAD)
    postgres.execute(WAIT_AND_END, new)
    (pod.folder / "tmp" / "go").touch()
    assert pod.finish(running) == 1
    assert pod.message.startswith(
        "The backup could not be loaded. The database was stopped meanwhile, so the shop is not"
        " opened. See whether its pod runs. "
    )
    assert tables(pod) == set()
    (pod.folder / "bin" / "pg_restore").unlink()
    assert pod.run(LOAD) == 0
    assert pod.message == '{"orders": 2, "products": 1}\n'


def test_a_dump_of_a_newer_postgres(pod: Pod) -> None:
    dump = pod.backup / "database.dump"
    found = bytearray(dump.read_bytes())
    assert found[:6] == b"PGDMP\x01"
    found[6] = 99  # the format's version, after its magic bytes
    dump.write_bytes(found)
    assert pod.run(LOAD) == 1
    assert pod.message == (
        "The backup could not be loaded. It is the dump of a newer database server than the one of"
        " this shop. Have the operator of the platform give the shop that one. pg_restore: error:"
        " unsupported version (1.99) in file header\n"
    )
    assert tables(pod) == set()


def test_a_dump_that_cannot_be_read_to_its_end(pod: Pod) -> None:
    instead_of_pg_restore(pod, "echo pg_restore: error: could not read from input file >&2; exit 1")
    assert pod.run(LOAD) == 1
    assert pod.message == (
        "The backup could not be loaded. pg_restore: error: could not read from input file\n"
    )
    assert tables(pod) == set()


def test_a_dump_that_is_none(pod: Pod) -> None:
    (pod.backup / "database.dump").write_text("something else")
    assert pod.run(LOAD) == 1
    assert pod.message == (
        "The backup could not be loaded. pg_restore: error: input file does not appear to be a"
        " valid archive (too short?)\n"
    )
    assert tables(pod) == set()


def test_text_for_which_there_is_no_room(pod: Pod) -> None:
    """It is not cut off."""
    assert pod.run(LOAD, SHOP_URL=f"http://{'long' * 10}.test") == 1
    assert pod.message.startswith("The backup could not be loaded. ")
    assert "value too long for type character varying(34)" in pod.message
    assert tables(pod) == set()


def test_a_database_that_has_a_shop(pod: Pod) -> None:
    in_postgres(pod, "CREATE TABLE product (id text)")
    assert pod.run(LOAD) == 1
    assert pod.message == (
        "There is a shop in the database already, over which no backup is loaded. Restore it into a"
        " new store.\n"
    )
    assert tables(pod) == {"product"}


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("PGPASSWORD", "another", "password authentication failed"),
        ("PGPORT", "1", "Connection refused"),
    ],
)
def test_a_database_that_does_not_answer(pod: Pod, variable: str, value: str, reason: str) -> None:
    assert pod.run(LOAD, DATABASE_SECONDS="0", **{variable: value}) == 1
    assert pod.message.startswith(
        "The database of this shop does not answer. See whether its pod runs. psql: error: "
    )
    assert reason in pod.message


def test_a_database_that_answers_later(pod: Pod, new: str) -> None:
    """It begins after this pod has."""
    in_postgres(pod, f"ALTER DATABASE {new} RENAME TO {new}_later", "postgres")
    running = pod.start(LOAD)
    while "does not exist" not in (pod.folder / "tmp" / "errors").read_text():
        assert running.poll() is None
    in_postgres(pod, f"ALTER DATABASE {new}_later RENAME TO {new}", "postgres")
    assert pod.finish(running) == 0


def test_both_scripts_count_the_same() -> None:
    counts = [
        set(re.findall(r'count\(\*\).*? FROM ("?\w+"? WHERE [^)\n\\]+)', script.read_text()))
        for script in (DUMP, LOAD)
    ]
    found = [{text.replace("AS ", "").strip() for text in of} for of in counts]
    assert found[0] == found[1]
    assert len(found[0]) == 2
