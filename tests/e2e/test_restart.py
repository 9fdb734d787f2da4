"""A shop is restarted in a cluster: each of its pods is another one, and nothing else changes."""

import asyncio
from typing import Any

from tests.e2e.service import Service, events_of
from tests.e2e.test_recovery import Follower, a_store
from tests.e2e.test_suspension import left

COMPONENT = "app.kubernetes.io/component"
OLDER_SECONDS = 2.0
"""How much older pods have to be than a restart: they are dated by whole seconds, and the service
knows the cluster's time as exactly as that."""


def servers(store: Follower) -> dict[str, Any]:
    """Return what is known of the pod of each part of the shop."""
    selector = ("--selector", f"{COMPONENT} in (mysql, wordpress)")
    found = store.service.cluster.kubectl_json("-n", store.namespace, "get", "pods", *selector)
    pods = {item["metadata"]["labels"][COMPONENT]: item["metadata"] for item in found["items"]}
    assert len(pods) == len(found["items"])
    return pods


def is_over(update: dict[str, Any]) -> bool:
    ends = {event["status"] for event in update["events"] if event["kind"] == "TASK"}
    return bool(ends & {"SUCCEEDED", "FAILED"})


async def test_every_pod_is_replaced_and_the_shop_stays_ready(service: Service) -> None:
    async with a_store(service, "restarted") as store:
        await store.until("READY")
        await asyncio.sleep(OLDER_SECONDS)
        before, seen = servers(store), len(store.updates)
        kept = left(store, "persistentvolumeclaims", "secrets", "ingresses", "jobs")

        store.call("restart")
        await store.until_update(is_over)

        told = events_of(store.updates[seen:])
        assert [(item["subject"], item["status"]) for item in told if item["kind"] == "TASK"] == [
            ("RESTART", "QUEUED"), ("RESTART", "RUNNING"), ("RESTART", "SUCCEEDED"),
        ]  # fmt: skip
        assert [item for item in told if item["kind"] == "STATUS"] == []
        assert {update["store"]["status"] for update in store.updates[seen:]} == {"READY"}
        after = servers(store)
        assert after.keys() == before.keys() == {"mysql", "wordpress"}
        assert {pod["uid"] for pod in after.values()} & {pod["uid"] for pod in before.values()} == (
            set()
        )
        assert after["mysql"]["creationTimestamp"] <= after["wordpress"]["creationTimestamp"]
        assert left(store, "persistentvolumeclaims", "secrets", "ingresses", "jobs") == kept
    statuses = [item["status"] for item in events_of(store.updates) if item["kind"] == "STATUS"]
    assert "DEGRADED" not in statuses
