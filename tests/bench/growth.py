"""How cost grows with the number of stores, and with that of one store's subscribers.

The services have no cluster, so that nothing else differs between the sizes.
"""

import asyncio
import statistics

from app.local.cluster.progress import ticking
from tests.bench import fan_out
from tests.bench.charts import Growth
from tests.bench.ground import Ground
from tests.bench.listing import listed, page_cost
from tests.bench.memory import resident_megabytes

STORES = (10, 100, 1000)
SUBSCRIBERS = (100, 1000, 2000, 5000)
_PAGE = 50
_ROUNDS = 5


async def by_stores(ground: Ground) -> list[Growth]:
    """Return the CPU of a page, in ms, and the resident memory, in MB, for each size."""
    pages, memory = [], []
    for stores in STORES:
        with ticking(f"growth: {stores} stores"):
            page, megabytes = await asyncio.to_thread(_measure, ground, stores)
        pages.append((stores, page))
        memory.append((stores, megabytes))
    return [
        Growth("CPU of a page of 50", "ms", tuple(pages)),
        Growth("memory", "MB", tuple(memory)),
    ]


async def by_subscribers(ground: Ground) -> list[Growth]:
    """Return the CPU of a frame, in µs, ours and a bare broadcast's, and the memory, in MB."""
    ours, bare, memory = [], [], []
    for subscribers in SUBSCRIBERS:
        with ticking(f"growth: {subscribers} subscribers"):
            async with fan_out.server(ground) as server:
                cost = await server.cost("graphql", subscribers)
                broadcast = await server.cost("bare", subscribers)
        ours.append((subscribers, cost.microseconds))
        bare.append((subscribers, broadcast.microseconds))
        memory.append((subscribers, cost.megabytes))
    return [
        Growth("CPU of a frame", "µs", tuple(ours)),
        Growth("CPU of a frame of a bare broadcast", "µs", tuple(bare)),
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
