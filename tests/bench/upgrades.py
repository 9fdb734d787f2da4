"""P12: for how long visitors have no shop while one of Medusa gets its next published version.

It is counted by visitors of the shop's admin, which its server answers: the shop's pages may come
from the storefront's memory while the server is away. From the last page that they got to the next
one, whatever was answered in between. All images are on the node.

The baseline does by hand what takes the shop away in any case: helm upgrades the release, so that
the old server is stopped, the database migrated by the chart's Job, and the new server started. It
saves nothing, closes nothing and looks at nothing, so it has no way back. Ours saves the shop while
it is closed, and walks to the check-out before it is opened. It has a backup from before, as every
shop has that is older than half an hour: of one that was made just now the server for backups knows
only once its kubelet has brought it the accounts, up to a minute later.
"""

import asyncio
import statistics
import uuid
from collections.abc import Sequence

import aiohttp
import yaml

from app.local import backups
from app.local.cluster import LocalCluster
from app.local.cluster.nodes import host
from app.local.cluster.nodes.images import ensure_imported
from app.local.cluster.paths import NODE_VALUES
from app.local.cluster.progress import say, ticking
from app.local.images.recipes import ensure_images
from tests.bench.bare_helm import apply, install, kubectl
from tests.bench.ground import Ground
from tests.bench.real_shop import CLUSTER
from tests.bench.report import Figure
from tests.e2e.service import Service, follow
from tests.real.platform.release import give_image_of_backups
from tests.real.versions.charts import OLD, PRESENT, write_charts
from tests.real.versions.images import OLDER, give_images_of_versions
from tests.real.visitors import visitors

_ENGINE = "medusa"
_ADMIN = "/app"
_GOAL = 1.5
_SHOPS = 3  # of which the median counts
_PATIENCE_SECONDS = 300.0
_POLL_SECONDS = 0.2
_BACKUP = "mutation ($id: ID!) { createBackup(input: {id: $id}) { errors { code message } } }"
_OPERATION = "query ($id: ID!) { store(id: $id) { operation { status } } }"
_UPGRADE = """mutation ($id: ID!) { upgradeStore(input: {id: $id, version: "%s"}) {
  errors { code message } } }"""


async def measure(ground: Ground) -> list[Figure]:
    """Return P12's figure, in seconds; none where there can be no real node."""
    if not host.can_have_node():
        say("P12 is left out: this machine cannot have a real node (Debian, root).")
        return []
    cluster = LocalCluster.up(CLUSTER, has_real_node=True)
    service = _service(ground, cluster)
    with ticking(f"P12: {_SHOPS} upgrades by hand, one after the other"):
        bare = [await _by_hand(ground, cluster) for _ in range(_SHOPS)]
    with ground.running(service), ticking(f"P12: {_SHOPS} upgrades by the platform"):
        ours = [await _by_the_platform(service, cluster) for _ in range(_SHOPS)]
    return [_figure(ours, bare)]


def _figure(ours: Sequence[float], bare: Sequence[float]) -> Figure:
    middle, by_hand = statistics.median(ours), statistics.median(bare)
    return Figure(
        f"P12 visitors without a shop in an upgrade {OLD} to {PRESENT}, p50 of {len(ours)}",
        f"{middle:.1f} s ({min(ours):.1f} to {max(ours):.1f})",
        f"{by_hand:.1f} s by helm alone, saving nothing ({min(bare):.1f} to {max(bare):.1f})",
        f"{middle / by_hand:.2f} x",
        f"<= {_GOAL:g} x",
        middle / by_hand / _GOAL,
    )


def _service(ground: Ground, cluster: LocalCluster) -> Service:
    """Give the node its images; return a service whose shops can be upgraded, not started."""
    node = cluster.layout.node
    assert node is not None
    for archive in ensure_images(_ENGINE):
        ensure_imported(node, archive)
    give_images_of_versions(cluster)
    give_image_of_backups(cluster)
    charts = ground.folder / "charts-of-versions"
    write_charts(charts)
    return Service(
        ground.folder,
        cluster,
        {
            "STORE_PLATFORM_CHARTS": str(charts),
            "STORE_PLATFORM_CHART_VALUES": str(NODE_VALUES),
            "STORE_PLATFORM_INGRESS": node.ingress,
            "STORE_PLATFORM_SHOP_URL": node.shop_url,
            "STORE_PLATFORM_REACHABILITY_CHECK": "true",
            **backups.start(cluster),
            "STORE_PLATFORM_BACKUP_INTERVAL_HOURS": "0",
        },
    )


