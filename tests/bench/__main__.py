"""``python -m tests.bench [NAME …] [--stores N] [--rounds N]``: measure, and print one table.

Without names everything is measured, in the order of ``BENCHES``, and written to RESULTS.md beside
this file. Each figure is that of the median round; the best and the worst stand beside it.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from app.local.cluster import LocalCluster
from app.local.cluster.progress import say
from tests.bench import (
    backups,
    fan_out,
    faults,
    growth,
    latency,
    listing,
    memory,
    pages,
    real_shop,
    restart,
    results,
    throughput,
    upgrades,
)
from tests.bench.charts import Growth
from tests.bench.ground import Ground
from tests.bench.report import Figure, median_round, table

GROWTHS: dict[str, Callable[[Ground], Awaitable[list[Growth]]]] = {
    "Growth with the number of stores": growth.by_stores,
    "Growth with the subscribers of one store": growth.by_subscribers,
}
BENCHES: dict[str, Callable[[Ground], Awaitable[list[Figure]]]] = {
    "p1": latency.measure,
    "p2": fan_out.measure,
    "p3": throughput.measure,
    "p6": listing.measure,
    "pages": pages.measure,
    "backup": backups.measure,
    "faults": faults.measure,
    "p8": real_shop.measure,
    "p12": upgrades.measure,
    # The next two fill the cluster, which the others would feel.
    "p5": memory.measure,
    "p4": restart.measure,
}
SHARED = frozenset({"p5", "p4"})
"""Whose rounds share the fleet of stores: it takes minutes to make."""
MOST_ROUNDS = {"backup": 2, "p12": 1}
"""Of what is not measured as often as the others: a round of it takes half a minute, or ten."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], metavar="NAME",
                        help=f"what to measure, of: {', '.join(BENCHES)}")  # fmt: skip
    parser.add_argument("--stores", type=int, default=100, help="how many stores P3 makes")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured at most")
    given = parser.parse_args()
    names = [name for name in BENCHES if name in (given.names or BENCHES)]
    cluster = LocalCluster.up("bench")
    try:
        with tempfile.TemporaryDirectory() as folder:
            ground = Ground(cluster, Path(folder), given.stores)
            figures = asyncio.run(_measure(ground, names, given.rounds))
            if not given.names:
                page = results.write(figures, asyncio.run(_grow(ground)))
                say(f"Written: {page}")
    finally:
        cluster.down()
        if real := LocalCluster.find(real_shop.CLUSTER):
            real.down()
    say(f"\n{results.machine()}\n")
    print(table(figures))


async def _measure(ground: Ground, names: Sequence[str], rounds: int) -> list[Figure]:
    figures: list[Figure] = []
    for name in names:
        measured = []
        for number in range(min(rounds, MOST_ROUNDS.get(name, rounds))):
            found = await BENCHES[name](ground if name in SHARED else ground.afresh(number))
            say("\n".join(f"  {f.name}: {f.ours} ({f.compared}, goal {f.goal})" for f in found))
            measured.append(found)
        figures += [median_round(same) for same in zip(*measured, strict=True)]
    return figures


async def _grow(ground: Ground) -> dict[str, list[Growth]]:
    return {title: await measure(ground) for title, measure in GROWTHS.items()}


main()
