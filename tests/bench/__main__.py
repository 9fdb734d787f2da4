"""``python -m tests.bench [NAME …] [--stores N]``: measure, and print one table.

Without names everything is measured, in the order of ``BENCHES``.
"""

import argparse
import asyncio
import os
import platform
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from tests.bench import faults, latency, listing, memory, restart, throughput
from tests.bench.ground import Ground
from tests.bench.report import Figure, table
from tests.cluster import LocalCluster
from tests.cluster.progress import say

BENCHES: dict[str, Callable[[Ground], Awaitable[list[Figure]]]] = {
    "p1": latency.measure,
    "p3": throughput.measure,
    "p6": listing.measure,
    "faults": faults.measure,
    # The next two fill the cluster, which the others would feel.
    "p5": memory.measure,
    "p4": restart.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], metavar="NAME",
                        help=f"what to measure, of: {', '.join(BENCHES)}")  # fmt: skip
    parser.add_argument("--stores", type=int, default=20, help="how many stores P3 makes")
    given = parser.parse_args()
    names = [name for name in BENCHES if name in (given.names or BENCHES)]
    cluster = LocalCluster.up("bench")
    try:
        with tempfile.TemporaryDirectory() as folder:
            ground = Ground(cluster, Path(folder), given.stores)
            figures = asyncio.run(_measure(ground, names))
    finally:
        cluster.down()
    say(f"\n{os.cpu_count()} CPUs, {platform.system()} {platform.release()}\n")
    print(table(figures))


async def _measure(ground: Ground, names: Sequence[str]) -> list[Figure]:
    figures = []
    for name in names:
        found = await BENCHES[name](ground)
        say("\n".join(f"  {f.name}: {f.ours} ({f.compared}, goal {f.goal})" for f in found))
        figures += found
    return figures


main()
