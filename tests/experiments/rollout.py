"""``python -m tests.experiments.rollout [SHOPS]``: upgrade many shops on simulated nodes, timed.

First all of them get a version that is good, canaries first. Then all are to get one that is bad,
and the first canary stops that: it is brought back as it was, and nobody else is touched. API
server, admission, controllers and helm are real. The nodes are simulated, so images are pulled and
backups made in no time: what is measured is the platform's own work.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from app.local.cluster import LocalCluster
from app.local.cluster.progress import say, ticking
from tests.bench.ground import UNLIMITED, Ground
from tests.bench.results import machine
from tests.e2e import simulated_backups
from tests.e2e.rollouts import Fleet, State, counts, most_at_once
from tests.e2e.service import Service
from tests.engine_versions import BAD, FORMER, NEWER, charts

CANARIES, PARALLEL = 3, 8
_PATIENCE_SECONDS = 3600.0


async def _measure(service: Service, number: int) -> None:
    fleet = Fleet(service, _PATIENCE_SECONDS)
    began = time.monotonic()
    with ticking(f"{number} shops of version {FORMER}"):
        await fleet.open(number)
    say(f"\n{machine()}\n\n{number} shops made in {_since(began)}.")
    upgraded, seconds = await _rolled_out(fleet, NEWER)
    assert counts(upgraded[-1]) == {"SUCCEEDED": number}, upgraded[-1]
    assert await fleet.versions() == {("READY", NEWER): number}
    _say_of_turns(await fleet.upgrades(), seconds)
    stopped, seconds = await _rolled_out(fleet, BAD)
    assert counts(stopped[-1]) == {"FAILED": CANARIES, "PENDING": number - CANARIES}, stopped[-1]
    began = time.monotonic()
    await fleet.until_ready()
    assert await fleet.versions() == {("READY", NEWER): number}
    say(f"All {number} shops are open with version {NEWER}, {_since(began)} after that.")


async def _rolled_out(fleet: Fleet, version: str) -> tuple[list[State], float]:
    """Return the states of a rollout, and how long it took."""
    began = time.monotonic()
    with ticking(f"a rollout of version {version}"):
        rollout_id = await fleet.begin(version, canaries=CANARIES, parallel=PARALLEL)
        states = await fleet.follow(rollout_id)
    last = states[-1]
    say(f"Version {version}: {last['status']} after {_since(began)}, {counts(last)}.")
    if last["reason"]:
        say(f"  {last['reason']}")
    return states, time.monotonic() - began


def _say_of_turns(upgrades: Sequence[tuple[str, int, int]], seconds: float) -> None:
    took = sorted((ended - began) / 1e6 for _, began, ended in upgrades)
    say(
        f"  {len(took)} upgrades, at most {most_at_once(upgrades)} at a time; one took"
        f" {took[len(took) // 2]:.1f} s (median; {took[0]:.1f} to {took[-1]:.1f} s), and"
        f" {60 * len(took) / seconds:.0f} were done in a minute."
    )


def _since(began: float) -> str:
    return f"{time.monotonic() - began:.0f} s"


def main(number: int = 100) -> None:
    cluster = LocalCluster.up("rollout")
    try:
        simulated_backups.make_place(cluster)
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            settings = {**UNLIMITED, **simulated_backups.SETTINGS}
            settings["STORE_PLATFORM_CHARTS"] = str(charts(folder))
            with Ground.running(Service(folder, cluster, settings)) as service:
                asyncio.run(_measure(service, number))
    finally:
        cluster.down()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
