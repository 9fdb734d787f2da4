"""A shop of WooCommerce with many visitors at once, and what it shows, reaches and does alone."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.e2e.service import Service
from tests.e2e.test_recovery import Follower
from tests.real.engines import RealEngine, parameters
from tests.real.life import created, deleted, url_of

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

AT_ONCE = 30
CONTENT = "/usr/src/wordpress/wp-content"
LOOPBACK = """
require_once ABSPATH . 'wp-admin/includes/admin.php';
require_once ABSPATH . 'wp-admin/includes/class-wp-site-health.php';
echo json_encode(WP_Site_Health::get_instance()->can_perform_loopback());
"""


@pytest.mark.parametrize("engine", parameters("woocommerce"))
async def test_a_shop_by_itself(shops: Service, engine: RealEngine) -> None:
    store = await created(
        shops, "quiet-lane", engine=engine.name, components=set(engine.components)
    )
    many_visitors_at_once(store)
    what_nobody_is_shown(store)
    its_own_address_is_reached(store)
    cron_does_what_is_due(store)
    await deleted(store)


def many_visitors_at_once(store: Follower) -> None:
    """Without a limit of its workers, the web server is ended for lack of memory."""
    with ThreadPoolExecutor(AT_ONCE) as visitors:
        statuses = Counter(visitors.map(lambda _: status_of(store, "/"), range(AT_ONCE)))
    assert statuses == {200: AT_ONCE}
    state = "{.status.containerStatuses[0].restartCount}"
    ready = "{.status.conditions[?(@.type=='Ready')].status}"
    web = store.pod("wordpress")
    assert store.kubectl("get", "pod", web, "-o", f"jsonpath={state} {ready}") == "0 True"


def what_nobody_is_shown(store: Follower) -> None:
    in_the_shop(store, "sh", "-c", f"echo '<?php' | tee {CONTENT}/uploads/page.php")
    in_the_shop(store, "sh", "-c", f"echo text | tee {CONTENT}/uploads/page.txt")
    assert status_of(store, "/wp-content/uploads/page.txt") == 200
    for path in ("uploads/page.php", ".set-up", ".image-stamp"):
        assert status_of(store, f"/wp-content/{path}") == 403, path


def its_own_address_is_reached(store: Follower) -> None:
    said = in_the_shop(store, "wp", "eval", LOOPBACK).strip().splitlines()[-1]
    assert json.loads(said)["status"] == "good", said


def cron_does_what_is_due(store: Follower) -> None:
    cron = store.kubectl("get", "cronjob", "-o", "name").strip()
    store.kubectl("create", "job", "due", "--from", cron)
    store.kubectl("wait", "--for=condition=Complete", "job/due", "--timeout=240s")
    assert "Success: Executed a total of" in store.kubectl("logs", "job/due")


def in_the_shop(store: Follower, *command: str) -> str:
    return store.kubectl("exec", store.pod("wordpress"), "-c", "wordpress", "--", *command)


def status_of(store: Follower, path: str) -> int:
    node = store.service.cluster.layout.node
    assert node is not None
    host = httpx.URL(url_of(store)).netloc.decode()
    return httpx.get(f"{node.ingress}{path}", headers={"Host": host}, timeout=120).status_code
