"""A kubeconfig that comes to mean another cluster loses no store, and deletes none by a mistake."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.local.cluster import LocalCluster
from tests.e2e.conftest import NewService
from tests.e2e.namespaces import store_namespaces
from tests.e2e.service import Service
from tests.e2e.test_delete import a_store

_WHICH = "/api/v1/namespaces/kube-system"
_PATIENCE_SECONDS = 60.0


class AnotherCluster(ThreadingHTTPServer):
    """A cluster with a kube-system of its own, and no store. It notes what it is asked."""

    asked: set[str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    server: AnotherCluster

    def do_GET(self) -> None:
        self.server.asked.add(f"{self.command} {self.path}")
        is_known = self.path == _WHICH
        body = {"metadata": {"name": "kube-system", "uid": "another"}} if is_known else {}
        content = json.dumps(body).encode()
        self.send_response(200 if is_known else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names of the library

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def another_cluster() -> Iterator[AnotherCluster]:
    server = AnotherCluster(("127.0.0.1", 0), _Answer)
    server.asked = set()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class TwoContexts:
    """A kubeconfig of the local cluster with a second context, that of another."""

    def __init__(self, file: Path, cluster: LocalCluster, another: AnotherCluster) -> None:
        self.file = file
        self._content: Any = yaml.safe_load(cluster.kubeconfig.read_text())
        self._right = self._content["current-context"]
        user = self._content["contexts"][0]["context"]["user"]
        self._content["clusters"].append(
            {"name": "another", "cluster": {"server": another.address}}
        )
        self._content["contexts"].append(
            {"name": "another", "context": {"cluster": "another", "user": user}}
        )
        self.switch(back=True)

    def switch(self, *, back: bool = False) -> None:
        self._content["current-context"] = self._right if back else "another"
        self.file.write_text(yaml.safe_dump(self._content))


@pytest.fixture
def another() -> Iterator[AnotherCluster]:
    with another_cluster() as made:
        yield made


def cluster_problem(service: Service) -> str:
    part: str = json.loads(service.status("/readyz")[1])["parts"]["cluster"]
    return part


def until_told(service: Service, text: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while text not in cluster_problem(service):
        assert time.monotonic() < deadline, cluster_problem(service)
        time.sleep(0.1)


async def test_the_context_is_switched_under_a_running_service_and_before_a_start(
    new_service: NewService, local_cluster: LocalCluster, another: AnotherCluster, tmp_path: Path
) -> None:
    # Given a ready store, and a kubeconfig whose current context is then switched
    kubeconfig = TwoContexts(tmp_path / "kubeconfig", local_cluster, another)
    service = new_service(STORE_PLATFORM_KUBECONFIG=str(kubeconfig.file))
    service.start()
    first = a_store(service, "first")
    await first.until("READY")
    kubeconfig.switch()

    # Then the API and helm both stay with the cluster in which they began
    second = a_store(service, "second")
    await second.until("READY")
    assert another.asked == set()
    assert {first.namespace, second.namespace} <= set(store_namespaces(local_cluster))

    # When the service is started anew, on the other cluster
    service.stop()
    service.start(wait_until_ready=False)
    until_told(service, "This is not the cluster that the stores live in")
    assert service.delete(first.token, first.store_id)["errors"] == []

    # Then it only asks which cluster that is: no store is lost, deleted or begun
    waiting = a_store(service, "waiting")
    assert (await waiting.until("QUEUED"))["status"] == "QUEUED"
    statuses = service.sql("SELECT name, status FROM stores ORDER BY created_at")
    assert statuses == [("first", "READY"), ("second", "READY"), ("waiting", "QUEUED")]
    assert another.asked == {f"GET {_WHICH}"}
    assert {first.namespace, second.namespace} <= set(store_namespaces(local_cluster))

    # When it is switched back, all goes on without another start
    kubeconfig.switch(back=True)
    await waiting.until("READY")
    await first.until("DELETED")
    assert first.namespace not in store_namespaces(local_cluster)
    for store in (second, waiting):
        service.delete(store.token, store.store_id)
        await store.until("DELETED")
    assert another.asked == {f"GET {_WHICH}"}
