"""Behind a real proxy, with the chart's settings: who somebody is, is the proxy's word alone.

Each client has an address of its own, of the loopback network, which is the proxy's network too.
"""

import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.local.cluster.ports import free_port
from app.local.cluster.tools import ensure_helm
from tests.api.conftest import running_service
from tests.charts.rendering import PLATFORM, Helm
from tests.e2e.service import CREATE, Service
from tests.images.nginx import running_nginx

ADA, BEN, MALLORY = "127.0.0.2", "127.0.0.3", "127.0.0.4"
FORGED = [
    {"X-Forwarded-For": ADA},
    {"X-Forwarded-For": "127.0.0.9, 198.51.100.1"},
    {"X-Real-IP": ADA, "Forwarded": f"for={ADA}"},
]
ADDRESSES = """{ auditLog(first: 100) { edges { node { actor clientAddress outcome code } } } }"""
# What an ingress controller does: it appends the peer that it sees.
INGRESS = """
pid {folder}/nginx.pid;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/client;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{upstream};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto {scheme};
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Ingress:
    """The service, and the port of a proxy in front of it."""

    service: Service
    port: int
    plain_port: int

    def create(self, token: str, name: str, *, by: str, **headers: str) -> list[str]:
        """Ask for a store from an address; return the codes of the refusal."""
        transport = httpx.HTTPTransport(local_address=by)
        given = {"input": {"name": name, "engine": "woocommerce"}}
        with httpx.Client(transport=transport, timeout=60) as client:
            answer = client.post(
                f"http://127.0.0.1:{self.port}/graphql",
                json={"query": CREATE, "variables": given},
                headers={"Authorization": f"Bearer {token}", **headers},
            )
        body = answer.json()
        if "errors" in body:
            return [error["extensions"]["code"] for error in body["errors"]]
        return [error["code"] for error in body["data"]["createStore"]["errors"]]

    def audited(self, actor: str) -> list[dict[str, Any]]:
        """Return what the audit has of somebody, the latest first, by the service's own port."""
        edges = self.service.execute(self.service.token("auditor", role="admin"), ADDRESSES)
        nodes = [edge["node"] for edge in edges["auditLog"]["edges"]]
        return [node for node in nodes if node["actor"] == actor]


def settings_of_the_chart(folder: Path, access: dict[str, Any]) -> dict[str, str]:
    """Return what the chart's ConfigMap has about proxies and TLS, for this way of access."""
    objects = Helm(ensure_helm(), folder, PLATFORM).objects({"access": access})
    (data,) = [o["data"] for o in objects.of("ConfigMap") if "STORE_PLATFORM_HOST" in o["data"]]
    wanted = ("HOST", "TRUSTED_PROXIES", "PROXY_HOPS", "REDIRECT_TO_TLS", "HSTS_SECONDS")
    names = [f"STORE_PLATFORM_{name}" for name in wanted]
    return {name: data[name] for name in names if name in data}


@pytest.fixture(scope="module")
def ingress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingress]:
    folder = tmp_path_factory.mktemp("proxy")
    access = {"proxies": {"networks": ["127.0.0.0/8"]}, "tls": {"enabled": True}}
    settings = settings_of_the_chart(folder, access)
    # By the month: when an hour ends, there is room for one more at once.
    settings["STORE_PLATFORM_MUTATION_RATE_PER_ADDRESS"] = "3/month"
    with ExitStack() as stack:
        service = stack.enter_context(running_service(folder, **settings))
        ports = {"https": free_port(), "http": free_port()}
        for scheme, port in ports.items():
            (folder / scheme).mkdir()
            file = folder / scheme / "nginx.conf"
            told = {"folder": file.parent, "port": port, "upstream": service.port, "scheme": scheme}
            file.write_text(INGRESS.format_map(told))
            stack.enter_context(running_nginx(file, lambda port=port: answers(port)))  # type: ignore[misc]
        yield Ingress(service, ports["https"], ports["http"])


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/livez", timeout=5).status_code in {200, 308}
    except httpx.HTTPError:
        return False


def test_the_audit_has_the_clients_address(ingress: Ingress) -> None:
    token = ingress.service.token("ada")
    assert ingress.create(token, "NO", by=ADA) == ["NAME_INVALID"]
    assert [entry["clientAddress"] for entry in ingress.audited("ada")] == [ADA]


def test_a_forged_header_changes_nothing(ingress: Ingress) -> None:
    token = ingress.service.token("mallory")
    for forged in FORGED:
        assert ingress.create(token, "NO", by=MALLORY, **forged) == ["NAME_INVALID"]
    assert [entry["clientAddress"] for entry in ingress.audited("mallory")] == [MALLORY] * len(
        FORGED
    )

    # Nor does it help one who has asked too much, or harm one who has not
    assert ingress.create(token, "NO", by=MALLORY, **FORGED[0]) == ["RATE_LIMITED"]
    assert ingress.create(ingress.service.token("ben"), "NO", by=BEN) == ["NAME_INVALID"]
    assert [entry["clientAddress"] for entry in ingress.audited("ben")] == [BEN]


def test_who_comes_without_tls_is_redirected_and_nothing_is_done(ingress: Ingress) -> None:
    answer = httpx.post(
        f"http://127.0.0.1:{ingress.plain_port}/graphql?a=1",
        json={"query": "{ viewer { name } }"},
        headers={"Host": "platform.test"},
    )
    assert answer.status_code == 308
    assert answer.headers["Location"] == "https://platform.test/graphql?a=1"
    good = httpx.get(f"http://127.0.0.1:{ingress.port}/config.json")
    assert good.status_code == 200
    strict = good.headers["Strict-Transport-Security"]
    assert strict == "max-age=31536000; includeSubDomains"


def test_ipv6_and_ipv4_alike(ingress: Ingress) -> None:
    for host in ("127.0.0.1", "[::1]"):
        with urllib.request.urlopen(f"http://{host}:{ingress.service.port}/livez") as answer:
            assert answer.status == 200
