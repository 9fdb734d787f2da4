"""A store that really runs: its pods, its page, its data, its walls, and what is left of it."""

import subprocess
import tempfile
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import yaml

from app.local.cluster import LocalCluster
from tests.browser import ensure_browser
from tests.e2e.service import Service
from tests.e2e.test_recovery import Follower
from tests.real.life import (
    PATIENCE_SECONDS,
    await_that,
    created,
    deleted,
    footprint,
    login_of,
    lost_and_back,
    url_of,
)
from tests.real.wordpress import REFERENCE

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]


async def test_the_life_of_a_store(service: Service) -> None:
    node = service.cluster.layout.node
    assert node is not None
    before = footprint(node)

    store = await created(
        service, "real-shop", engine="wordpress", components={"mysql", "wordpress"}
    )
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


def write_post(store: Follower, *, title: str) -> None:
    """Publish a post as the shop's administrator, with the password that was generated."""
    username, password = login_of(store)
    post = {"post_title": title, "post_status": "publish", "post_content": "It is still here."}
    node = store.service.cluster.layout.node
    assert node is not None
    answer = httpx.post(
        f"{node.ingress}/xmlrpc.php",
        headers={"Host": httpx.URL(url_of(store)).netloc.decode()},
        content=xmlrpc.client.dumps(
            (1, username, password, post), "wp.newPost"
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
             f"--user-data-dir={profile}", "--dump-dom", url],
            capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS,
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
