"""The servers that the rounds need: an engine's database, and the platform's place for backups."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.images.backup_pod import ACCOUNT, ACCOUNT_PASSWORD
from tests.images.mariadb import running_mariadb
from tests.images.rest_server import RestServer
from tests.kills.databases import Databases, Medusas, WooCommerces
from tests.postgres import PostgresServer

ENGINES = ("medusa", "woocommerce")


@contextmanager
def place_of_backups(folder: Path) -> Iterator[RestServer]:
    """Run a server that knows the shop's account."""
    place = folder / "server"
    place.mkdir()
    with RestServer(place) as server:
        server.add_account(ACCOUNT, ACCOUNT_PASSWORD)
        server.look_again()
        server.wait_for("Reloaded htpasswd file")
        yield server


@contextmanager
def databases_of(engine: str) -> Iterator[Databases]:
    """Run an engine's database server."""
    if engine == "medusa":
        with PostgresServer() as postgres:
            yield Medusas(postgres)
    else:
        with running_mariadb() as mariadb:
            yield WooCommerces(mariadb)
