"""``python -m tests.experiments.clusters``: run the experiment, and print what it showed.

It takes some ten minutes on 2 cores. Its clusters, database and replicas are its own, and gone at
its end. ``--outage stop`` ends the API server instead of freezing it.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from app.local.cluster import LocalCluster
from app.local.cluster.progress import say
from provisioner.storage.migrations import migrate
from tests.bench.ground import UNLIMITED
from tests.bench.results import machine
from tests.chaos.inspection import inspect_cluster, inspect_records
from tests.e2e.service import Service
from tests.experiments.clusters.findings import lives, recovery, report
from tests.experiments.clusters.prototype import SEVERAL_LEASES
from tests.experiments.clusters.trial import CUT, OTHER, Outage, Plan, Trial
from tests.postgres import PostgresServer

_REPLICAS = 2
_KEPT = """SELECT (SELECT COUNT(*) FROM stores), (SELECT COUNT(*) FROM events),
  pg_total_relation_size('events'), pg_total_relation_size('stores')
  + pg_total_relation_size('steps') + pg_total_relation_size('pods')"""
_NAMESPACES = "SELECT namespace FROM stores WHERE name LIKE :pattern"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.experiments.clusters", description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--stores", type=int, default=100, help="in each cluster")
    parser.add_argument("--seconds-between", type=float, default=3.0, help="creates in a cluster")
    parser.add_argument("--cut-after", type=float, default=75.0, help="seconds")
    parser.add_argument("--cut-for", type=float, default=150.0, help="seconds")
    parser.add_argument("--outage", type=Outage, default=Outage.FREEZE, choices=list(Outage))
    given = parser.parse_args()
    plan = Plan(
        stores=given.stores,
        seconds_between=given.seconds_between,
        cut_after_seconds=given.cut_after,
        cut_seconds=given.cut_for,
        outage=given.outage,
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(PostgresServer())
        clusters = {}
        for name in (CUT, OTHER):
            clusters[name] = LocalCluster.up(f"experiment-{name}")
            stack.callback(clusters[name].down)
        database = stack.enter_context(server.database())
        url = _database(server, database)
        replicas = [_replica(folder / f"replica-{n}", clusters, url) for n in range(_REPLICAS)]
        for replica in replicas:
            stack.callback(replica.stop)
        load = os.getloadavg()[0]
        say(f"{plan}, load {load:.1f} at the start")
        trial = Trial(clusters, replicas, plan)
        try:
            asyncio.run(trial.run())
            server.execute("VACUUM FULL", database)  # what is measured is what is kept
            _tell(trial, load)
            _inspect(trial, clusters)
        finally:
            _keep_logs(replicas)


def _database(server: PostgresServer, name: str) -> str:
    """Make the tables, with room for several leases; return the database's URL."""
    url = server.url(name)
    asyncio.run(migrate(url))
    server.execute(SEVERAL_LEASES, name)
    return url


def _replica(folder: Path, clusters: Mapping[str, LocalCluster], url: str) -> Service:
    folder.mkdir()
    named = [f"{name}={cluster.kubeconfig}" for name, cluster in clusters.items()]
    return Service(
        folder,
        clusters[CUT],
        {**UNLIMITED, "STORE_PLATFORM_DATABASE_URL": url},
        ("tests.experiments.clusters.serve", *named),
    )


def _tell(trial: Trial, load: float) -> None:
    followers = [each for of_store in trial.promises.followers.values() for each in of_store]
    events = sum(len(follower.events) for follower in followers)
    print(f"\n{machine()}; load {load:.1f} at the start. {trial.plan}\n")
    print(report(trial.notes, lives(trial.promises.rows), events))
    print(f"\n{recovery(trial.promises.rows, trial.notes)}")
    ((stores, kept, size, others),) = trial.promises.rows(_KEPT)
    print(
        f"\nIn the database a store has {kept / stores:.1f} events of {size / kept:.0f} bytes with"
        f" their indexes, and takes {(size + others) / stores / 1000:.1f} kB in all."
    )


def _inspect(trial: Trial, clusters: Mapping[str, LocalCluster]) -> None:
    """Say that nothing was lost, doubled or left half done. Raises AssertionError with what was."""
    live = inspect_records(trial.promises)
    for name, cluster in clusters.items():
        own = {str(row[0]) for row in trial.promises.rows(_NAMESPACES, pattern=f"{name}-%")}
        inspect_cluster(cluster, live & own)
    print("\nInspected: no event was lost or doubled, no namespace or release is half done.")


def _keep_logs(replicas: list[Service]) -> None:
    for number, replica in enumerate(replicas, 1):
        kept = Path(tempfile.gettempdir()) / f"store-platform-experiment-{number}.log"
        if replica.log.exists():
            kept.write_bytes(replica.log.read_bytes())
            say(f"A replica's log is kept: {kept}")


main()
