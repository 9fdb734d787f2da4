"""Has a shop of Medusa upgraded, well and badly, and brought back; sees what becomes of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from app.local.cluster.progress import say
from tests.e2e.test_recovery import Follower
from tests.real.backups import counts, has_ended
from tests.real.life import has_status, is_ready, login_of, url_of
from tests.real.versions.charts import IMAGE_IS_MISSING, MIGRATION_FAILS, OLD
from tests.real.versions.charts import PRESENT as NOW
from tests.real.versions.images import MISSING, OLDER, PRESENT
from tests.real.visitors import Answers, visitors

COMPONENTS = {"postgres", "medusa", "storefront"}
SERVES_ON = {(200, False)}
"""What visitors get of a shop that nothing happens to."""

_ASK = """mutation ($input: %sStoreInput!) { %sStore(input: $input) {
  operation { kind } errors { code message } } }"""
_STORE = """query ($id: ID!) { store(id: $id) {
  status engineVersion nextVersion upgrades { name }
  wayBack { number madeAt engineVersion counts { name number } }
  operations(first: 2) { edges { node { kind status askedBy reason { code message } } } }
  steps { name status message } } }"""


async def upgraded(store: Follower, *, host: str) -> None:
    """Have the shop upgraded to the present version: closed for a while, and with all it had."""
    before, login = orders_of(store), login_of(store)
    with _followed(store, host, "The upgrade") as seen:
        _ask(store, "upgrade", version=NOW)
        await store.until_update(has_status("UPDATING"))
        assert found_of(store)["nextVersion"] == NOW
        await is_ready(store, COMPONENTS)
    assert seen[503, True] > 0, seen

    found = found_of(store)
    assert (found["engineVersion"], found["nextVersion"]) == (NOW, None)
    assert operations(found)[0] == ("UPGRADE", "SUCCEEDED")
    assert found["wayBack"]["engineVersion"] == OLD
    assert counts(found["wayBack"])["orders"] == len(before)
    assert (orders_of(store), login_of(store)) == (before, login)
    assert tag_of(store) == PRESENT


async def refused_in_time(store: Follower, *, host: str) -> None:
    """Ask for a version whose image is missing: no visitor is told of it, only who asked."""
    before = found_of(store)
    with _followed(store, host, "The upgrade without an image") as seen:
        _ask(store, "upgrade", version=IMAGE_IS_MISSING)
        await store.until_update(has_ended)
    assert set(seen) == SERVES_ON, seen

    found = found_of(store)
    assert operations(found)[0] == ("UPGRADE", "FAILED")
    reason = reasons(found)[0]
    assert reason["code"] in {"IMAGE_NOT_FOUND", "IMAGE_PULL_FAILED"}, reason
    assert f"medusa:{MISSING}" in reason["message"], reason
    assert (found["status"], found["nextVersion"]) == ("READY", None)
    for name in ("engineVersion", "wayBack"):
        assert found[name] == before[name]


async def brought_back(store: Follower, *, host: str) -> None:
    """Have the shop upgraded by a migration that does harm and fails: it mends itself."""
    before, login, found = orders_of(store), login_of(store), found_of(store)
    version, way_back = found["engineVersion"], found["wayBack"]
    with _followed(store, host, "The upgrade that fails, and the way back") as seen:
        _ask(store, "upgrade", version=MIGRATION_FAILS)
        await store.until_update(has_status("UPDATING"))
        await is_ready(store, COMPONENTS)
    assert seen[503, True] > 0, seen

    found = found_of(store)
    assert operations(found) == [("RESTORE", "SUCCEEDED"), ("UPGRADE", "FAILED")]
    (_, reason) = reasons(found)
    assert reason["code"] == "SETUP_JOB_FAILED", reason
    assert (found["engineVersion"], found["nextVersion"]) == (version, None)
    assert found["wayBack"] == way_back
    assert (orders_of(store), login_of(store)) == (before, login)
    assert tag_of(store) == PRESENT


async def rolled_back(store: Follower, *, host: str) -> None:
    """Have the shop as it was before its upgrade, once it is accepted what that loses."""
    way_back, login, before = found_of(store)["wayBack"], login_of(store), orders_of(store)
    kept = counts(way_back)["orders"]
    assert kept < len(before)
    error = _refusal(store, "rollback")
    assert error["code"] == "LOSS_NOT_ACCEPTED"
    assert f" has {len(before) - kept} orders more." in error["message"], error
    assert found_of(store)["engineVersion"] == NOW

    with _followed(store, host, "The way back to the version before") as seen:
        _ask(store, "rollback", acceptLossSince=way_back["madeAt"])
        await store.until("PROVISIONING", "FAILED")
        await is_ready(store, COMPONENTS)
    assert seen[503, True] > 0, seen

    found = found_of(store)
    assert operations(found)[0] == ("RESTORE", "SUCCEEDED")
    assert found["engineVersion"] == OLD
    assert [version["name"] for version in found["upgrades"]] == [NOW]
    assert (orders_of(store), login_of(store)) == (before[:kept], login)
    assert tag_of(store) == OLDER


def orders_of(store: Follower) -> list[tuple[int, str]]:
    """Return number and e-mail address of each order, as the merchant's admin has them."""
    node = store.service.cluster.layout.node
    assert node is not None
    host = httpx.URL(url_of(store)).netloc.decode()
    username, password = login_of(store)
    with httpx.Client(base_url=node.ingress, headers={"Host": host}, timeout=60) as client:
        login = {"email": username, "password": password}
        signed_in = client.post("/auth/user/emailpass", json=login).raise_for_status().json()
        bearer = {"Authorization": f"Bearer {signed_in['token']}"}
        fields = {"fields": "display_id,email", "limit": "100"}
        found = client.get("/admin/orders", params=fields, headers=bearer).raise_for_status()
    return sorted((order["display_id"], order["email"]) for order in found.json()["orders"])


