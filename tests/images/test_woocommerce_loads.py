"""How a dump is loaded into a new shop of WooCommerce: the chart's own script, on MariaDB."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.backup_pod import SCRIPTS, SHELLS, Pod
from tests.images.mariadb import PASSWORD, MariaDb, running_mariadb
from tests.images.test_database_dumps import TABLES

pytestmark = pytest.mark.slow

DUMP, LOAD = SCRIPTS["woocommerce", "dump"], SCRIPTS["woocommerce", "load"]
COUNTS = '{"orders": 3, "products": 2}\n'
MARK = "store_platform_restored"


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDb]:
    with running_mariadb() as server:
        server.run((TABLES / "woocommerce.sql").read_text())
        server.run("CREATE DEFINER = wordpress@'%' VIEW wp_sold AS SELECT id FROM wp_wc_orders")
        yield server


@pytest.fixture
def pod(tmp_path: Path, mariadb: MariaDb) -> Pod:
    """The pod that loads into an empty database, with the other shop's dump in its folder."""
    environment = {
        **mariadb.environment,
        "MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": str(mariadb.port), "MYSQL_USER": "wordpress",
        "MYSQL_PASSWORD": PASSWORD, "MYSQL_DATABASE": "new",
    }  # fmt: skip
    mariadb.run(
        "CREATE OR REPLACE DATABASE new CHARACTER SET utf8mb4; GRANT ALL ON new.* TO wordpress@'%';"
    )
    made = Pod.made(tmp_path, environment, secrets=[PASSWORD])
    assert made.run(DUMP, MYSQL_DATABASE="wordpress") == 0
    return made


def contents(mariadb: MariaDb, database: str) -> dict[str, str]:
    """Return the rows of every table and view, but for the mark of what is loaded."""
    tables = set(mariadb.run("SHOW TABLES", database).split()) - {MARK}
    return {
        table: mariadb.run(f"SELECT * FROM {table} ORDER BY 1", database)  # noqa: S608 - ours
        for table in tables
    }


@pytest.mark.parametrize("shell", SHELLS)
def test_all_of_the_shop_is_there(pod: Pod, mariadb: MariaDb, shell: str) -> None:
    assert pod.run(LOAD, shell=shell) == 0
    assert pod.message == COUNTS
    assert contents(mariadb, "new") == contents(mariadb, "wordpress")
    assert mariadb.run(f"SELECT COUNT(*) FROM {MARK}", "new") == "1\n"  # noqa: S608 - ours


def test_another_run_only_counts(pod: Pod, mariadb: MariaDb) -> None:
    assert pod.run(LOAD) == 0
    mariadb.run("UPDATE wp_posts SET post_status = 'trash' WHERE ID = 1", "new")
    before = contents(mariadb, "new")
    assert pod.run(LOAD) == 0
    assert pod.message == '{"orders": 3, "products": 1}\n'
    assert contents(mariadb, "new") == before


def begins_anew(pod: Pod, mariadb: MariaDb, whole: str) -> None:
    """After a part was loaded, which is known to be one."""
    assert mariadb.run("SELECT COUNT(*) FROM wp_wc_orders", "new") == "2\n"
    assert mariadb.run(f"SELECT COUNT(*) FROM {MARK}", "new") == "0\n"  # noqa: S608 - ours
    (pod.backup / "database.sql").write_text(whole)
    assert pod.run(LOAD) == 0
    assert pod.message == COUNTS
    assert contents(mariadb, "new") == contents(mariadb, "wordpress")


def test_a_run_that_ended_in_the_middle_is_begun_anew(pod: Pod, mariadb: MariaDb) -> None:
    """What it had loaded is nothing that the set-up would take for the shop."""
    whole = (pod.backup / "database.sql").read_text()
    cut = whole.index("INSERT INTO `wp_wc_orders` VALUES (3")
    half = f"CREATE TABLE wp_other (id int);\n{whole[:cut]}COMMIT;\nSELECT nothing;\n"
    (pod.backup / "database.sql").write_text(half)
    assert pod.run(LOAD) == 1
    assert pod.message.startswith("The backup could not be loaded. ERROR 1054 (42S22)")
    begins_anew(pod, mariadb, whole)


