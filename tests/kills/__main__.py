"""``make kills``: many rounds. ``python -m tests.kills [--rounds ROUNDS] [--seed SEED]``."""

import argparse
import tempfile
import time
from pathlib import Path

from app.local.cluster.progress import say
from tests.kills.rounds import Rounds
from tests.kills.servers import servers


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    say(f"{given.rounds} rounds of kill -9 with seed {given.seed} …")
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as (postgres, server):
        rounds = Rounds(Path(folder), postgres, server, given.seed)
        try:
            rounds.run(given.rounds)
        except BaseException:
            say(f"It did not hold, after {rounds.summary}.")
            raise
    for line in rounds.kills_told:
        say(line)
    say(f"It held: {given.rounds} rounds, {rounds.summary}.")


main()
