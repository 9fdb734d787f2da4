"""P6: a page of 50 of 1,000 stores, beside the same rows as plain JSON from a bare route.

What is compared is the CPU that the server spends on a request: the same as its time where nothing
else runs, and not disturbed where something does. The query is the dashboard's own.
"""

import asyncio
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.local.cluster import LocalCluster
from app.local.cluster.components import Layout, choose_ports
from app.local.cluster.ports import free_port
from app.local.cluster.progress import ticking
from provisioner.domain.clock import SystemClock
from provisioner.storage.database import Database
from provisioner.storage.migrations import migrate
from provisioner.storage.stores import StoreRepository
from provisioner.testing import RecordedAnnouncements
from tests.bench.ground import Ground
from tests.bench.report import Figure
from tests.e2e.service import ROOT, Service
from tests.forked import Process
from tests.stores import a_store

STORES = 1000
QUERY = """{ stores(first: 50) { totalCount pageInfo { hasNextPage endCursor } edges { node {
  id name owner engine engineVersion status target reason { code message } version url adminUrl
  createdAt updatedAt readyAt deletedAt queuePosition } } } }"""
_ROUNDS, _REQUESTS = 7, 100
_GOAL = 4.0
_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


async def measure(ground: Ground) -> list[Figure]:
    """Return P6's figure. The service has no cluster, so the stores stay as they are."""
    folder = ground.folder / "listing"
    with ticking("P6: a page of a long list"):
        return await asyncio.to_thread(_measure, folder)


@contextmanager
def listed(folder: Path, stores: int) -> Iterator[tuple[Service, Process]]:
    """Run a service with so many stores and without a cluster; yield it and its process."""
    nowhere = folder / "nowhere"
    nowhere.mkdir(parents=True)
    service = Service(folder, LocalCluster("nowhere", Layout.create(nowhere, choose_ports())))
    asyncio.run(_add_stores(service.environment["STORE_PLATFORM_DATABASE_URL"], stores))
    service.start(wait_until_ready=False)
    try:
        assert service.process is not None
        yield service, service.process
    finally:
        service.stop()


def _measure(folder: Path) -> list[Figure]:
    with listed(folder, STORES) as (service, process):
        token = service.token("bench", role="admin")
        url = service.environment["STORE_PLATFORM_DATABASE_URL"]
        with _bare_route(url) as (bare, bare_port):
            ours, theirs = [], []
            for _ in range(_ROUNDS):
                ours.append(page_cost(process.pid, service.port, "/graphql", token))
                theirs.append(page_cost(bare.pid, bare_port, "/stores", token))
    mine, plain = statistics.median(ours), statistics.median(theirs)
    return [
        Figure(
            f"P6 stores(first: 50) of {STORES:,}, CPU per request",
            f"{mine:.1f} ms",
            f"{plain:.1f} ms (bare JSON)",
            f"{mine / plain:.1f} x",
            f"<= {_GOAL:g} x",
            mine / plain / _GOAL,
        )
    ]


def page_cost(pid: int, port: int, path: str, token: str, rows: int = 50) -> float:
    """Return the CPU of a process per request of a page, in milliseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    body = json.dumps({"query": QUERY})

    def request() -> None:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse().read()
        assert answer.count(b'"url"') == rows, answer

    for _ in range(5):
        request()
    before = cpu_ms(pid)
    for _ in range(_REQUESTS):
        request()
    spent = cpu_ms(pid) - before
    connection.close()
    return spent / _REQUESTS


def cpu_ms(pid: int) -> float:
    """Return the CPU time of a process and its threads so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_MS


@contextmanager
def _bare_route(url: str) -> Iterator[tuple[Process, int]]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.bare_listing", url, str(port)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
                break
            except OSError:
                assert time.monotonic() < deadline, "The bare route does not answer."
                time.sleep(0.05)
        yield process, port
    finally:
        process.terminate()
        process.wait()


async def _add_stores(url: str, stores: int) -> None:
    await migrate(url)
    database = Database(url)
    await database.connect()
    records = StoreRepository(database, SystemClock(), RecordedAnnouncements())
    for index in range(stores):
        await records.create(a_store(name=f"shop-{index}"))
    await database.close()
