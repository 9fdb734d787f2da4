"""The servers that the rounds need: PostgreSQL, and the platform's place for backups."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.images.backup_pod import ACCOUNT, ACCOUNT_PASSWORD
from tests.images.rest_server import RestServer
from tests.postgres import PostgresServer


@contextmanager
def place_of_backups(folder: Path) -> Iterator[RestServer]:
    """A server that knows the shop's account."""
    place = folder / "server"
    place.mkdir()
    with RestServer(place) as server:
        server.add_account(ACCOUNT, ACCOUNT_PASSWORD)
        server.look_again()
        server.wait_for("Reloaded htpasswd file")
        yield server


@contextmanager
def servers(folder: Path) -> Iterator[tuple[PostgresServer, RestServer]]:
    with PostgresServer() as postgres, place_of_backups(folder) as server:
        yield postgres, server
