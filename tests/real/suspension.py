"""A shop is paused and opened again: its visitors are told so, and nothing of it is lost."""

from typing import Any

from tests.e2e.test_recovery import Follower
from tests.real.life import await_that, is_ready, login_of
from tests.real.visitors import visit

_ASK = """mutation ($id: ID!) { %sStore(input: {id: $id}) {
  operation { kind } errors { code message } } }"""
_STORE = "query ($id: ID!) { store(id: $id) { status suspendedAt pods { name } } }"


async def paused_and_back(store: Follower, host: str, components: set[str]) -> None:
    """Pause the shop, see what is left of it and what visitors get, and open it again."""
    cluster, login = store.service.cluster, login_of(store)
    claims = _names(store, "persistentvolumeclaims")

    _ask(store, "suspend")
    await store.until("SUSPENDED")

    found = store.service.execute(store.token, _STORE, id=store.store_id)["store"]
    assert found["suspendedAt"] is not None
    left = store.kubectl("get", "pods", "--output=jsonpath={.items[*].status.phase}").split()
    assert set(left) <= {"Succeeded"}  # of the set-up, which is over
    assert _names(store, "cronjobs", "ingresses") == []
    assert _names(store, "persistentvolumeclaims") == claims
    title = f"{host.partition('.')[0]} is closed for now"
    await_that(lambda: title in visit(cluster, host).page, lambda: visit(cluster, host))
    answer = visit(cluster, host)
    assert (answer.status, answer.retry_after) == (503, "3600")

    _ask(store, "resume")
    await store.until("PROVISIONING")
    await is_ready(store, components)

    assert login_of(store) == login
    assert visit(cluster, host).status == 200


def _ask(store: Follower, verb: str) -> None:
    asked: dict[str, Any] = store.service.execute(store.token, _ASK % verb, id=store.store_id)
    payload = asked[f"{verb}Store"]
    assert (payload["errors"], payload["operation"]["kind"]) == ([], verb.upper())


def _names(store: Follower, *kinds: str) -> list[str]:
    return store.kubectl("get", ",".join(kinds), "--output=name").split()
