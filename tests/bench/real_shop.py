"""P8: a shop of Medusa from the create until a shopper can open it, on a node that truly runs it.

The images are on the node. The baseline does by hand what must be done in any case, with the same
chart and values: make the namespace and the Secret, run helm, wait with kubectl until the set-up is
complete and the pods are ready, and ask the home page until it answers. Ours also walks to the
check-out before it says READY.

Then shoppers ask that shop's home page through the ingress, each as soon as it has been answered.
The baseline is a fixed answer of the same pod by the same way.
"""

import asyncio
import statistics
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import aiohttp

from app.local.cluster import LocalCluster
from app.local.cluster.nodes import host
from app.local.cluster.nodes.images import ensure_imported
from app.local.cluster.paths import NODE_VALUES
from app.local.cluster.progress import say, ticking
from app.local.images.recipes import ensure_images
from tests.bench.bare_helm import install, kubectl
from tests.bench.ground import Ground
from tests.bench.report import Figure, percentile
from tests.e2e.service import Service, follow

CLUSTER = "bench-real"
_ENGINE = "medusa"
_GOAL_SECONDS = 30.0
_SHOPS = 3  # of which the median counts
_SHOPPERS = (1, 10, 30)
_VISITS = 20  # of each shopper
_WARM_UP = 5
_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 300.0
_FIXED_ANSWER = "/healthz"


async def measure(ground: Ground) -> list[Figure]:
    """Return P8's figures, in seconds and milliseconds; none where there can be no real node."""
    if not host.can_have_node():
        say("P8 is left out: this machine cannot have a real node (Debian, root).")
        return []
    cluster = LocalCluster.up(CLUSTER, has_real_node=True)
    node = cluster.layout.node
    assert node is not None
    for archive in ensure_images(_ENGINE):
        ensure_imported(node, archive)
    service = Service(
        ground.folder,
        cluster,
        {
            "STORE_PLATFORM_CHART_VALUES": str(NODE_VALUES),
            "STORE_PLATFORM_INGRESS": node.ingress,
            "STORE_PLATFORM_SHOP_URL": node.shop_url,
            "STORE_PLATFORM_REACHABILITY_CHECK": "true",
        },
    )
    with ground.running(service):
        with ticking(f"P8: {_SHOPS} shops by hand, one after the other"):
            bare = [await _by_hand(cluster, node.ingress) for _ in range(_SHOPS)]
        with ticking(f"P8: {_SHOPS} shops by the platform"):
            ours = [await _by_the_platform(service) for _ in range(_SHOPS)]
        async with _open_shop(service) as host_name:
            visits = [await _visits(node.ingress, host_name, shoppers) for shoppers in _SHOPPERS]
    return [_until_open(ours, bare), *visits]


def _until_open(ours: list[float], bare: list[tuple[float, float, float]]) -> Figure:
    middle = statistics.median(ours)
    installing, set_up, answering = (statistics.median(part) for part in zip(*bare, strict=True))
    by_hand = statistics.median(sum(parts) for parts in bare)
    return Figure(
        f"P8 create to a shopper can open it, p50 of {len(ours)}",
        f"{middle:.1f} s ({min(ours):.1f} to {max(ours):.1f})",
        f"{by_hand:.1f} s by hand (helm {installing:.1f}, images, migrations and set-up"
        f" {set_up:.1f}, until it answers {answering:.1f})",
        f"{middle / by_hand:.2f} x",
        f"<= {_GOAL_SECONDS:g} s",
        middle / _GOAL_SECONDS,
    )


async def _by_the_platform(service: Service) -> float:
    token = service.token("bench", "admin")
    began = time.monotonic()
    store_id = await _created(service, token)
    seconds = time.monotonic() - began
    await _deleted(service, token, store_id)
    return seconds


@asynccontextmanager
async def _open_shop(service: Service) -> AsyncIterator[str]:
    """Give the host of a shop that is open meanwhile."""
    token = service.token("bench", "admin")
    store_id = await _created(service, token)
    found = service.execute(token, "query ($id: ID!) { store(id: $id) { name } }", id=store_id)
    try:
        yield f"{found['store']['name']}.store.localhost"
    finally:
        await _deleted(service, token, store_id)


