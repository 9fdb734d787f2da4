"""``python -m tests.bench [STORES]``: measure, and print one table."""

import asyncio
import os
import platform
import sys
import tempfile
from pathlib import Path

from tests.bench import latency, listing, throughput
from tests.bench.report import Figure, table
from tests.cluster import LocalCluster
from tests.cluster.progress import say, ticking
from tests.e2e.service import Service, follow


async def measure(service: Service, stores: int) -> list[Figure]:
    token = service.token("bench", "admin")
    created = await asyncio.to_thread(service.create, token, "latency")
    store_id = created["store"]["id"]
    async with service.websocket(token) as session:
        updates = await follow(session, store_id, until={"READY", "FAILED"})
    namespace = updates[-1]["store"]["diagnostics"]["namespace"]
    with ticking("P1: latency from pod to subscriber"):
        figures = await latency.measure(service, store_id, token, namespace)
    with ticking(f"P3: {stores} stores at once"):
        figures += await throughput.measure(service, token, stores)
    return figures


def main() -> None:
    stores = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    cluster = LocalCluster.up("bench")
    try:
        with tempfile.TemporaryDirectory() as folder:
            service = Service(Path(folder), cluster, {"STORE_PLATFORM_MAX_STORES_PER_USER": "0"})
            service.start()
            try:
                figures = asyncio.run(measure(service, stores))
            finally:
                service.stop()
    finally:
        cluster.down()
    with ticking("P6: a page of a long list"), tempfile.TemporaryDirectory() as folder:
        figures += listing.measure(Path(folder))
    say(f"\n{os.cpu_count()} CPUs, {platform.system()} {platform.release()}\n")
    print(table(figures))


main()
