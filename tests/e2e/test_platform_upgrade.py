"""The platform itself is upgraded and rolled back: every store is kept, and no event is lost."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from app.local.cluster import LocalCluster, stages
from tests.conftest import DATABASES
from tests.e2e.installed_platform import InstalledPlatform
from tests.e2e.service import Service
from tests.e2e.test_recovery import Follower, a_store
from tests.postgres import PostgresServer

NAME = "store-platform"
LANES = "{ platform { maxConcurrentProvisions } }"


@pytest.fixture(params=DATABASES)
def platform(
    request: pytest.FixtureRequest, local_cluster: LocalCluster, tmp_path: Path
) -> Iterator[InstalledPlatform]:
    """A namespace for a release, with the database's Secret in it; nothing is installed yet."""
    with ExitStack() as stack:
        url = None
        local_cluster.kubectl("create", "namespace", NAME)
        stack.callback(local_cluster.kubectl, "delete", "namespace", NAME)
        if request.param == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres")
            url = server.url(stack.enter_context(server.database()))
            secret = ("secret", "generic", "database", f"--from-literal=url={url}")
            local_cluster.kubectl("-n", NAME, "create", *secret)
        platform = InstalledPlatform(NAME, local_cluster, tmp_path, url)
        stack.callback(platform.stop)
        yield platform


def hand_over(platform: InstalledPlatform, old: Service) -> Service:
    """Replace the process as the Deployment's strategy has it; return the new one, ready."""
    new = platform.process()
    if platform.get("deployment", f"{NAME}-api")["spec"]["strategy"]["type"] == "Recreate":
        old.stop()
        new.start()
    else:
        new.start()
        old.stop()
    return new


def possessions(platform: InstalledPlatform, store: Follower) -> dict[str, Any]:
    """Return what an upgrade of the platform must not touch."""
    kinds = "secrets,pods,persistentvolumeclaims,deployments"
    lasting = "app.kubernetes.io/component!=cron"
    found = platform.cluster.kubectl_json("-n", store.namespace, "get", kinds, "-l", lasting)
    volumes = platform.get("persistentvolumeclaims")
    items = [*found["items"], *volumes["items"]]
    return {item["metadata"]["name"]: item["metadata"]["uid"] for item in items}


def lanes(service: Service) -> int:
    found = service.execute(service.token("merchant"), LANES)
    number: int = found["platform"]["maxConcurrentProvisions"]
    return number


def is_being_built(update: dict[str, Any]) -> bool:
    return {pod["component"] for pod in update["store"]["pods"]} == {"mysql", "wordpress", "setup"}


async def test_upgrade_and_rollback(platform: InstalledPlatform) -> None:
    # Given a release with a ready store, and with another whose pods take their time
    slowly = {"values": {"woocommerce": {"podAnnotations": {stages.READY_AFTER: "10s"}}}}
    platform.upgrade(api={"image": {"tag": "1"}}, stores=slowly)
    service = platform.process()
    service.start()
    async with a_store(service, "kept") as kept:
        assert (await kept.until("READY", "FAILED"))["status"] == "READY"
        before = possessions(platform, kept)
        async with a_store(service, "in-flight") as flight:
            await flight.until_update(is_being_built)

            # When the release is upgraded meanwhile, to another image and other settings
            platform.upgrade(api={"image": {"tag": "2"}}, stores={"maxConcurrentProvisions": 4})
            if platform.database_url:
                platform.await_migration()
            kept.service = flight.service = hand_over(platform, service)

            # Then the new process goes on with both
            assert lanes(kept.service) == 4
            assert (await flight.until("READY", "FAILED"))["status"] == "READY"
            assert possessions(platform, kept) == before

            # When it is rolled back, then the old one does, and removes both in the end
            platform.rollback(1)
            kept.service = flight.service = hand_over(platform, kept.service)
            assert lanes(kept.service) == 8
            assert possessions(platform, kept) == before
    platform.helm("uninstall", NAME)
    volumes = platform.get("persistentvolumeclaims")["items"]
    assert [volume["metadata"]["name"] for volume in volumes] == (
        [] if platform.database_url else [f"{NAME}-state"]
    )
