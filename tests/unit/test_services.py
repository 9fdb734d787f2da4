"""Where a Service is reached inside the cluster, from what the API server says of it."""

import json
from typing import cast

import pytest

from provisioner.domain.errors import ClusterRejectedError, NotFoundError
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.services import address_of


class Answers:
    """An API server that has one answer to everything; ``asked`` is what it was asked for."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []

    async def call(self, method: str, path: str) -> bytes:
        self.asked.append((method, path))
        return self.answer


async def address(answer: bytes, port: int = 80) -> str | None:
    api = Answers(answer)
    found = await address_of(cast("KubeApi", api), "store-1", "woo-1-wordpress", port)
    assert api.asked == [("GET", "/api/v1/namespaces/store-1/services/woo-1-wordpress")]
    return found


def service(**spec: object) -> bytes:
    return json.dumps({"kind": "Service", "metadata": {"name": "a"}, "spec": spec}).encode()


PORTS = [{"name": "metrics", "port": 9000}, {"name": "http", "port": 80, "targetPort": "http"}]


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({"clusterIP": "10.96.0.7", "ports": PORTS}, "10.96.0.7:80"),
        ({"clusterIP": "fd00:10:96::7", "ports": PORTS}, "[fd00:10:96::7]:80"),
        ({"clusterIP": "fd00::7", "clusterIPs": ["fd00::7", "10.96.0.7"], "ports": PORTS},
         "[fd00::7]:80"),
        ({"clusterIP": "None", "ports": PORTS}, None),
        ({"clusterIP": "None"}, None),
        ({"type": "ExternalName", "externalName": "shop.elsewhere.test"}, None),
        ({"clusterIP": ""}, None),
    ],
)  # fmt: skip
async def test_addresses(spec: dict[str, object], found: str | None) -> None:
    assert await address(service(**spec)) == found


async def test_another_port_than_it_has() -> None:
    with pytest.raises(NotFoundError, match=r"services 'woo-1-wordpress' has no port 8080"):
        await address(service(clusterIP="10.96.0.7", ports=PORTS), 8080)
    assert await address(service(clusterIP="10.96.0.7", ports=PORTS), 9000) == "10.96.0.7:9000"


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>", b"[]", b"{}", service(clusterIP="shop.elsewhere.test", ports=PORTS),
     service(clusterIP="10.96.0.7", ports=[{"name": "http"}])],
)  # fmt: skip
async def test_an_answer_that_is_no_service(answer: bytes) -> None:
    with pytest.raises(ClusterRejectedError):
        await address(answer)
