"""``python -m tests.experiments.sizing``: fill a real node with shops of Medusa, let guests order.

Its result stands in docs/k3s.md beside the arithmetic: how many shops of the plan ``small`` the
node takes, why it takes no more, and what they truly use, idle and with a guest in each who orders
without a pause. The platform is a process beside the node.
"""

import asyncio
import json
import ssl
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from app.local.cluster import LocalCluster
from app.local.cluster.nodes.images import ensure_imported
from app.local.cluster.paths import NODE_VALUES
from app.local.cluster.progress import say
from app.local.images.recipes import ensure_images
from tests.bench.ground import UNLIMITED, Ground
from tests.bench.results import machine
from tests.e2e.service import Service, follow
from tests.real.platform.shopper import Guests

_ENGINE = "medusa"
_WHOLE = "a shop in all"
_IDLE_SAMPLES, _ORDERING_SAMPLES = 6, 12
_SAMPLE_SECONDS = 10.0
_PATIENCE_SECONDS = 300.0
_MIB = 2**20
_URL = "query ($id: ID!) { store(id: $id) { url } }"


@dataclass(frozen=True, slots=True)
class Used:
    """What a container had used when it was looked at: memory at that time, CPU since it began."""

    mebibytes: float
    cpu_seconds: float


Shop = Mapping[str, Used]
"""By container, and all of them together under ``_WHOLE``."""


async def _measure(folder: Path, cluster: LocalCluster) -> None:
    node = cluster.layout.node
    assert node is not None
    for archive in ensure_images(_ENGINE):
        ensure_imported(node, archive)
    settings = {
        "STORE_PLATFORM_CHART_VALUES": str(NODE_VALUES),
        "STORE_PLATFORM_INGRESS": node.ingress,
        "STORE_PLATFORM_SHOP_URL": node.shop_url,
        "STORE_PLATFORM_REACHABILITY_CHECK": "true",
    }
    with Ground.running(Service(folder, cluster, {**UNLIMITED, **settings})) as service:
        hosts, why = await _fill(service)
        say(f"\n{machine()}\n\n{len(hosts)} shops are ready. Of the next: {why}\n")
        say("| | CPU | memory at most, the median shop | the largest |\n|---|---|---|---|")
        await _watch(cluster, "idle", _IDLE_SAMPLES)
        everybody = [Guests(node.ingress, host, ssl.create_default_context()) for host in hosts]
        async with AsyncExitStack() as stack:
            for guests in everybody:
                await stack.enter_async_context(guests.ordering())
            await _watch(cluster, "with a guest", _ORDERING_SAMPLES)
    orders = [len(guests.numbers) for guests in everybody]
    failures = [failure for guests in everybody for failure in guests.failures]
    seconds = _ORDERING_SAMPLES * _SAMPLE_SECONDS
    say(
        f"\n{sum(orders)} orders in {seconds:.0f} s {orders}, {len(failures)} failed {failures[:3]}"
    )


async def _fill(service: Service) -> tuple[list[str], str]:
    """Make shops until one fails; return the hosts of the others, and why there are no more."""
    hosts: list[str] = []
    token = service.token("sizing", "admin")
    for number in count(1):
        payload = await asyncio.to_thread(service.create, token, f"shop-{number}", engine=_ENGINE)
        store_id = payload["store"]["id"]
        async with asyncio.timeout(_PATIENCE_SECONDS), service.websocket(token) as session:
            last = (await follow(session, store_id, until={"READY", "FAILED"}))[-1]["store"]
        if last["status"] == "FAILED":
            break
        say(f"shop-{number} is ready")
        found = await asyncio.to_thread(service.execute, token, _URL, id=store_id)
        hosts.append(str(urlsplit(found["store"]["url"]).hostname))
    await asyncio.to_thread(service.delete, token, store_id)
    async with asyncio.timeout(_PATIENCE_SECONDS), service.websocket(token) as session:
        await follow(session, store_id, until={"DELETED"})
    return hosts, str(last["reason"]["message"])


async def _watch(cluster: LocalCluster, when: str, samples: int) -> None:
    """Look at the shops for a while, and print a row for each of their containers."""
    seen = [await asyncio.to_thread(_shops, cluster)]
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(samples):
        await asyncio.sleep(_SAMPLE_SECONDS)
        seen.append(await asyncio.to_thread(_shops, cluster))
    seconds = loop.time() - began
    for part in next(iter(seen[0].values())):
        memory = [max(shops[name][part].mebibytes for shops in seen) for name in seen[0]]
        cpu = [_spent(seen, name, part) / seconds for name in seen[0]]
        say(
            f"| {part}, {when} | {1000 * statistics.median(cpu):.0f}m"
            f" | {statistics.median(memory):.0f}Mi | {max(memory):.0f}Mi |"
        )


def _spent(seen: Sequence[Mapping[str, Shop]], name: str, part: str) -> float:
    return seen[-1][name][part].cpu_seconds - seen[0][name][part].cpu_seconds


def _shops(cluster: LocalCluster) -> dict[str, Shop]:
    """Ask the kubelet what each shop uses, by the shop's namespace."""
    (node,) = cluster.kubectl_json("get", "nodes")["items"]
    path = f"/api/v1/nodes/{node['metadata']['name']}/proxy/stats/summary"
    shops: dict[str, dict[str, Used]] = {}
    for pod in json.loads(cluster.kubectl("get", "--raw", path))["pods"]:
        namespace = pod["podRef"]["namespace"]
        if not namespace.startswith(f"{_ENGINE}-") or "setup" in pod["podRef"]["name"]:
            continue
        for container in pod["containers"]:
            memory, cpu = container["memory"], container["cpu"]
            used = Used(memory["workingSetBytes"] / _MIB, cpu["usageCoreNanoSeconds"] / 1e9)
            shops.setdefault(namespace, {})[container["name"]] = used
    return {name: {**parts, _WHOLE: _sum(parts)} for name, parts in shops.items()}


def _sum(parts: Mapping[str, Used]) -> Used:
    return Used(
        sum(used.mebibytes for used in parts.values()),
        sum(used.cpu_seconds for used in parts.values()),
    )


def main() -> None:
    cluster = LocalCluster.up("sizing", has_real_node=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(_measure(Path(folder), cluster))
    finally:
        cluster.down()


if __name__ == "__main__":
    main()
