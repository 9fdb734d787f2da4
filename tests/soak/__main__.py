"""``make soak``: ten minutes on its own cluster. ``python -m tests.soak [MINUTES [SEED]]``."""

import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from app.local.cluster import LocalCluster
from app.local.cluster.progress import say
from tests.bench.ground import UNLIMITED
from tests.chaos.inspection import inspect
from tests.e2e.service import Service
from tests.postgres import PostgresServer
from tests.soak.soak import Scale, Soak

_REPLICAS = 2
_STORES, _SUBSCRIBERS = 500, 1000
_SECONDS_BETWEEN_KILLS = 60
_DROPS_PER_SECOND = 5
_FLAT = 1.25  # what the last third may hold of what the second held: the first is still filling


def main(minutes: float = 10, seed: float = 0) -> None:
    seed = int(seed or time.time())
    say(f"A soak of {minutes:g} minutes with seed {seed} …")
    scale = Scale(
        stores=_STORES,
        subscribers=_SUBSCRIBERS,
        seconds=minutes * 60,
        seconds_between_kills=_SECONDS_BETWEEN_KILLS,
        drops_per_second=_DROPS_PER_SECOND,
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(PostgresServer())
        database = stack.enter_context(server.database())
        cluster = LocalCluster.up("soak")
        stack.callback(cluster.down)
        services = [_replica(folder / f"replica-{n}", cluster, server.url(database))
                    for n in range(_REPLICAS)]  # fmt: skip
        for service in services:
            stack.callback(service.stop)
        soak = Soak(services, scale, seed)
        try:
            asyncio.run(soak.run())
            inspect(soak.promises, cluster)
        except BaseException:
            _keep_logs(services)
            raise
    third = len(soak.megabytes) // 3
    middle, last = (
        statistics.median(part)
        for part in (soak.megabytes[third : 2 * third], soak.megabytes[2 * third :])
    )
    say(f"It held: {soak.summary}; {middle:.0f} MB in the middle, {last:.0f} MB at the end.")
    assert last <= middle * _FLAT, "Memory grows."


def _replica(folder: Path, cluster: LocalCluster, database_url: str) -> Service:
    folder.mkdir()
    return Service(folder, cluster, {**UNLIMITED, "STORE_PLATFORM_DATABASE_URL": database_url})


def _keep_logs(services: list[Service]) -> None:
    for number, service in enumerate(services):
        kept = Path(tempfile.gettempdir()) / f"store-platform-soak-{number}.log"
        if service.log.exists():
            kept.write_bytes(service.log.read_bytes())
            say(f"It did not hold. A replica's log is kept: {kept}")


main(*map(float, sys.argv[1:]))