def test_a_database_that_ends_in_the_middle(pod: Pod, mariadb: MariaDb) -> None:
    """The part that is loaded is known to be one."""
    whole = (pod.backup / "database.sql").read_text()
    cut = whole.index("INSERT INTO `wp_wc_orders` VALUES (3")
    half = f"{whole[:cut]}COMMIT;\nUNLOCK TABLES;\nSELECT COUNT(*) FROM wordpress.wp_posts;\n"
    (pod.backup / "database.sql").write_text(half + whole[cut:])
    mariadb.run("GRANT SELECT ON wordpress.* TO wordpress@'%'")
    with mariadb.holding("wp_posts"):
        running = pod.start(LOAD)
        mariadb.kill_who_waits()
        assert pod.finish(running) == 1
    assert pod.message.startswith(
        "The backup could not be loaded. The database was stopped meanwhile, so the shop is not"
        " opened. See whether its pod runs. ERROR "
    )
    begins_anew(pod, mariadb, whole)


def test_a_dump_of_a_newer_database(pod: Pod, mariadb: MariaDb) -> None:
    dump = pod.backup / "database.sql"
    dump.write_text(dump.read_text().replace("COLLATE=utf8mb4_", "COLLATE=utf8mb4_of_tomorrow_"))
    assert pod.run(LOAD) == 1
    assert pod.message.startswith(
        "The backup could not be loaded. It is the dump of a newer database server than the one of"
        " this shop. Have the operator of the platform give the shop that one. ERROR 1273"
    )
    assert mariadb.run(f"SELECT COUNT(*) FROM {MARK}", "new") == "0\n"  # noqa: S608 - ours


def test_a_copys_dump_does_not_say_that_it_is_one(pod: Pod) -> None:
    assert pod.run(LOAD) == 0
    assert pod.run(DUMP) == 0
    assert pod.message == COUNTS
    assert MARK not in (pod.backup / "database.sql").read_text()


def test_a_database_that_has_a_shop(pod: Pod, mariadb: MariaDb) -> None:
    mariadb.run("CREATE TABLE wp_posts (ID int); INSERT INTO wp_posts VALUES (1)", "new")
    assert pod.run(LOAD) == 1
    assert pod.message == (
        "There is a shop in the database already, over which no backup is loaded. Restore it into a"
        " new store.\n"
    )
    assert contents(mariadb, "new") == {"wp_posts": "1\n"}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_database_that_cannot_be_looked_at(pod: Pod, mariadb: MariaDb, shell: str) -> None:
    """It is not taken for an empty one."""
    mariadb.run("CREATE TABLE wp_posts (ID int)", "new")
    program = pod.folder / "bin" / "mariadb"
    program.write_text('#!/bin/sh\nread -r line\ntest "$line" = "SELECT 1" || exit 1\n')
    program.chmod(0o755)
    assert pod.run(LOAD, shell=shell) == 1
    assert pod.message == "The database of this shop could not be looked at.\n"
    assert contents(mariadb, "new") == {"wp_posts": ""}


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [("MYSQL_PASSWORD", "another", "Access denied"), ("MYSQL_PORT", "1", "Can't connect")],
)
def test_a_database_that_does_not_answer(pod: Pod, variable: str, value: str, reason: str) -> None:
    assert pod.run(LOAD, DATABASE_SECONDS="0", **{variable: value}) == 1
    assert pod.message.startswith(
        "The database of this shop does not answer. See whether its pod runs. ERROR "
    )
    assert reason in pod.message


def test_what_is_no_order_is_the_same_to_both_scripts() -> None:
    listed = [
        set(re.findall(r"auto-draft|draft|trash|wc-checkout-draft", script.read_text()))
        for script in (DUMP, LOAD)
    ]
    assert listed[0] == listed[1]
    assert len(listed[0]) == 4
