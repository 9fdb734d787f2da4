"""P3: many stores created at once until all are Ready, beside bare ``helm install``.

The baseline does what must be done in any case, with the same chart, values and parallelism: make
the namespace and the Secret, run helm, and see by one watch of the pods and one of the jobs, open
all the while, when all are ready. Of more than 100 stores the baseline does 100, and the time of
one is compared.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Set as AbstractSet
from typing import Any

from app.local.cluster.progress import ticking
from tests.bench.bare_helm import install, kubectl
from tests.bench.ground import Ground, api_client
from tests.bench.memory import resident_megabytes
from tests.bench.report import Figure
from tests.e2e.service import Service, follow

_GOAL = 1.2
_FLAT = 1.25
_PARALLEL = 8
_BARE = 100
_SERVING, _SETUP = ("mysql", "wordpress"), "setup"
_PODS, _JOBS = "/api/v1/pods", "/apis/batch/v1/jobs"
_PATIENCE_SECONDS = 1800.0


async def measure(ground: Ground) -> list[Figure]:
    """Return P3's figure, in seconds, and the memory meanwhile, in MB."""
    service, stores, bare = ground.service("throughput"), ground.stores, min(ground.stores, _BARE)
    with ground.running(service):
        token = service.token("bench", "admin")
        with ticking(f"P3: bare helm, {bare} stores at once"):
            bare_install, bare_ready = await _bare(service, bare)
        with ticking(f"P3: {stores} stores at once"):
            ours, megabytes = await _through_the_platform(service, token, stores)
    ratio = (ours / stores) / (bare_ready / bare)
    first, last = megabytes[0], megabytes[-1]
    return [
        Figure(
            f"P3 {stores} stores created at once, all Ready",
            f"{ours:.1f} s",
            f"{bare_ready:.1f} s (bare helm, {bare} stores, {_PARALLEL} at a time;"
            f" {bare_install:.1f} s of it installing)",
            f"{ratio:.2f} x for each",
            f"<= {_GOAL:g} x",
            ratio / _GOAL,
        ),
        Figure(
            "P3 memory when the last was Ready",
            f"{last:.0f} MB",
            f"{first:.0f} MB (a tenth were Ready)",
            f"{last / first:.2f} x",
            f"<= {_FLAT:g} x",
            last / first / _FLAT,
        ),
    ]


async def _through_the_platform(
    service: Service, token: str, stores: int
) -> tuple[float, list[float]]:
    """Return the seconds it took, and the memory after each tenth of the stores."""
    assert service.process is not None
    pid, megabytes = service.process.pid, []
    began = time.monotonic()
    payloads = [
        await asyncio.to_thread(service.create, token, f"bench-{index}") for index in range(stores)
    ]
    ids = [payload["store"]["id"] for payload in payloads]
    async with service.websocket(token) as session:
        following = [follow(session, store_id, until={"READY", "FAILED"}) for store_id in ids]
        for number, ending in enumerate(asyncio.as_completed(following), 1):
            last = (await ending)[-1]["store"]
            assert last["status"] == "READY", last
            if number % max(stores // 10, 1) == 0:
                megabytes.append(resident_megabytes(pid))
        seconds = time.monotonic() - began
        for store_id in ids:
            await asyncio.to_thread(service.delete, token, store_id)
        await asyncio.gather(*(follow(session, item, until={"DELETED"}) for item in ids))
    return seconds, megabytes


async def _bare(service: Service, stores: int) -> tuple[float, float]:
    names = [f"bare-{uuid.uuid4().hex[:12]}" for _ in range(stores)]
    pods = {(name, component) for name in names for component in _SERVING}
    jobs = {(name, _SETUP) for name in names}
    slots = asyncio.Semaphore(_PARALLEL)

    async def one(name: str) -> None:
        async with slots:
            await install(service.cluster, "woocommerce", name)

    async with asyncio.timeout(_PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        watches = [
            group.create_task(_until_seen(service, _PODS, "Ready", pods)),
            group.create_task(_until_seen(service, _JOBS, "Complete", jobs)),
        ]
        began = time.monotonic()
        await asyncio.gather(*(one(name) for name in names))
        installed = time.monotonic() - began
        await asyncio.gather(*watches)
        ready = time.monotonic() - began
    await kubectl(service.cluster, "delete", "namespaces", *names)
    return installed, ready


async def _until_seen(
    service: Service, path: str, condition: str, wanted: AbstractSet[tuple[str, str]]
) -> None:
    """Watch until the condition was true of each component (namespace, name) that is wanted."""
    missing = set(wanted)
    query = {"watch": "1"}
    async with (
        api_client(service.cluster) as client,
        client.stream("GET", path, params=query, timeout=None) as answer,
    ):
        async for line in answer.aiter_lines():
            item = json.loads(line)["object"]
            found = item.get("status", {}).get("conditions", ())
            if any((c["type"], c["status"]) == (condition, "True") for c in found):
                missing.discard(_component(item))
            if not missing:
                return
    raise RuntimeError(f"The watch of {path} ended before {len(missing)} were {condition}.")


def _component(item: dict[str, Any]) -> tuple[str, str]:
    metadata = item["metadata"]
    return metadata["namespace"], metadata.get("labels", {}).get("app.kubernetes.io/component", "")