async def _by_the_platform(service: Service, cluster: LocalCluster) -> float:
    token, name = service.token("bench", "admin"), _name()
    made = await asyncio.to_thread(service.create, token, name, engine=_ENGINE, version=OLD)
    store_id: str = made["store"]["id"]
    await _followed(service, token, store_id, "READY")
    await _backed_up(service, token, store_id)
    with visitors(cluster, f"{name}.store.localhost", _ADMIN) as seen:
        asked = await asyncio.to_thread(service.execute, token, _UPGRADE % PRESENT, id=store_id)
        assert asked["upgradeStore"]["errors"] == []
        await _followed(service, token, store_id, "UPDATING")
        await _followed(service, token, store_id, "READY")
        await _answering(cluster, name)
        await asyncio.sleep(1)  # so that a visitor has come after that
    await asyncio.to_thread(service.delete, token, store_id)
    await _followed(service, token, store_id, "DELETED")
    return seen.seconds_without


async def _backed_up(service: Service, token: str, store_id: str) -> None:
    asked = await asyncio.to_thread(service.execute, token, _BACKUP, id=store_id)
    assert asked["createBackup"]["errors"] == []
    async with asyncio.timeout(_PATIENCE_SECONDS):
        status = "QUEUED"
        while status in {"QUEUED", "RUNNING"}:
            await asyncio.sleep(_POLL_SECONDS)  # nothing of it is measured
            status = await _operation(service, token, store_id)
    assert status == "SUCCEEDED"


async def _operation(service: Service, token: str, store_id: str) -> str:
    found = await asyncio.to_thread(service.execute, token, _OPERATION, id=store_id)
    status: str = found["store"]["operation"]["status"]
    return status


async def _by_hand(ground: Ground, cluster: LocalCluster) -> float:
    name, values = _name(), NODE_VALUES / f"{_ENGINE}.yaml"
    host_name = f"{name}.store.localhost"
    older = ground.folder / "older.yaml"
    older.write_text(yaml.safe_dump({"medusa": {"image": {"tag": OLDER}}}))
    await install(cluster, _ENGINE, name, host=host_name, values_files=[values, older])
    await _set_up(cluster, name)
    with visitors(cluster, host_name, _ADMIN) as seen:
        await apply(cluster, _ENGINE, name, host=host_name, values_files=[values])
        await _set_up(cluster, name)
        await asyncio.sleep(1)  # so that a visitor has come after that
    await kubectl(cluster, "delete", "namespace", name)
    return seen.seconds_without


async def _set_up(cluster: LocalCluster, name: str) -> None:
    """Wait until a shop that was installed by hand is set up, and its admin answers."""
    wait = ("wait", "--namespace", name, f"--timeout={_PATIENCE_SECONDS:.0f}s")
    await kubectl(cluster, *wait, "--for=condition=complete", "jobs", "--all")
    await kubectl(cluster, *wait, "--for=condition=available", "deployments", "--all")
    await _answering(cluster, name)


async def _answering(cluster: LocalCluster, name: str) -> None:
    assert cluster.layout.node is not None
    headers = {"Host": f"{name}.store.localhost"}
    async with (
        asyncio.timeout(_PATIENCE_SECONDS),
        aiohttp.ClientSession(cluster.layout.node.ingress, headers=headers) as client,
    ):
        while not await _answers(client):  # noqa: ASYNC110 - no page tells of itself
            await asyncio.sleep(_POLL_SECONDS)


async def _answers(client: aiohttp.ClientSession) -> bool:
    async with client.get(_ADMIN) as answer:
        return answer.status == 200


async def _followed(service: Service, token: str, store_id: str, status: str) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS), service.websocket(token) as session:
        last = (await follow(session, store_id, until={status, "FAILED"}))[-1]["store"]
    assert last["status"] == status, last


def _name() -> str:
    return f"bench-{uuid.uuid4().hex[:8]}"
