"""``make kills``: many rounds, half of them with each engine. ``python -m tests.kills --help``."""

import argparse
import tempfile
import time
from pathlib import Path

from app.local.cluster.progress import say
from tests.kills.rounds import Rounds
from tests.kills.servers import ENGINES, databases_of, place_of_backups


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="of all engines together")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--engine", choices=ENGINES, help="this one alone")
    given = parser.parse_args()
    say(f"{given.rounds} rounds of kill -9 with seed {given.seed} …")
    engines = [given.engine] if given.engine else ENGINES
    for number, engine in enumerate(engines):
        rounds = (given.rounds + number) // len(engines)
        run(engine, rounds, given.seed + number)  # or both would meet the same kills


def run(engine: str, number: int, seed: int) -> None:
    """Go through the rounds with a shop of an engine, and tell what there was."""
    with (
        tempfile.TemporaryDirectory() as folder,
        databases_of(engine) as databases,
        place_of_backups(Path(folder)) as server,
    ):
        rounds = Rounds(Path(folder), databases, server, seed)
        try:
            rounds.run(number)
        except BaseException:
            say(f"It did not hold with {engine}, after {rounds.summary}.")
            raise
    for line in rounds.kills_told:
        say(line)
    say(f"It held with {engine}: {number} rounds, {rounds.summary}.")


main()
