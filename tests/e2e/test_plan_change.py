"""A shop gets other plans in a cluster: while it is open, and back again where it does not run."""

from typing import Any

from tests.e2e.service import Service
from tests.e2e.test_recovery import Follower, a_store
from tests.e2e.test_restart import is_over, servers
from tests.e2e.volumes import volumes_that_grow

CHANGE = """mutation ($input: ChangePlanInput!) { changePlan(input: $input) {
  errors { code message } } }"""
CHANGES = "query ($id: ID!) { store(id: $id) { planChanges { way plan { name } } } }"
LATEST = """query ($id: ID!) { store(id: $id) { status plan { name }
  operation { kind status reason { code message } steps { name status } } } }"""


def sizes(store: Follower) -> dict[str, str]:
    """Return the size of each claim, by its component."""
    found = store.service.cluster.kubectl_json(
        "-n", store.namespace, "get", "persistentvolumeclaims"
    )
    return {
        item["metadata"]["labels"]["app.kubernetes.io/component"]:
            item["spec"]["resources"]["requests"]["storage"]
        for item in found["items"]
    }  # fmt: skip


def memory(store: Follower) -> str:
    found = store.service.cluster.kubectl_json(
        "-n", store.namespace, "get", "statefulset", f"{store.namespace}-mysql"
    )
    (container,) = found["spec"]["template"]["spec"]["containers"]
    requested: str = container["resources"]["requests"]["memory"]
    return requested


def ways(store: Follower) -> dict[str, str]:
    found = store.service.execute(store.token, CHANGES, id=store.store_id)["store"]
    return {item["plan"]["name"]: item["way"] for item in found["planChanges"]}


async def changed(store: Follower, plan: str) -> dict[str, Any]:
    """Have the plan changed; return the store once that is over."""
    given = {"id": store.store_id, "plan": plan}
    asked = store.service.execute(store.token, CHANGE, input=given)["changePlan"]
    assert asked["errors"] == []
    seen = len(store.updates)
    await store.until_update(is_over)
    assert len(store.updates) > seen
    latest: dict[str, Any] = store.service.execute(store.token, LATEST, id=store.store_id)["store"]
    assert latest["operation"]["kind"] == "PLAN"
    return latest


async def test_a_shop_grows_and_keeps_its_volumes_when_it_shrinks(service: Service) -> None:
    with volumes_that_grow(service.cluster):
        async with a_store(service, "growing") as store:
            await store.until("READY")
            assert ways(store) == {"medium": "EXPANDS", "large": "EXPANDS"}
            assert (sizes(store), memory(store)) == ({"mysql": "5Gi", "wordpress": "10Gi"}, "512Mi")

            grown = await changed(store, "medium")

            assert grown["operation"]["reason"] is None
            assert (grown["status"], grown["plan"]) == ("READY", {"name": "medium"})
            assert [step["status"] for step in grown["operation"]["steps"]] == ["SUCCEEDED"] * 3
            large = {"mysql": "20Gi", "wordpress": "40Gi"}
            assert (sizes(store), memory(store)) == (large, "1Gi")
            (owner,) = servers(store)["mysql"]["ownerReferences"]
            found = service.cluster.kubectl_json(
                "-n", store.namespace, "get", "statefulset", f"{store.namespace}-mysql"
            )
            assert owner["uid"] == found["metadata"]["uid"]  # the new one has taken the pod over

            assert ways(store) == {"small": "IN_PLACE", "large": "EXPANDS"}
            shrunk = await changed(store, "small")
            assert (shrunk["status"], shrunk["plan"]) == ("READY", {"name": "small"})
            assert shrunk["operation"]["steps"][-1] == {"name": "EXPAND", "status": "SKIPPED"}
            assert (sizes(store), memory(store)) == (large, "512Mi")


async def test_volumes_that_cannot_grow_are_said_before(service: Service) -> None:
    async with a_store(service, "as-it-is") as store:
        await store.until("READY")
        assert ways(store) == {"medium": "BY_BACKUP", "large": "BY_BACKUP"}
        given = {"id": store.store_id, "plan": "medium"}
        (error,) = service.execute(store.token, CHANGE, input=given)["changePlan"]["errors"]
        assert error["code"] == "VOLUMES_CANNOT_GROW"
        assert sizes(store) == {"mysql": "5Gi", "wordpress": "10Gi"}
