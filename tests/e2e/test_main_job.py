"""The main job, nothing faked: real API server, helm and websocket, the service a process."""

import asyncio
import base64
import json
import signal
from typing import Any

import pytest
from gql import gql

from tests.e2e.conftest import NewService
from tests.e2e.namespaces import store_namespaces
from tests.e2e.service import FOLLOW, Service, events_of, follow

PROVISION = [
    "NAMESPACE", "CREDENTIALS", "HELM_INSTALL", "WORKLOADS_READY", "SETUP_JOB", "REACHABLE",
]  # fmt: skip
LEAKY_ENGINE = """apiVersion: store-platform.dev/v1
name: leaky
displayName: Leaky
description: Fails, and tells why.
releasePrefix: leaky
workloads: [{component: web, kind: Deployment}]
versions: [{name: "1", default: true}]
credentials: [{key: password}]
"""
LEAKY_TEMPLATE = """{{ $kept := lookup "v1" "Secret" .Release.Namespace "store-credentials" }}
{{ with $kept }}{{ fail (printf "the password %s is refused (%s)" (b64dec .data.password) .data.password) }}{{ end }}
"""  # noqa: E501
ENDS = {"SUCCEEDED", "SKIPPED", "FAILED"}


def ended_steps(events: list[dict[str, Any]]) -> list[str]:
    return [e["subject"] for e in events if e["kind"] == "STEP" and e["status"] in ENDS]


async def test_create_follow_delete(service_on_each: Service) -> None:
    service = service_on_each
    token = service.token("merchant")
    before = set(store_namespaces(service.cluster))

    # When a store is created and followed over a websocket from its very first event
    store_id = service.create(token, "first-shop")["store"]["id"]
    async with service.websocket(token) as session:
        updates = await follow(session, store_id, until={"READY", "FAILED"}, after=0)

        # Then it becomes ready, every step seen once and in order, each pod seen becoming ready
        last = updates[-1]["store"]
        assert last["status"] == "READY", last
        events = events_of(updates)
        assert [event["version"] for event in events] == list(range(1, updates[-1]["version"] + 1))
        assert ended_steps(events) == PROVISION
        assert [step["status"] for step in last["steps"]] == ["SUCCEEDED"] * 5 + ["SKIPPED"]
        ready_pods = {e["subject"] for e in events if e["kind"] == "POD" and e["status"] == "Ready"}
        for component in ("mysql", "wordpress"):
            assert any(f"-{component}-" in name for name in ready_pods)
        namespace = last["diagnostics"]["namespace"]
        assert set(store_namespaces(service.cluster)) == before | {namespace}
        claims = service.cluster.kubectl_json("-n", namespace, "get", "pvc")["items"]
        assert {claim["status"]["phase"] for claim in claims} == {"Bound"}

        # When it is deleted
        assert service.delete(token, store_id)["errors"] == []
        removal = await follow(session, store_id, until={"DELETED"}, after=updates[-1]["version"])

    # Then its namespace and volumes are gone, and the row is kept
    assert ended_steps(events_of(removal)) == ["HELM_UNINSTALL", "NAMESPACE_GONE"]
    versions = [event["version"] for event in events_of(updates + removal)]
    assert versions == list(range(1, removal[-1]["version"] + 1))
    assert set(store_namespaces(service.cluster)) == before
    volumes = service.cluster.kubectl_json("get", "pv")["items"]
    assert not [v for v in volumes if v["spec"]["claimRef"]["namespace"] == namespace]
    kept = service.execute(token, "query ($id: ID!) { store(id: $id) { status } }", id=store_id)
    assert kept == {"store": {"status": "DELETED"}}


async def test_stream_of_a_deleted_store_completes(service: Service) -> None:
    token = service.token("merchant")
    store_id = service.create(token, "short-lived")["store"]["id"]
    service.delete(token, store_id)

    request = gql(FOLLOW)
    request.variable_values = {"id": store_id}
    async with service.websocket(token) as session, asyncio.timeout(60):
        statuses = [f["storeStatus"]["store"]["status"] async for f in session.subscribe(request)]

    assert statuses[-1] == "DELETED"


async def test_image_that_cannot_be_pulled(new_service: NewService) -> None:
    # Given a chart whose image is in no registry
    service = new_service()
    values = service.folder / "values"
    values.mkdir()
    (values / "woocommerce.yaml").write_text(
        "wordpress: {image: {repository: image-not-found.invalid/wordpress}}\n"
    )
    service.settings["STORE_PLATFORM_CHART_VALUES"] = str(values)
    service.start()
    token = service.token("merchant")

    store_id = service.create(token, "no-image")["store"]["id"]
    async with service.websocket(token) as session, asyncio.timeout(60):
        updates = await follow(session, store_id, until={"READY", "FAILED"})

    # Then it fails at once, and says which image of which pod, and what to do
    last = updates[-1]["store"]
    assert last["status"] == "FAILED"
    assert last["reason"]["code"] == "IMAGE_NOT_FOUND"
    assert "image-not-found.invalid/wordpress:7.1-woocommerce10.7.0" in last["reason"]["message"]
    assert last["reason"]["message"].endswith(
        "Check the engine version's image name and tag, then retry."
    )
    statuses = {step["name"]: step["status"] for step in last["steps"]}
    assert statuses["WORKLOADS_READY"] == "FAILED"

    # And it can be deleted
    service.delete(token, store_id)
    async with service.websocket(token) as session, asyncio.timeout(60):
        await follow(session, store_id, until={"DELETED"})


