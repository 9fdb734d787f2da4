"""The API while no cluster answers: it says so, and keeps what it is told."""

import json
from collections.abc import Callable

from tests.api.conftest import Records
from tests.e2e.service import Service


def test_alive_but_not_ready(api: Service) -> None:
    assert api.status("/livez")[0] == 200
    status, body = api.status("/readyz")
    assert status == 503
    said = json.loads(body)
    assert said["status"] == "not ready"
    cluster = said["parts"].pop("cluster")
    assert "The cluster did not answer" in cluster or "first look" in cluster
    assert said["parts"] == {"database": "ok", "helm": "ok", "engines": "ok"}


def test_a_delete_is_kept_and_asked_for_once(api: Service, records: Callable[[], Records]) -> None:
    token = api.token("merchant")
    store_id = api.create(token, "my-shop")["store"]["id"]
    assert api.delete(token, store_id)["errors"] == []
    before = records()
    target = api.execute(token, "query ($id: ID!) { store(id: $id) { target } }", id=store_id)
    assert target == {"store": {"target": "DELETED"}}
    assert api.delete(token, store_id)["errors"] == []
    assert records() == before
