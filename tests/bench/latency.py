"""P1: from a pod's change at the API server to a frame at a subscriber, beside ``kubectl get -w``.

A pod's restart count is raised again and again; the subscriber and kubectl both show it. Both are
read by this one process, so both carry the same cost of measuring.
"""

import asyncio
import json
import time

from websockets.asyncio.client import connect

from app.local.cluster import LocalCluster, tools
from app.local.cluster.progress import ticking
from tests.bench.ground import Ground, api_client
from tests.bench.report import Figure, percentile
from tests.e2e.service import Service, follow

CHANGES = 300
_PAUSE_SECONDS = 0.02
_WAIT_SECONDS = 3.0
_GOAL_P50_MS, _GOAL_P99_MS = 5.0, 25.0

Seen = dict[int, float]


async def measure(ground: Ground) -> list[Figure]:
    """Return P1's figures, in milliseconds."""
    service = ground.service("latency")
    with ground.running(service):
        token = service.token("bench", "admin")
        created = await asyncio.to_thread(service.create, token, "latency")
        store_id = created["store"]["id"]
        async with service.websocket(token) as session:
            updates = await follow(session, store_id, until={"READY", "FAILED"})
        namespace = updates[-1]["store"]["diagnostics"]["namespace"]
        with ticking("P1: latency from pod to subscriber"):
            return await _measure(service, store_id, token, namespace)


async def _measure(service: Service, store_id: str, token: str, namespace: str) -> list[Figure]:
    pods = service.cluster.kubectl_json("-n", namespace, "get", "pods")["items"]
    pod = next(p for p in pods if "-mysql-" in p["metadata"]["name"])
    name = pod["metadata"]["name"]
    sent: Seen = {}
    by_kubectl: Seen = {}
    by_frame: Seen = {}
    async with asyncio.TaskGroup() as group:
        watchers = [
            group.create_task(_watch_kubectl(service.cluster, namespace, name, by_kubectl)),
            group.create_task(_watch_frames(service, store_id, token, name, by_frame)),
        ]
        await asyncio.sleep(2)  # both watch before the first change; nothing is measured by this
        await _change(service.cluster, namespace, pod, sent)
        await asyncio.sleep(_WAIT_SECONDS)  # for the last to arrive, or to be counted as lost
        for watcher in watchers:
            watcher.cancel()
    return _figures(sent, by_kubectl, by_frame)


def _figures(sent: Seen, by_kubectl: Seen, by_frame: Seen) -> list[Figure]:
    both = sorted(set(by_kubectl) & set(by_frame))
    ours = [(by_frame[n] - sent[n]) * 1000 for n in both]
    bare = [(by_kubectl[n] - sent[n]) * 1000 for n in both]
    found = []
    for percent, goal in ((50, _GOAL_P50_MS), (99, _GOAL_P99_MS)):
        mine, theirs = percentile(ours, percent), percentile(bare, percent)
        found.append(
            Figure(
                f"P1 pod change to frame, p{percent} ({len(both)} of {CHANGES} changes)",
                f"{mine:.1f} ms",
                f"{theirs:.1f} ms (kubectl -w)",
                f"{mine - theirs:+.1f} ms",
                f"within {goal:g} ms",
                (mine - theirs) / goal,
            )
        )
    return found


async def _change(
    cluster: LocalCluster, namespace: str, pod: dict[str, object], sent: Seen
) -> None:
    path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}/status"  # type: ignore[index]
    headers = {"Content-Type": "application/strategic-merge-patch+json"}
    async with api_client(cluster) as client:
        for number in range(1, CHANGES + 1):
            status = {"name": "mysql", "restartCount": number}
            sent[number] = time.monotonic()
            answer = await client.patch(
                path, json={"status": {"containerStatuses": [status]}}, headers=headers
            )
            answer.raise_for_status()
            await asyncio.sleep(_PAUSE_SECONDS)


async def _watch_kubectl(cluster: LocalCluster, namespace: str, name: str, seen: Seen) -> None:
    process = await asyncio.create_subprocess_exec(
        str(tools.ensure_kubectl()), "--kubeconfig", str(cluster.kubeconfig), "-n", namespace,
        "get", "pods", name, "--watch", "--output",
        'jsonpath={.status.containerStatuses[0].restartCount}{"\\n"}',
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        if process.stdout is None:
            raise ValueError("kubectl has no output")
        async for line in process.stdout:
            seen.setdefault(int(line), time.monotonic())
    finally:
        process.terminate()
        await process.wait()


async def _watch_frames(service: Service, store_id: str, token: str, pod: str, seen: Seen) -> None:
    query = "subscription ($id: ID!) { storeStatus(id: $id) { store { pods { name restarts } } } }"
    url = f"ws://127.0.0.1:{service.port}/graphql"
    async with connect(url, subprotocols=["graphql-transport-ws"], compression=None) as socket:  # type: ignore[list-item]
        payload = {"authorization": f"Bearer {token}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        await socket.recv()
        request = {"query": query, "variables": {"id": store_id}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": request}))
        async for text in socket:
            now = time.monotonic()
            for item in json.loads(text)["payload"]["data"]["storeStatus"]["store"]["pods"]:
                if item["name"] == pod:
                    # A frame shows the latest state: a change that it overtook was seen as well.
                    for number in range(max(seen, default=0) + 1, item["restarts"] + 1):
                        seen[number] = now
