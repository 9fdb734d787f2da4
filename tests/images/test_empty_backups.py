"""Backups that lack something: what a restore says of them, which a check of a backup passes on.

What a backup has is known from the platform's own records. Its manifest is no proof: whoever has
broken into a shop can save one, too.
"""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from provisioner.domain.backups import RestoreSource
from provisioner.domain.cluster import ContainerEnd
from provisioner.reconcile.backup_report import DUMP, SAVE, saved_of
from provisioner.reconcile.restoring import FETCH, LOAD, missing_of
from tests.images.backup_pod import ACCOUNT, ACCOUNT_PASSWORD, PASSWORD, SCRIPTS, Pod
from tests.images.mariadb import running_mariadb
from tests.images.rest_server import RestServer
from tests.kills.databases import NEW_URL, OLD_URL, Databases, Medusas, WooCommerces

pytestmark = pytest.mark.slow

DUMPS: dict[str, tuple[str, Sequence[str], str]] = {
    "medusa": (
        "database.dump", ["pg_dump", "--format=custom", "--file={dump}"],
        "--exclude-table=public.{table}",
    ),
    "woocommerce": (
        "database.sql",
        ["mariadb-dump", "--defaults-extra-file={tmp}/client.cnf", "--result-file={dump}",
         "{database}"],
        "--ignore-table={database}.{table}",
    ),
}  # fmt: skip
ORDERS = {"medusa": "order", "woocommerce": "wp_wc_orders"}
NOT_A_SHOP = "It has not what a shop has. Choose another one. "


@pytest.fixture(scope="module", params=["medusa", "woocommerce"])
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    if request.param == "medusa":
        yield Medusas(request.getfixturevalue("postgres"))
    else:
        with running_mariadb() as server:
            yield WooCommerces(server)


@dataclass(frozen=True)
class Shop:
    """A shop with one backup, and what the platform has recorded of that."""

    databases: Databases
    database: str
    pod: Pod
    folder: Path
    source: RestoreSource

    @classmethod
    def made(cls, databases: Databases, database: str, server: RestServer, folder: Path) -> "Shop":
        databases.open(database)
        environment = {
            **databases.environment(database),
            "RESTIC_REPOSITORY": f"rest:http://127.0.0.1:{server.port}/{ACCOUNT}/",
            "RESTIC_PASSWORD": PASSWORD, "RESTIC_REST_USERNAME": ACCOUNT,
            "RESTIC_REST_PASSWORD": ACCOUNT_PASSWORD,
        }  # fmt: skip
        (folder / "pod").mkdir()
        pod = Pod.made(folder / "pod", environment, [databases.secret, PASSWORD])
        (pod.files / "picture.png").write_bytes(b"picture")
        ended = {}
        for name in (DUMP, SAVE):
            assert pod.run(SCRIPTS[databases.engine, name]) == 0
            ended[name] = ContainerEnd(0, pod.message)
        saved = saved_of(ended, ("orders", "products"))
        source = RestoreSource(
            store_id="1", number=2, snapshot=saved.snapshot, url=OLD_URL, admin_user="",
            counts=saved.counts,
        )  # fmt: skip
        return cls(databases, database, pod, folder, source)

    def save_instead(self, database: str, *, without: str = "") -> str:
        """Save another database with the manifest of the backup, and return the snapshot."""
        name, command, leave_out = DUMPS[self.databases.engine]
        given = {
            "dump": self.pod.backup / name, "tmp": self.pod.folder / "tmp", "database": database,
            "table": without,
        }  # fmt: skip
        arguments = [*command, *([leave_out] if without else [])]
        environment = {**self.pod.all_environment, **self.databases.environment(database)}
        subprocess.run([a.format(**given) for a in arguments], env=environment, check=True)
        assert self.pod.run(SCRIPTS[self.databases.engine, SAVE]) == 0
        saved: str = json.loads(self.pod.message)["snapshot_id"]
        return saved

    def restore(self, snapshot: str, database: str) -> tuple[str, str]:
        """Restore a snapshot as the platform does.

        Return what the Job says of a failure, and what the platform finds missing.
        """
        (self.folder / "restore").mkdir()
        environment = {
            **self.pod.environment, **self.databases.environment(database), "SNAPSHOT": snapshot,
            "SAVED_BACKUP_FOLDER": str(self.pod.backup), "SAVED_FILES_FOLDER": str(self.pod.files),
            "OLD_URL": OLD_URL, "SHOP_URL": NEW_URL,
        }  # fmt: skip
        pod = Pod.made(self.folder / "restore", environment, self.pod.secrets)
        ended = {}
        for name in (FETCH, LOAD):
            code = pod.run(SCRIPTS[self.databases.engine, name])
            if code != 0:
                return pod.message, ""
            ended[name] = ContainerEnd(code, pod.message)
        return "", missing_of(self.source, ended)


@pytest.fixture
def new(databases: Databases) -> Iterator[str]:
    """The database of the shop that is made from the backup."""
    with databases.new() as name:
        yield name


@pytest.fixture
def shop(databases: Databases, server: RestServer, tmp_path: Path) -> Iterator[Shop]:
    with databases.new() as name:
        yield Shop.made(databases, name, server, tmp_path)


def test_the_backup_that_was_recorded(shop: Shop, new: str) -> None:
    assert shop.restore(shop.source.snapshot, new) == ("", "")
    assert shop.databases.counts(new) == shop.source.counts


def test_a_shop_of_which_nothing_was_sold(shop: Shop, new: str) -> None:
    """Its manifest tells of the orders and products that it lacks."""
    with shop.databases.new() as empty:
        shop.databases.open(empty)
        shop.databases.clear(empty)
        snapshot = shop.save_instead(empty)
    orders, products = shop.source.counts.values()
    assert min(orders, products) > 0
    missing = f"there are 0 of {orders} orders, 0 of {products} products"
    assert shop.restore(snapshot, new) == ("", missing)


def test_a_database_with_nothing_in_it(shop: Shop, new: str) -> None:
    with shop.databases.new() as empty:
        snapshot = shop.save_instead(empty)
    told, _ = shop.restore(snapshot, new)
    assert told.startswith("The backup ")
    assert NOT_A_SHOP in told


def test_a_table_that_is_missing(shop: Shop, new: str) -> None:
    orders = ORDERS[shop.databases.engine]
    snapshot = shop.save_instead(shop.database, without=orders)
    told, _ = shop.restore(snapshot, new)
    assert told.startswith(
        f"The backup was loaded, and what it has could not be counted. {NOT_A_SHOP}"
    )
    assert orders in told


def test_another_backup_of_the_same_shop(shop: Shop, new: str) -> None:
    shop.databases.sell(shop.database, 1, has_product=False)
    snapshot = shop.save_instead(shop.database)
    orders = shop.source.counts["orders"]
    missing = f"there are {orders + 1} of {orders} orders"
    assert shop.restore(snapshot, new) == ("", missing)
