"""Whatever goes wrong around it, a store ends where it should, and says why. Nothing is faked."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from gql import gql

from app.local.cluster import LocalCluster, stages
from tests.e2e.conftest import NewService
from tests.e2e.namespaces import store_namespaces
from tests.e2e.service import FOLLOW, Service, events_of

CALL = """mutation ($input: %sStoreInput!) {
  %sStore(input: $input) { store { status } errors { code message } } }"""
Updates = list[dict[str, Any]]


class Follower:
    """Follows one store from its first event, through one test."""

    def __init__(
        self, service: Service, token: str, store_id: str, *, patience_seconds: float = 90
    ) -> None:
        self.service = service
        self.token = token
        self.store_id = store_id
        self.updates: Updates = []
        self._patience_seconds = patience_seconds

    async def until(self, *statuses: str, reason: str | None = None) -> dict[str, Any]:
        """Return the store once it is in one of these statuses (with this reason's code)."""

        def is_reached(update: dict[str, Any]) -> bool:
            store = update["store"]
            code = store["reason"]["code"] if store["reason"] else None
            return store["status"] in statuses and (reason is None or code == reason)

        update = await self.until_update(is_reached)
        store: dict[str, Any] = update["store"]
        return store

    async def until_event(self, kind: str) -> dict[str, Any]:
        """Return the next event of this kind."""

        def found(update: dict[str, Any]) -> list[dict[str, Any]]:
            return [event for event in update["events"] if event["kind"] == kind]

        update = await self.until_update(lambda update: bool(found(update)))
        return found(update)[0]

    async def until_update(self, is_reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        seen = self.updates[-1]["version"] if self.updates else 0
        request = gql(FOLLOW)
        request.variable_values = {"id": self.store_id, "after": seen}
        async with (
            self.service.websocket(self.token) as session,
            asyncio.timeout(self._patience_seconds),
        ):
            async for frame in session.subscribe(request):
                self.updates.append(frame["storeStatus"])
                if is_reached(self.updates[-1]):
                    break
        return self.updates[-1]

    def call(self, verb: str) -> None:
        document = CALL % (verb.capitalize(), verb)
        payload = self.service.execute(self.token, document, input={"id": self.store_id})
        assert payload[f"{verb}Store"]["errors"] == []

    @property
    def namespace(self) -> str:
        name: str = self.updates[-1]["store"]["diagnostics"]["namespace"]
        return name

    def kubectl(self, *arguments: str) -> str:
        return self.service.cluster.kubectl("-n", self.namespace, *arguments)

    def pod(self, component: str) -> str:
        selector = f"app.kubernetes.io/component={component}"
        found = self.service.cluster.kubectl_json(
            "-n", self.namespace, "get", "pods", "-l", selector
        )
        (item,) = found["items"]
        name: str = item["metadata"]["name"]
        return name


@asynccontextmanager
async def a_store(
    service: Service, name: str, *, patience_seconds: float = 90, **more: str
) -> AsyncIterator[Follower]:
    """Create a store to follow. At the end delete it: no event was lost, none came twice.

    ``more`` is what is asked for besides the name, such as the engine.
    """
    # In threads: tests follow many stores at once, and the service hangs up on a follower who
    # says nothing for five seconds because another one's request holds up the event loop.
    token = await asyncio.to_thread(service.token, "merchant")
    created = await asyncio.to_thread(service.create, token, name, **more)
    store_id = created["store"]["id"]
    store = Follower(service, token, store_id, patience_seconds=patience_seconds)
    yield store
    await asyncio.to_thread(store.service.delete, token, store.store_id)
    await store.until("DELETED")
    versions = [event["version"] for event in events_of(store.updates)]
    assert versions == list(range(1, len(versions) + 1))
    left = await asyncio.to_thread(store_namespaces, store.service.cluster)
    assert store.namespace not in left


def give_values(service: Service, values: dict[str, Any]) -> None:
    """Have the chart installed with these values from now on."""
    folder = service.folder / "values"
    folder.mkdir(exist_ok=True)
    (folder / "woocommerce.yaml").write_text(json.dumps(values))
    service.settings["STORE_PLATFORM_CHART_VALUES"] = str(folder)


def behaving(behaviour: str) -> dict[str, Any]:
    return {"podAnnotations": {stages.BEHAVIOUR: behaviour}}


def readiness(ready: bool) -> str:  # noqa: FBT001
    condition = {"type": "Ready", "status": str(ready)}
    return json.dumps({"status": {"conditions": [condition]}})


def release_states(cluster: LocalCluster, namespace: str) -> list[str]:
    selector = ("-l", "owner=helm")
    found = cluster.kubectl_json("-n", namespace, "get", "secrets", *selector)["items"]
    return [item["metadata"]["labels"]["status"] for item in found]


def kill_helm(release: str) -> None:
    """Kill the helm that installs a release, as soon as there is one."""
    wanted = f"\0upgrade\0{release}\0".encode()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if wanted in file.read_bytes():
                    os.kill(int(file.parent.name), signal.SIGKILL)
                    return
    raise AssertionError(f"No helm installs {release}.")


async def test_a_ready_store_that_breaks_and_heals(service: Service) -> None:
    async with a_store(service, "heals") as store:
        await store.until("READY")
        patch = ("patch", "pod", store.pod("mysql"), "--subresource=status", "-p")
        store.kubectl(*patch, readiness(ready=False))
        degraded = await store.until("DEGRADED", "FAILED")
        assert degraded["status"] == "DEGRADED"
        assert "mysql" in degraded["reason"]["message"]
        store.kubectl(*patch, readiness(ready=True))
        healed = await store.until("READY", "FAILED")
        assert (healed["status"], healed["reason"]) == ("READY", None)


async def test_a_namespace_deleted_from_outside_then_built_anew(service: Service) -> None:
    async with a_store(service, "lost") as store:
        await store.until("READY")
        service.cluster.kubectl("delete", "namespace", store.namespace)
        failed = await store.until("FAILED")
        assert failed["reason"]["code"] == "NAMESPACE_LOST"
        assert "deleted from outside" in failed["reason"]["message"]
        store.call("retry")
        ended = await store.until("READY", "FAILED")
        assert ended["status"] == "READY", ended["reason"]


async def test_a_deletion_that_is_held(service: Service) -> None:
    async with a_store(service, "held") as store:
        await store.until("READY")
        store.kubectl("create", "configmap", "kept")
        store.kubectl(
            "patch", "configmap", "kept", "-p", '{"metadata":{"finalizers":["example.com/keep"]}}'
        )
        service.delete(store.token, store.store_id)
        held = await store.until("DELETED", "DELETING", reason="NAMESPACE_STUCK")
        assert held["status"] == "DELETING"
        assert "example.com/keep in 1 resource instances" in held["reason"]["message"]
        store.kubectl("patch", "configmap", "kept", "-p", '{"metadata":{"finalizers":null}}')


async def test_a_deletion_that_is_held_for_too_long(new_service: NewService) -> None:
    service = new_service(STORE_PLATFORM_DELETE_TIMEOUT_SECONDS="8")
    service.start()
    async with a_store(service, "late") as store:
        await store.until("READY")
        store.kubectl("create", "configmap", "kept")
        store.kubectl(
            "patch", "configmap", "kept", "-p", '{"metadata":{"finalizers":["example.com/keep"]}}'
        )
        service.delete(store.token, store.store_id)
        failed = await store.until("DELETED", "FAILED")
        assert (failed["status"], failed["target"]) == ("FAILED", "DELETED")
        assert failed["reason"]["code"] == "NAMESPACE_STUCK"
        assert "The finalizer example.com/keep is taken away" in failed["reason"]["message"]
        # Asked for again it is tried at once, and once nothing holds it, it ends by itself
        assert service.delete(store.token, store.store_id)["errors"] == []
        await store.until("DELETING", "DELETED")
        await store.until("FAILED", "DELETED")
        store.kubectl("patch", "configmap", "kept", "-p", '{"metadata":{"finalizers":null}}')


async def test_a_label_that_was_removed_is_put_back_and_told(service: Service) -> None:
    async with a_store(service, "labelled") as store:
        await store.until("READY")
        label = "store-platform.dev/store"
        service.cluster.kubectl("label", "namespace", store.namespace, f"{label}-")
        told = await store.until_event("REPAIR")
        assert told["message"] == (
            f"The label {label} of the store's namespace had been removed or changed: put back."
        )
        found = service.cluster.kubectl_json("get", "namespace", store.namespace)
        assert found["metadata"]["labels"][label] == store.store_id.removeprefix("store_")
        assert store.updates[-1]["store"]["status"] == "READY"


async def test_cancelled_in_the_middle(new_service: NewService) -> None:
    service = new_service()
    give_values(service, behaving(stages.NEVER_READY))
    service.start()
    token = service.token("merchant")
    store = Follower(service, token, service.create(token, "cancelled")["store"]["id"])
    await store.until("PROVISIONING")
    store.call("cancel")
    await store.until("DELETED")
    assert store.namespace not in store_namespaces(service.cluster)
    assert "READY" not in [e["status"] for e in events_of(store.updates) if e["kind"] == "STATUS"]


async def test_never_ready_within_the_limit(new_service: NewService) -> None:
    service = new_service(STORE_PLATFORM_PROVISION_TIMEOUT_SECONDS="8")
    give_values(service, behaving(stages.NEVER_READY))
    service.start()
    async with a_store(service, "slow") as store:
        failed = await store.until("FAILED", "READY")
        assert failed["reason"]["code"] == "NOT_READY_IN_TIME"
        assert "not ready within 0.133333 minutes. Last seen: " in failed["reason"]["message"]
        assert {step["status"] for step in failed["steps"]} == {"SUCCEEDED", "FAILED", "PENDING"}


async def test_a_crash_loop_is_told_then_mended_and_retried(new_service: NewService) -> None:
    service = new_service()
    give_values(service, behaving(stages.CRASH_LOOP))
    service.start()
    async with a_store(service, "mended") as store:
        failed = await store.until("FAILED", "READY")
        assert failed["reason"]["code"] == "CRASH_LOOP"
        assert "exit code 3" in failed["reason"]["message"]
        give_values(service, {})
        service.stop()
        service.start()
        store.call("retry")
        ended = await store.until("READY", "FAILED")
        assert ended["status"] == "READY", ended["reason"]


async def test_stopped_gently_in_the_middle_of_an_install(new_service: NewService) -> None:
    service = new_service()
    service.start()
    async with a_store(service, "stopped") as store:
        seen: set[str] = set()
        while "HELM_INSTALL" not in seen:
            await store.until("PROVISIONING", "READY")
            seen = {e["subject"] for e in events_of(store.updates)}
        process = service.process
        service.stop(signal.SIGTERM)
        assert process is not None
        assert process.returncode in {0, -signal.SIGTERM}
        assert set(release_states(service.cluster, store.namespace)) <= {"deployed"}
        service.start()
        assert (await store.until("READY", "FAILED"))["status"] == "READY"


@pytest.mark.timeout(600)
async def test_the_api_server_goes_away_in_the_middle(new_service: NewService) -> None:
    service = new_service()
    # Kubernetes' own controllers come back to it only after a pause that grows with the outage. A
    # quota that was charged for requests that failed meanwhile is counted anew minutes later, which
    # is not what this is about.
    give_values(service, {"quota": {"enabled": False}})
    service.start()
    async with a_store(service, "patient", patience_seconds=400) as store:
        await store.until("PROVISIONING")
        service.cluster.stop("kube-apiserver")
        try:
            await asyncio.sleep(3)  # an outage of some length, not a wait for something
        finally:
            service.cluster.start("kube-apiserver")
        assert (await store.until("READY", "FAILED"))["status"] == "READY"


async def test_helm_killed_in_the_middle(service: Service) -> None:
    async with a_store(service, "killed") as store:
        await store.until("PROVISIONING")
        await asyncio.to_thread(kill_helm, store.namespace)
        assert (await store.until("READY", "FAILED"))["status"] == "READY"
        said = [e["message"] for e in events_of(store.updates) if e["subject"] == "HELM_INSTALL"]
        killed = "helm was killed (SIGKILL, most often because memory has run out). Trying again."
        assert killed in said
        assert release_states(service.cluster, store.namespace) == ["deployed"]
