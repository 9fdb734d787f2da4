"""The platform itself is upgraded and rolled back: every store is kept, and no event is lost."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from app.local.cluster import LocalCluster, stages
from tests.conftest import DATABASES
from tests.e2e.installed_platform import InstalledPlatform
from tests.e2e.service import Service
from tests.e2e.test_recovery import Follower, a_store
from tests.e2e.versions import (
    BROKEN,
    ENGINE,
    installed,
    look,
    offer_versions,
    until_over,
    upgrade,
)
from tests.postgres import PostgresServer

NAME = "store-platform"
PATIENCE_SECONDS = 240.0
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


def nothing(_: Service) -> None:
    """Start a process as the release has it."""


def hand_over(
    platform: InstalledPlatform, old: Service, *, prepare: Callable[[Service], None] = nothing
) -> Service:
    """Replace the process as the Deployment's strategy has it; return the new one, ready."""
    new = platform.process()
    prepare(new)
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


@pytest.mark.timeout(600)
async def test_shops_that_are_upgraded_meanwhile(platform: InstalledPlatform) -> None:
    # Given a release with a shop that is about to get a version whose pods take their time, and one
    # that is about to get a version that does not work
    platform.kubectl("create", "secret", "generic", "backup-key", "--from-literal=key=not-read")
    kept = {"enabled": True, "existingSecret": "backup-key", "intervalHours": 0}
    stores = {"values": {ENGINE: {"podAnnotations": {stages.READY_AFTER: "5s"}}}}
    platform.upgrade(api={"image": {"tag": "1"}}, backups=kept, stores=stores)
    service = platform.process()
    offer_versions(service)
    service.start()
    good_of = a_store(service, "good", engine=ENGINE, patience_seconds=PATIENCE_SECONDS)
    bad_of = a_store(service, "bad", engine=ENGINE, version="2", patience_seconds=PATIENCE_SECONDS)
    async with good_of as good, bad_of as bad:
        await good.until("READY")
        await bad.until("READY")
        upgrade(good, "2")
        upgrade(bad, BROKEN)
        await good.until("UPDATING")

        # When the release is upgraded in the middle
        platform.upgrade(api={"image": {"tag": "2"}}, backups=kept, stores=stores)
        good.service = bad.service = hand_over(platform, service, prepare=offer_versions)

        # Then the new process goes on with both
        await until_over(good)
        await until_over(bad)
        assert look(good).ends[1:] == [("UPGRADE", "SUCCEEDED")]
        assert look(bad).ends[1:] == [("UPGRADE", "FAILED"), ("RESTORE", "SUCCEEDED")]
        for store in (good, bad):
            seen = look(store)
            assert (seen.status, seen.version, seen.next_version) == ("READY", "2", None)
            assert installed(store) == {"2"}
    platform.helm("uninstall", NAME)
