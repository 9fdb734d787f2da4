"""A delete works wherever the store is, and on whatever is left of it."""

from collections.abc import Callable

import pytest

from app.local.cluster import stages, tools
from tests.e2e.conftest import NewService
from tests.e2e.namespaces import store_namespaces
from tests.e2e.service import Service, events_of
from tests.e2e.test_recovery import Follower, behaving, give_values, readiness

_LANES = {"STORE_PLATFORM_MAX_CONCURRENT_PROVISIONS": "1"}


def a_store(service: Service, name: str) -> Follower:
    token = service.token("merchant")
    return Follower(service, token, service.create(token, name)["store"]["id"])


async def deleted(store: Follower) -> None:
    """Delete the store: it ends, its namespace is gone, and its events are complete."""
    assert store.service.delete(store.token, store.store_id)["errors"] == []
    ended = await store.until("DELETED")
    assert ended["reason"] is None
    assert {step["status"] for step in ended["steps"]} <= {"SUCCEEDED", "SKIPPED"}
    assert store.namespace not in store_namespaces(store.service.cluster)
    versions = [event["version"] for event in events_of(store.updates)]
    assert versions == list(range(1, len(versions) + 1))


async def test_in_the_middle_of_provisioning_and_while_queued(new_service: NewService) -> None:
    # Given a store whose pods are waited for, and one behind it in the queue
    service = new_service(**_LANES)
    give_values(service, behaving(stages.NEVER_READY))
    service.start()
    first, second = a_store(service, "first"), a_store(service, "second")
    await first.until_update(
        lambda update: any(e["subject"] == "WORKLOADS_READY" for e in update["events"])
    )
    assert (await second.until("QUEUED", "PROVISIONING"))["status"] == "QUEUED"
    await deleted(second)
    await deleted(first)
    for store in (first, second):
        statuses = {e["status"] for e in events_of(store.updates) if e["kind"] == "STATUS"}
        assert not statuses & {"READY", "FAILED"}


async def test_failed(new_service: NewService) -> None:
    service = new_service()
    give_values(service, behaving(stages.CRASH_LOOP))
    service.start()
    store = a_store(service, "failed")
    await store.until("FAILED")
    await deleted(store)


async def test_degraded(service: Service) -> None:
    store = a_store(service, "degraded")
    await store.until("READY")
    pod = store.pod("mysql")
    store.kubectl("patch", "pod", pod, "--subresource=status", "-p", readiness(ready=False))
    await store.until("DEGRADED")
    await deleted(store)


def lose_namespace(store: Follower) -> None:
    store.service.cluster.kubectl("delete", "namespace", store.namespace)


def lose_release(store: Follower) -> None:
    store.kubectl("delete", "secrets", "-l", "owner=helm")


def break_release(store: Follower) -> None:
    """Leave the release as a helm leaves it that was killed while it uninstalled."""
    store.kubectl("label", "secrets", "-l", "owner=helm", "status=uninstalling", "--overwrite")


@pytest.mark.parametrize("damage", [lose_namespace, lose_release, break_release])
async def test_what_is_gone_already(
    new_service: NewService, damage: Callable[[Follower], None]
) -> None:
    # Given a store that was damaged while the service was down
    service = new_service()
    service.start()
    store = a_store(service, "damaged")
    await store.until("READY")
    service.stop()
    damage(store)
    service.start()
    await deleted(store)


async def test_a_delete_that_fails_is_told_and_goes_on(new_service: NewService) -> None:
    # Given a helm that cannot be started when the store is to be deleted
    service = new_service()
    service.start()
    store = a_store(service, "stubborn")
    await store.until("READY")
    service.stop()
    service.settings["STORE_PLATFORM_HELM"] = "/nowhere/helm"
    service.start(wait_until_ready=False)  # it says that it is not ready: helm is missing
    service.delete(store.token, store.store_id)
    held = await store.until("DELETED", "DELETING", reason="HELM_MISSING")
    assert held["status"] == "DELETING"
    assert "/nowhere/helm" in held["reason"]["message"]
    assert store.namespace in store_namespaces(service.cluster)

    # Then the deletion goes on by itself as soon as it can
    service.stop()
    service.settings["STORE_PLATFORM_HELM"] = str(tools.ensure_helm())
    service.start()
    ended = await store.until("DELETED")
    assert ended["reason"] is None
    assert store.namespace not in store_namespaces(service.cluster)
