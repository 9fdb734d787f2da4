"""1,000 ready stores with 4 pods each, for what is measured at scale.

helm would take a quarter of an hour to install them, so they are put where helm and the service
would have left them: the rows through the service's own repository, step by step; in the cluster
each store's labelled namespace and, straight on the simulated nodes, its pods, which KWOK starts.
What is not there is what the watches do not see: releases, workloads, claims. So a look for drift,
which comes once a second after the start, finds no release and costs less than it would.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from functools import partial
from typing import Any

import httpx

from app.local.cluster.objects import NODES
from app.local.cluster.progress import ticking
from provisioner.domain.clock import SystemClock
from provisioner.domain.names import new_store_id, release_for
from provisioner.domain.owners import local
from provisioner.domain.stores import StepStatus, Store, StoreStatus, new_store
from provisioner.domain.transitions import PROVISION_STEPS
from provisioner.kubernetes.labels import COMPONENT_LABEL, STORE_LABEL
from provisioner.storage.database import Database
from provisioner.storage.migrations import migrate
from provisioner.storage.stores import StoreRepository
from provisioner.testing import RecordedAnnouncements
from tests.bench.ground import Ground, api_client

STORES = 1000
COMPONENTS = ("mysql", "wordpress", "wordpress", "wordpress")
PODS = STORES * len(COMPONENTS)
NAME = "fleet"
"""The name of the service that the stores belong to."""

_READY_PODS = """SELECT COUNT(*) FROM pods WHERE detail LIKE '%"is_ready":true%'"""
_AT_ONCE = 24
_HTTP_CREATED, _HTTP_FORBIDDEN, _HTTP_CONFLICT = 201, 403, 409
_PATIENCE_SECONDS = 900


async def raise_fleet(ground: Ground) -> None:
    """Make the fleet, unless this run has it already; its pods are ready, and recorded."""
    service = ground.service(NAME)
    if (service.folder / "platform.db").exists():
        return
    with ticking(f"{STORES} stores in the database"):
        stores = await record_stores(service.database_url, STORES)
    async with api_client(ground.cluster) as client:
        with ticking(f"{STORES} namespaces and {PODS} pods"):
            await _at_once([partial(_namespace, client, store) for store in stores])
            await _at_once([partial(_pods, client, store) for store in stores])
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while await ready_pods(client) < PODS:  # noqa: ASYNC110 - KWOK is at work
                    await asyncio.sleep(2)
    with ticking("the service records the pods"), ground.running(service):
        await until(ground, _READY_PODS, PODS)


async def ready_pods(client: httpx.AsyncClient) -> int:
    """List the stores' pods as any client would, page by page; return how many are ready."""
    ready, token = 0, ""
    while True:
        query = {"labelSelector": STORE_LABEL, "limit": "500", "continue": token}
        answer = await client.get("/api/v1/pods", params=query)
        page = answer.raise_for_status().json()
        for pod in page["items"]:
            conditions = pod["status"].get("conditions", ())
            ready += any((c["type"], c["status"]) == ("Ready", "True") for c in conditions)
        token = page["metadata"].get("continue", "")
        if not token:
            return ready


def rows(ground: Ground, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Read the fleet's database."""
    file = ground.service(NAME).folder / "platform.db"
    with closing(sqlite3.connect(file, timeout=10)) as connection:
        return connection.execute(statement, values).fetchall()


async def until(ground: Ground, count: str, number: int, *values: object) -> None:
    """Wait until a statement counts this many rows."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while rows(ground, count, *values)[0][0] < number:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)


async def record_stores(url: str, count: int) -> list[Store]:
    """Write the records of ready stores into a new database."""
    await migrate(url)
    database = Database(url)
    await database.connect()
    try:
        records = StoreRepository(database, SystemClock(), RecordedAnnouncements())
        return [await _ready_store(records, number) for number in range(count)]
    finally:
        await database.close()


async def _ready_store(records: StoreRepository, number: int) -> Store:
    store_id = new_store_id()
    given = new_store(
        store_id=store_id, name=f"fleet-{number}", owner=local("merchant"), engine="woocommerce",
        engine_version="7.1", release=release_for("woo", store_id),
        host=f"fleet-{number}.store.localhost", url=f"http://fleet-{number}.store.localhost",
        now=SystemClock().now(),
    )  # fmt: skip
    store = await records.transition(await records.create(given), StoreStatus.PROVISIONING)
    for step in PROVISION_STEPS:
        await records.update_step(store, step, StepStatus.RUNNING, message="It begins.")
        await records.update_step(store, step, StepStatus.SUCCEEDED, message="It is done.")
    return await records.transition(store, StoreStatus.READY)


async def _at_once(calls: Sequence[Callable[[], Awaitable[None]]]) -> None:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(call: Callable[[], Awaitable[None]]) -> None:
        async with slots:
            await call()

    await asyncio.gather(*map(one, calls))


async def _namespace(client: httpx.AsyncClient, store: Store) -> None:
    metadata = {"name": store.namespace, "labels": {STORE_LABEL: store.id}}
    await _create(client, "/api/v1/namespaces", {"metadata": metadata})
    account = {"metadata": {"name": "default"}}  # else each pod waits for the controller's
    await _create(client, f"/api/v1/namespaces/{store.namespace}/serviceaccounts", account)


async def _pods(client: httpx.AsyncClient, store: Store) -> None:
    for index, component in enumerate(COMPONENTS):
        labels = {STORE_LABEL: store.id, COMPONENT_LABEL: component}
        container = {"name": component, "image": f"docker.io/library/{component}:1"}
        node = f"node-{(hash(store.id) + index) % NODES}"
        pod = {
            "metadata": {"name": f"{store.release}-{component}-{index}", "labels": labels},
            "spec": {
                "nodeName": node,
                "automountServiceAccountToken": False,
                "containers": [container],
            },
        }
        await _create(client, f"/api/v1/namespaces/{store.namespace}/pods", pod)


async def _create(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    while True:
        answer = await client.post(path, json=body)
        if answer.status_code in {_HTTP_CREATED, _HTTP_CONFLICT}:
            return
        if answer.status_code != _HTTP_FORBIDDEN:  # the service account is not cached yet
            raise RuntimeError(f"{path}: {answer.text}")
        await asyncio.sleep(0.1)