def tag_of(store: Follower) -> str:
    """Return the tag of the image that the shop's server runs."""
    image = "{.spec.containers[0].image}"
    found = store.kubectl("get", "pod", store.pod("medusa"), f"--output=jsonpath={image}")
    return found.rpartition(":")[2]


def found_of(store: Follower) -> dict[str, Any]:
    """Return what the platform tells of the store now."""
    found: dict[str, Any] = store.service.execute(store.token, _STORE, id=store.store_id)["store"]
    return found


def operations(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Return kind and status of the store's latest two operations, the last one first."""
    nodes = [edge["node"] for edge in found["operations"]["edges"]]
    return [(node["kind"], node["status"]) for node in nodes]


def reasons(found: dict[str, Any]) -> list[dict[str, str]]:
    """Return why they failed, None for one that has not."""
    return [edge["node"]["reason"] for edge in found["operations"]["edges"]]


@contextmanager
def _followed(store: Follower, host: str, what: str) -> Iterator[Answers]:
    """Have visitors come meanwhile, who get the shop or a page that says why not; tell how long."""
    began = time.monotonic()
    with visitors(store.service.cluster, host) as seen:
        yield seen
    took = time.monotonic() - began
    say(f"{what} took {took:.0f} s; visitors had no shop for {seen.seconds_without:.0f} s: {seen}")
    assert {status for status, _ in seen} <= {200, 502, 503, 504}, seen


def _ask(store: Follower, verb: str, **more: str) -> None:
    payload = _answer(store, verb, more)
    kind = "RESTORE" if verb == "rollback" else "UPGRADE"
    assert (payload["errors"], payload["operation"]["kind"]) == ([], kind)


def _refusal(store: Follower, verb: str) -> dict[str, str]:
    (error,) = _answer(store, verb, {})["errors"]
    found: dict[str, str] = error
    return found


def _answer(store: Follower, verb: str, more: dict[str, str]) -> dict[str, Any]:
    document = _ASK % (verb.capitalize(), verb)
    given = {"id": store.store_id, **more}
    payload: dict[str, Any] = store.service.execute(store.token, document, input=given)
    found: dict[str, Any] = payload[f"{verb}Store"]
    return found
