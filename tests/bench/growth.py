"""How cost grows with the number of stores: a page of the list, and the memory of the service.

The services have no cluster, so that nothing but the stores differs between the sizes.
"""

import asyncio
import statistics

from tests.bench.charts import Growth
from tests.bench.ground import Ground
from tests.bench.listing import listed, page_cost
from tests.bench.memory import resident_megabytes
from tests.cluster.progress import ticking

SIZES = (10, 100, 1000)
_PAGE = 50
_ROUNDS = 5


async def by_stores(ground: Ground) -> list[Growth]:
    """Return the CPU of a page, in ms, and the resident memory, in MB, for each size."""
    pages, memory = [], []
    for stores in SIZES:
        with ticking(f"growth: {stores} stores"):
            page, megabytes = await asyncio.to_thread(_measure, ground, stores)
        pages.append((stores, page))
        memory.append((stores, megabytes))
    return [
        Growth("CPU of a page of 50", "ms", tuple(pages)),
        Growth("memory", "MB", tuple(memory)),
    ]


def _measure(ground: Ground, stores: int) -> tuple[float, float]:
    with listed(ground.folder / f"growth-{stores}", stores) as (service, process):
        token = service.token("bench", role="admin")
        rows = min(stores, _PAGE)
        costs = [
            page_cost(process.pid, service.port, "/graphql", token, rows) for _ in range(_ROUNDS)
        ]
        return statistics.median(costs), resident_megabytes(process.pid)