async def _created(service: Service, token: str) -> str:
    """Create a store, follow it until it is ready, and return its id."""
    made = await asyncio.to_thread(service.create, token, _name(), engine=_ENGINE)
    store_id: str = made["store"]["id"]
    await _followed(service, token, store_id, "READY")
    return store_id


async def _deleted(service: Service, token: str, store_id: str) -> None:
    await asyncio.to_thread(service.delete, token, store_id)
    await _followed(service, token, store_id, "DELETED")


async def _followed(service: Service, token: str, store_id: str, status: str) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS), service.websocket(token) as session:
        last = (await follow(session, store_id, until={status, "FAILED"}))[-1]["store"]
    assert last["status"] == status, last


async def _by_hand(cluster: LocalCluster, ingress: str) -> tuple[float, float, float]:
    """Return the seconds of helm, then until all is set up, then until the home page answers."""
    name = _name()
    host_name = f"{name}.store.localhost"
    wait = ("wait", "--namespace", name, f"--timeout={_PATIENCE_SECONDS:.0f}s")
    values = NODE_VALUES / f"{_ENGINE}.yaml"
    times = [time.monotonic()]
    await install(cluster, _ENGINE, name, host=host_name, values_files=[values])
    times.append(time.monotonic())
    await kubectl(cluster, *wait, "--for=condition=complete", "jobs", "--all")
    await kubectl(cluster, *wait, "--for=condition=available", "deployments", "--all")
    times.append(time.monotonic())
    async with asyncio.timeout(_PATIENCE_SECONDS), aiohttp.ClientSession(ingress) as client:
        while not await _answers(client, host_name):  # noqa: ASYNC110 - no page tells of itself
            await asyncio.sleep(_POLL_SECONDS)
    times.append(time.monotonic())
    await kubectl(cluster, "delete", "namespace", name)
    installing, set_up, answering = (b - a for a, b in pairwise(times))
    return installing, set_up, answering


async def _answers(client: aiohttp.ClientSession, host_name: str) -> bool:
    async with client.get("/", headers={"Host": host_name}) as answer:
        return answer.status == 200


async def _visits(ingress: str, host_name: str, shoppers: int) -> Figure:
    """Return the time to first byte of the home page, beside that of a fixed answer."""
    fixed, _ = await _asked(ingress, host_name, _FIXED_ANSWER, shoppers)
    home, failed = await _asked(ingress, host_name, "/", shoppers)
    middle, fixed_middle = statistics.median(home), statistics.median(fixed)
    return Figure(
        f"P8 home page, first byte, {shoppers} at once ({len(home)} visits)",
        f"{middle:.1f} ms, p99 {percentile(home, 99):.0f} ms, {failed} failed",
        f"{fixed_middle:.1f} ms (a fixed answer of the same pod)",
        f"{middle / fixed_middle:.1f} x",
        "none fails",
        0.0 if failed == 0 else 1.0 + failed,
    )


async def _asked(ingress: str, host_name: str, path: str, shoppers: int) -> tuple[list[float], int]:
    """Return the milliseconds until each answer began, and how many were no 200."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        ingress, headers={"Host": host_name}, connector=connector
    ) as client:

        async def shopper(visits: int) -> tuple[list[float], int]:
            milliseconds, failed = [], 0
            for _ in range(visits):
                began = time.perf_counter()
                async with client.get(path) as answer:
                    milliseconds.append((time.perf_counter() - began) * 1000)
                    await answer.read()
                    failed += answer.status != 200
            return milliseconds, failed

        await shopper(_WARM_UP)
        found = await asyncio.gather(*(shopper(_VISITS) for _ in range(shoppers)))
    return [one for times, _ in found for one in times], sum(failed for _, failed in found)


def _name() -> str:
    return f"bench-{uuid.uuid4().hex[:8]}"
