"""A store that really runs: its pods, its page, its data, its walls, and what is left of it."""

import subprocess
import tempfile
import time
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
import yaml

from app.local.cluster import LocalCluster
from app.local.cluster.nodes.addresses import INGRESS, NODE_ADDRESS
from app.local.cluster.nodes.layout import NodeLayout
from tests.browser import ensure_browser
from tests.e2e.service import Service, events_of
from tests.e2e.test_recovery import Follower
from tests.real.footprint import Footprint
from tests.real.wordpress import REFERENCE

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

_PATIENCE_SECONDS = 240.0  # on a busy machine, on which everything truly happens
_REVEAL = """mutation ($id: ID!) { revealAdminPassword(input: {id: $id}) { username password } }"""
_URL = "query ($id: ID!) { store(id: $id) { url } }"


async def test_the_life_of_a_store(service: Service) -> None:
    node = service.cluster.layout.node
    assert node is not None
    before = footprint(node)

    store = await created(service)
    shop = url_of(store)
    write_post(store, title="Written before")
    await_that(lambda: "Written before" in seen_in_a_browser(shop))

    only_the_shop_reaches_its_database(store)

    for component in ("wordpress", "mysql"):
        await lost_and_back(store, component)
        # Not at once: for a few seconds DNS may still have the address of the lost pod.
        await_that(lambda: "Written before" in seen_in_a_browser(shop))

    await deleted(store)
    await_that(
        lambda: footprint(node).more_than(before) == {}, lambda: footprint(node).more_than(before)
    )


def footprint(node: NodeLayout) -> Footprint:
    """What stores may leave behind while the node goes on."""
    taken = Footprint.now(node.volumes, node.kubelet / "pods", node.folder / "addresses" / "pods")
    return replace(taken, tables=frozenset())  # the node's own, some of which come late


async def created(service: Service) -> Follower:
    """Return a store that is ready, after every step."""
    token = service.token("merchant")
    made = service.create(token, "real-shop", engine="wordpress")
    assert made["errors"] == []
    store = Follower(service, token, made["store"]["id"], patience_seconds=_PATIENCE_SECONDS)
    ready = await store.until("READY", "FAILED")
    assert ready["status"] == "READY", ready
    assert {step["name"]: step["status"] for step in ready["steps"]} == dict.fromkeys(
        (step["name"] for step in ready["steps"]), "SUCCEEDED"
    )
    running = {pod["component"] for pod in ready["pods"] if pod["isReady"]}
    assert running == {"mysql", "wordpress"}
    return store


def url_of(store: Follower) -> str:
    url: str = store.service.execute(store.token, _URL, id=store.store_id)["store"]["url"]
    return url


def write_post(store: Follower, *, title: str) -> None:
    """Publish a post as the shop's administrator, with the password that was generated."""
    login = store.service.execute(store.token, _REVEAL, id=store.store_id)["revealAdminPassword"]
    post = {"post_title": title, "post_status": "publish", "post_content": "It is still here."}
    answer = httpx.post(
        f"{INGRESS}/xmlrpc.php",
        headers={"Host": httpx.URL(url_of(store)).netloc.decode()},
        content=xmlrpc.client.dumps(
            (1, login["username"], login["password"], post), "wp.newPost"
        ),
        timeout=60,
    )  # fmt: skip
    ((number,), _) = xmlrpc.client.loads(answer.text)
    assert int(str(number)) > 0


def seen_in_a_browser(url: str) -> str:
    """Return what headless Chromium has on the page after its scripts ran."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        done = subprocess.run(
            [ensure_browser(), "--headless", "--no-sandbox", "--disable-gpu",
             f"--user-data-dir={profile}", f"--host-resolver-rules=MAP *.localhost {NODE_ADDRESS}",
             "--dump-dom", url],
            capture_output=True, text=True, check=True, timeout=_PATIENCE_SECONDS,
        )  # fmt: skip
    return done.stdout


def only_the_shop_reaches_its_database(store: Follower) -> None:
    """A stranger reaches the shop's web server, and not the database, which its own pod does."""
    database, web = address(store, "mysql"), address(store, "wordpress")
    shop = ("-n", store.namespace, store.pod("wordpress"))
    with a_stranger(store.service.cluster) as stranger:
        await_that(lambda: connects(store, shop, f"{database}/3306"))
        await_that(lambda: connects(store, stranger, f"{web}/8080"))
        assert not connects(store, stranger, f"{database}/3306")


def address(store: Follower, component: str) -> str:
    return store.kubectl("get", "pod", store.pod(component), "-o", "jsonpath={.status.podIP}")


def connects(store: Follower, pod: tuple[str, ...], target: str) -> bool:
    """Return whether a connection to ``address/port`` is made from within a pod."""
    script = f"timeout 10 bash -c 'exec 3<>/dev/tcp/{target}' && echo made || echo refused"
    said = store.service.cluster.kubectl("exec", *pod, "--", "sh", "-c", script).strip()
    assert said in ("made", "refused")
    return said == "made"


@contextmanager
def a_stranger(cluster: LocalCluster) -> Iterator[tuple[str, ...]]:
    """A pod of somebody else; yield what names it for kubectl."""
    container = {
        "name": "stranger",
        "image": REFERENCE,
        "imagePullPolicy": "Never",
        "command": ["sleep", "infinity"],
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "stranger"},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
    }
    cluster.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(pod))
    try:
        cluster.kubectl("wait", "--for=condition=Ready", "pod/stranger", "--timeout=120s")
        yield ("-n", "default", "stranger")
    finally:
        cluster.kubectl("delete", "pod", "stranger", "--timeout=120s")


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


def await_that(is_so: Callable[[], bool], otherwise: Callable[[], object] = lambda: None) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.5)
