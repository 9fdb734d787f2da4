"""Some rounds, with dice that fall the same way each time. `make kills` has many."""

from pathlib import Path

import pytest

from tests.kills.databases import Medusas
from tests.kills.rounds import Rounds
from tests.kills.servers import place_of_backups
from tests.postgres import PostgresServer

ROUNDS, SEED = 3, 20261130


@pytest.mark.slow
def test_some_rounds(tmp_path: Path, postgres: PostgresServer) -> None:
    with place_of_backups(tmp_path) as server:
        rounds = Rounds(tmp_path, Medusas(postgres), server, SEED)
        rounds.run(ROUNDS)
    backups = rounds.counted["backups reported"] + rounds.counted["backups failed"]
    assert backups == ROUNDS + 2  # one before the rounds, and one after them
