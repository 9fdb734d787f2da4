"""The API while no cluster answers: it says so, and keeps what it is told."""

import json
from collections.abc import Callable
from pathlib import Path

from app.local.cluster.processes import is_running
from tests.api.conftest import Records, running_service
from tests.e2e.service import Service
from tests.integration.watching.following import write_kubeconfig


def test_alive_but_not_ready(api: Service) -> None:
    assert api.status("/livez")[0] == 200
    status, body = api.await_words("/readyz", "The cluster did not answer")
    assert status == 503
    said = json.loads(body)
    assert said["status"] == "not ready"
    assert said["parts"].pop("cluster").startswith("The cluster did not answer")
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


def test_a_credential_plugin_that_hangs_at_the_start(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.sh"
    plugin.write_text(f"#!/bin/sh\nsleep 600 &\necho $$ $! >> {tmp_path}/pids\nwait\n")
    plugin.chmod(0o700)
    kubeconfig = write_kubeconfig(tmp_path, "https://127.0.0.1:1", {"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin),
    }})  # fmt: skip
    with running_service(tmp_path, STORE_PLATFORM_KUBECONFIG=str(kubeconfig)) as service:
        # The API answers, says what is wrong, and keeps what it is told
        awaited = f"its credential plug-in {plugin} does not answer."
        assert service.await_words("/readyz", awaited)[0] == 503
        assert service.create(service.token("merchant"), "my-shop")["errors"] == []
        begun = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
        service.stop()
    # The plug-in has ended with the service, and what it had started too
    assert begun
    assert [pid for pid in begun if is_running(pid)] == []
