"""``make chaos``: a long storm on its own cluster. ``python -m tests.chaos [ROUNDS [SEED]]``."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from app.local.cluster import LocalCluster
from app.local.cluster.progress import say
from tests.chaos.backups import place_for_backups
from tests.chaos.inspection import inspect_storm
from tests.chaos.storm import Storm
from tests.e2e.service import Service
from tests.e2e.volumes import volumes_that_grow

_ENDS = "SELECT kind, status, COUNT(*) FROM operations GROUP BY kind, status ORDER BY kind, status"


def main(rounds: int = 200, seed: int = 0) -> None:
    seed = seed or int(time.time())
    say(f"A storm of {rounds} rounds with seed {seed} …")
    cluster = LocalCluster.up("chaos")
    try:
        with tempfile.TemporaryDirectory() as folder:
            service = Service(Path(folder), cluster)
            try:
                storm = Storm(service, seed)
                with place_for_backups(cluster), volumes_that_grow(cluster):
                    asyncio.run(storm.run(rounds))
                    inspect_storm(storm, cluster)
                    ends = storm.promises.rows(_ENDS)
            except BaseException:
                kept = Path(tempfile.gettempdir()) / "store-platform-chaos.log"
                if service.log.exists():
                    kept.write_bytes(service.log.read_bytes())
                say(f"It did not hold. The service's log is kept: {kept}")
                raise
            finally:
                service.stop()
    finally:
        cluster.down()
    say(
        f"It held: {storm.kills} kills, {storm.outages} outages of the API server,"
        f" {storm.promises.summary}."
    )
    for kind, status, count in ends:
        say(f"  {count} x {kind} {status}")


main(*map(int, sys.argv[1:]))
