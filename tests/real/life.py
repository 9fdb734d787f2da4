"""What the tests share: make a store that really runs, lose its pods, delete it."""

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from app.local.cluster.nodes.layout import NodeLayout
from tests.e2e.service import Service, events_of
from tests.e2e.test_recovery import Follower
from tests.real.footprint import Footprint

PATIENCE_SECONDS = 480.0  # three shops start at once, beside other tests, on two cores
_LOGIN = """mutation ($id: ID!) { revealAdminPassword(input: {id: $id}) { username password } }"""
_URL = "query ($id: ID!) { store(id: $id) { url } }"


async def created(
    service: Service,
    name: str,
    *,
    engine: str,
    components: set[str],
    email: str | None = None,
    version: str | None = None,
) -> Follower:
    """Return a store that is ready, after every step, with these components running.

    Without a version it has the engine's default one.
    """
    token = service.token("merchant")
    made = service.create(token, name, engine=engine, version=version, contactEmail=email)
    assert made["errors"] == []
    store = Follower(service, token, made["store"]["id"], patience_seconds=PATIENCE_SECONDS)
    return await is_ready(store, components)


async def is_ready(store: Follower, components: set[str]) -> Follower:
    """Return the store once it is ready, after every step, with these components running."""
    ready = await store.until("READY", "FAILED")
    assert ready["status"] == "READY", ready
    assert {step["name"]: step["status"] for step in ready["steps"]} == dict.fromkeys(
        (step["name"] for step in ready["steps"]), "SUCCEEDED"
    )
    assert {pod["component"] for pod in ready["pods"] if pod["isReady"]} == components
    return store


def url_of(store: Follower) -> str:
    url: str = store.service.execute(store.token, _URL, id=store.store_id)["store"]["url"]
    return url


def login_of(store: Follower) -> tuple[str, str]:
    """Return the name and the password of the shop's administrator."""
    login = store.service.execute(store.token, _LOGIN, id=store.store_id)["revealAdminPassword"]
    return login["username"], login["password"]


async def lost_and_back(store: Follower, component: str) -> None:
    """Kill a pod: the stream has that the store is degraded, and then that it is ready again."""
    store.kubectl("delete", "pod", store.pod(component), "--now", "--wait=false")
    await store.until_update(has_status("DEGRADED"))
    if store.updates[-1]["store"]["status"] != "READY":
        await store.until("READY")
    told = [event["status"] for event in events_of(store.updates) if event["kind"] == "STATUS"]
    assert told[-2:] == ["DEGRADED", "READY"]


def has_status(status: str) -> Callable[[dict[str, Any]], bool]:
    """Return whether an update tells of this status, though another may have followed already."""
    return lambda update: any(
        event["kind"] == "STATUS" and event["status"] == status for event in update["events"]
    )


async def deleted(store: Follower) -> None:
    assert store.service.delete(store.token, store.store_id)["errors"] == []
    ended = await store.until("DELETED")
    assert ended["reason"] is None


def footprint(node: NodeLayout, *, apart_from: Collection[str] = ()) -> Footprint:
    """What stores may leave behind while the node goes on, but for files with these in a path."""
    taken = Footprint.now(node.volumes, node.kubelet / "pods", node.folder / "addresses" / "pods")
    files = {file for file in taken.files if not any(part in file for part in apart_from)}
    # The tables are the node's own, and some of them come late.
    return replace(taken, tables=frozenset(), files=frozenset(files))


def await_that(is_so: Callable[[], bool], otherwise: Callable[[], object] = lambda: None) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.5)
