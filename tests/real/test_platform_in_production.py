"""values-prod.yaml on a real node: what becomes of shops and subscribers when the platform changes.

Two API pods, PostgreSQL by TLS, HTTPS of an authority of the operator's own. Meanwhile guests order
in a shop, without a pause, and a script follows each store that is being made or removed. What
would hold up these two runs in a thread.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import __version__
from app.local.cluster import LocalCluster
from app.local.cluster.nodes.addresses import NODE_ADDRESS
from tests.charts.rendering import PLATFORM as CHART
from tests.e2e.namespaces import leaving_no_stores, store_namespaces
from tests.real.life import await_that
from tests.real.mails import Mailbox
from tests.real.platform.ingress import ingress_for_pods
from tests.real.platform.installed import InstalledService
from tests.real.platform.production import (
    FIRST_SHOP,
    HOST,
    REGISTRY,
    SHOPS,
    Ground,
    ready_for_production,
)
from tests.real.platform.release import Release, give_images, tag
from tests.real.platform.shopper import Guests
from tests.real.platform.subscriber import Subscriber
from tests.real.platform.visitor import Visitor

pytestmark = [pytest.mark.real, pytest.mark.timeout(1800)]

ADDRESS = f"https://{NODE_ADDRESS}"
NEXT = ("api.image.tag=next", "dashboard.image.tag=next")


@pytest.fixture
def ground(
    real_cluster: LocalCluster,
    mailbox: Mailbox,  # noqa: ARG001 - which the doctor looks for, and shops send to
    tmp_path: Path,
) -> Iterator[Ground]:
    give_images(real_cluster, REGISTRY)
    for name in ("api", "dashboard"):
        image = f"{REGISTRY}/store-platform-{name}"
        tag(real_cluster, f"{image}:{__version__}", f"{image}:next")
    with (
        ready_for_production(real_cluster, tmp_path) as made,
        ingress_for_pods(real_cluster, made.certificate),
        leaving_no_stores(real_cluster),
    ):
        made.install()
        yield made


@pytest.fixture
def release(ground: Ground) -> Iterator[Release]:
    """The release that the guide has made."""
    files = [CHART / "values-prod.yaml", ground.terminal.folder / "values.yaml"]
    made = Release(ground.terminal.cluster, files)
    yield made
    made.uninstall()


async def test_the_guide_then_a_kill_an_upgrade_and_a_way_back(
    release: Release, ground: Ground, tmp_path: Path
) -> None:
    service = InstalledService(
        tmp_path, release.cluster, release=release, host=HOST, address=ADDRESS, trust=ground.trust
    )
    await_that(lambda: service.status("/config.json")[0] == 200)
    assert len(release.pods("api")) == 2
    ground.sign_in()
    assert f"https://{FIRST_SHOP}.{SHOPS}" in ground.make_the_first_shop()

    token = service.token("merchant")
    guests = Guests(ADDRESS, f"{FIRST_SHOP}.{SHOPS}", ground.trust)
    visitor = Visitor(ADDRESS, HOST, ground.trust)
    async with guests.ordering():
        await a_leader_is_killed(service, ground, release, token)
        async with visitor.asking():
            await the_version_changes_and_changes_back(service, release, token)
    assert visitor.failures == []
    assert visitor.answers > 0
    assert guests.failures == []
    assert guests.numbers == list(range(1, len(guests.numbers) + 1))
    assert len(guests.numbers) >= 5
    await asyncio.to_thread(shops_are_deleted, ground, FIRST_SHOP, "killed")


async def a_leader_is_killed(
    service: InstalledService, ground: Ground, release: Release, token: str
) -> None:
    """In the midst of a store that it makes: the other pod goes on, and every event is told."""
    store_id = await asyncio.to_thread(new, service, token, "killed")
    async with Subscriber(service, token, store_id).following() as script:
        await script.until_update(lambda update: step(update, "HELM_INSTALL") is not None)
        leader = ground.leader()
        (killed,) = [pod for pod in release.pods("api") if leader.startswith(pod)]
        await asyncio.to_thread(release.kill, killed)
        assert (await script.until("READY", "FAILED"))["status"] == "READY"
        assert not ground.leader().startswith(killed)
        assert script.has_missed_nothing()
    await asyncio.to_thread(await_that, lambda: len(release.ready_pods("api")) == 2)


async def the_version_changes_and_changes_back(
    service: InstalledService, release: Release, token: str
) -> None:
    """In the midst of a store's making, then of its removal."""
    store_id = await asyncio.to_thread(new, service, token, "changing")
    async with Subscriber(service, token, store_id).following() as script:
        await script.until_update(lambda update: step(update, "HELM_INSTALL") is not None)
        before = release.pods("api")
        await asyncio.to_thread(release.upgrade, *NEXT)
        assert not set(before) & set(release.pods("api"))
        assert (await script.until("READY", "FAILED"))["status"] == "READY"

        await asyncio.to_thread(service.delete, token, store_id)
        await script.until("DELETING", "DELETED")
        await asyncio.to_thread(release.roll_back)
        await script.until("DELETED")
        assert script.has_missed_nothing()


def shops_are_deleted(ground: Ground, *names: str) -> None:
    """By the administrator, who finds the merchant's too."""
    storectl = ".venv/bin/python -m app.storectl"
    ground.terminal.type(*(f"{storectl} delete {name} --yes --watch" for name in names))
    assert store_namespaces(ground.terminal.cluster) == {}


def new(service: InstalledService, token: str, name: str) -> str:
    made = service.create(token, name, engine="medusa")
    assert made["errors"] == []
    store_id: str = made["store"]["id"]
    return store_id


def step(update: dict[str, object], name: str) -> object | None:
    """Return the step of this name, if it has begun."""
    store = update["store"]
    assert isinstance(store, dict)
    found = [s for s in store["steps"] if s["name"] == name and s["status"] != "PENDING"]
    return found[0] if found else None