async def test_killed_in_the_middle_of_an_install(new_service: NewService) -> None:
    # Given a service that is killed while stores are being made
    service = new_service()
    service.start()
    token = service.token("merchant")
    ids = [service.create(token, f"shop-{index}")["store"]["id"] for index in range(4)]
    async with service.websocket(token) as session:
        request = gql(FOLLOW)
        request.variable_values = {"id": ids[0], "after": 0}
        async for frame in session.subscribe(request):
            seen = frame["storeStatus"]
            if any(e["subject"] == "HELM_INSTALL" for e in seen["events"]):
                break
        service.stop(signal.SIGKILL)

    # When it starts again
    service.start()

    # Then every store becomes ready, and a follower who comes back has lost and doubled nothing
    async with service.websocket(token) as session, asyncio.timeout(90):
        rest = await follow(session, ids[0], until={"READY", "FAILED"}, after=seen["version"])
        assert rest[-1]["store"]["status"] == "READY", rest[-1]
        assert [event["version"] for event in events_of(rest)] == list(
            range(seen["version"] + 1, rest[-1]["version"] + 1)
        )
        for store_id in ids[1:]:
            updates = await follow(session, store_id, until={"READY", "FAILED"})
            assert updates[-1]["store"]["status"] == "READY", updates[-1]
        for store_id in ids:
            service.delete(token, store_id)
            await follow(session, store_id, until={"DELETED"})


async def test_helm_missing(new_service: NewService) -> None:
    service = new_service(STORE_PLATFORM_HELM="/nowhere/helm")
    service.start(wait_until_ready=False)
    status, body = service.status("/readyz")
    assert status == 503
    assert json.loads(body)["parts"]["helm"] == (
        "There is no program /nowhere/helm. Install helm 4, or set STORE_PLATFORM_HELM to its path."
    )
    token = service.token("merchant")

    store_id = service.create(token, "no-helm")["store"]["id"]
    async with service.websocket(token) as session, asyncio.timeout(30):
        updates = await follow(session, store_id, until={"READY", "FAILED"})

    assert updates[-1]["store"]["reason"] == {
        "code": "HELM_MISSING",
        "message": "helm could not be started: /nowhere/helm: No such file or directory. Install"
        " helm 4 or set STORE_PLATFORM_HELM to its path, then retry the store.",
    }
    namespace = updates[-1]["store"]["diagnostics"]["namespace"]
    service.cluster.kubectl("delete", "namespace", namespace)


@pytest.mark.timeout(600)
async def test_cluster_away_at_the_start(new_service: NewService) -> None:
    # Given an API server that does not run
    service = new_service()
    service.cluster.stop("kube-apiserver")
    try:
        service.start(wait_until_ready=False)
        assert service.await_words("/readyz", "The cluster did not answer")[0] == 503

        # When a store is asked for meanwhile, it waits; when the cluster comes, it is made
        token = service.token("merchant")
        store = service.create(token, "patient")["store"]
        assert store["status"] == "QUEUED"
    finally:
        service.cluster.start("kube-apiserver")

    # Kubernetes' own controllers come back to it only after a pause that grows with the outage.
    async with service.websocket(token) as session, asyncio.timeout(240):
        updates = await follow(session, store["id"], until={"READY", "FAILED"})
        assert updates[-1]["store"]["status"] == "READY", updates[-1]
        service.delete(token, store["id"])
        await follow(session, store["id"], until={"DELETED"})
    assert service.status("/readyz")[0] == 200


async def test_helm_fails_and_says_a_secret(new_service: NewService) -> None:
    # Given a chart that fails with the store's generated password in its message
    service = new_service()
    chart = service.folder / "charts" / "leaky"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: leaky\nversion: 0.1.0\n")
    (chart / "engine.yaml").write_text(LEAKY_ENGINE)
    (chart / "templates" / "fail.yaml").write_text(LEAKY_TEMPLATE)
    service.settings["STORE_PLATFORM_CHARTS"] = str(chart.parent)
    service.start()
    token = service.token("merchant")

    store_id = service.create(token, "leaky", engine="leaky")["store"]["id"]
    async with service.websocket(token) as session, asyncio.timeout(60):
        updates = await follow(session, store_id, until={"READY", "FAILED"}, after=0)

        # Then helm's own words are told, but for the password
        last = updates[-1]["store"]
        assert last["status"] == "FAILED"
        assert last["reason"]["code"] == "HELM_FAILED"
        assert "the password [hidden] is refused" in last["reason"]["message"]
        namespace = last["diagnostics"]["namespace"]
        secret = service.cluster.kubectl_json("-n", namespace, "get", "secret", "store-credentials")
        kept = secret["data"]["password"]
        password = base64.b64decode(kept).decode()
        shown = json.dumps(updates) + service.log.read_text()
        for file in service.folder.glob("platform.db*"):
            shown += file.read_bytes().decode(errors="replace")
        assert password not in shown
        assert kept not in shown

        service.delete(token, store_id)
        await follow(session, store_id, until={"DELETED"})


async def test_a_strangers_object_with_our_label(service: Service) -> None:
    # Given a namespace with a store's label, of a store that nobody here knows
    service.cluster.kubectl("create", "namespace", "stranger")
    service.cluster.kubectl(
        "label", "namespace", "stranger", f"store-platform.dev/store={'0' * 32}"
    )
    try:
        # Then stores are made as ever, and the stranger is left alone
        token = service.token("merchant")
        store_id = service.create(token, "neighbour")["store"]["id"]
        async with service.websocket(token) as session, asyncio.timeout(90):
            updates = await follow(session, store_id, until={"READY", "FAILED"})
            assert updates[-1]["store"]["status"] == "READY", updates[-1]
            service.delete(token, store_id)
            await follow(session, store_id, until={"DELETED"})
        assert "stranger" in store_namespaces(service.cluster)
    finally:
        service.cluster.kubectl("delete", "namespace", "stranger")
