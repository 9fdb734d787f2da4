"""Some rounds, with dice that fall the same way each time. `make kills` has many."""

from pathlib import Path

import pytest

from tests.images.mariadb import running_mariadb
from tests.kills.databases import Databases, Medusas, WooCommerces
from tests.kills.rounds import Rounds
from tests.kills.servers import place_of_backups
from tests.postgres import PostgresServer

SEED = 20261130
pytestmark = pytest.mark.slow


def go_through(folder: Path, databases: Databases, number: int) -> None:
    with place_of_backups(folder) as server:
        rounds = Rounds(folder, databases, server, SEED)
        rounds.run(number)
    made = rounds.counted["backups reported"] + rounds.counted["backups failed"]
    assert made == number + 2  # one before the rounds, and one after them
    assert rounds.kills


def test_some_rounds_with_medusa(tmp_path: Path, postgres: PostgresServer) -> None:
    go_through(tmp_path, Medusas(postgres), 3)


def test_some_rounds_with_woocommerce(tmp_path: Path) -> None:
    with running_mariadb() as mariadb:
        go_through(tmp_path, WooCommerces(mariadb), 2)
