"""What an operator has before docs/k3s.md comes to the platform, as far as one machine can have it.

PostgreSQL outside the cluster, which takes TLS alone, and a certificate for the platform and for
all shops; both are of an authority of the operator's own.
"""

import asyncio
import json
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import trustme
import yaml

from app.local.cluster import LocalCluster
from app.local.cluster.nodes.addresses import NODE_ADDRESS
from tests.postgres import PostgresServer
from tests.real.platform.database import postgres_for_pods, url_for_pods
from tests.real.platform.guide import Terminal, typed_blocks
from tests.real.platform.ingress import Certificate
from tests.real.platform.release import NAMESPACE, of_the_node

DOMAIN = "example.test"
HOST = f"platform.{DOMAIN}"
SHOPS = f"shops.{DOMAIN}"
REGISTRY = "registry.example.test"
FIRST_SHOP = "my-shop"
"""The one that the guide makes."""
_AUTHORITIES = "authorities"


@dataclass(frozen=True, slots=True)
class Ground:
    """What is there, and the terminal in which the guide is typed."""

    server: PostgresServer
    database: str
    authority: Path
    certificate: Certificate
    terminal: Terminal

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))

    def install(self) -> None:
        """Do the guide's steps up to the installation, with what differs here."""
        steps = typed_blocks()
        self.terminal.type(*(steps[name] for name in ("Names", "Secrets", "Values")))
        cluster = self.terminal.cluster
        of_authority = {"ca.crt": self.authority.read_text()}
        metadata = {"name": _AUTHORITIES, "namespace": NAMESPACE}
        authorities = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata}
        cluster.kubectl(
            "apply", "--filename=-", stdin=json.dumps(authorities | {"data": of_authority})
        )
        values = self.terminal.folder / "values.yaml"
        written = yaml.safe_load(values.read_text())
        values.write_text(yaml.safe_dump(merged(written, self._differences())))
        self.terminal.type(steps["Install"])

    def sign_in(self) -> None:
        """Do the guide's step that makes the first token."""
        steps = typed_blocks()
        self.terminal.type(steps["Names"], steps["Sign in"])

    def make_the_first_shop(self) -> str:
        """Do the guide's last step, and return what it prints."""
        steps = typed_blocks()
        return self.terminal.type(steps["Names"], steps["The first shop, and its first order"])

    def fetch(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement in the platform's database, beside the platform."""

        async def rows() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(self.server.url(self.database))
            try:
                return [tuple(row) for row in await connection.fetch(statement)]
            finally:
                await connection.close()

        with ThreadPoolExecutor(1) as thread:  # a test has an event loop of its own
            return thread.submit(asyncio.run, rows()).result()

    def leader(self) -> str:
        """Return who works on stores: the name of a pod, and more."""
        ((holder,),) = self.fetch("SELECT holder FROM lease")
        return str(holder)

    def _differences(self) -> dict[str, Any]:
        here = {
            # Room for a third while they are replaced, beside three shops, on two cores.
            "api": {"resources": {"requests": {"cpu": "100m"}}},
            "trustedAuthorities": {"configMap": _AUTHORITIES},
            "stores": {"ingressUrl": "https://traefik.ingress"},  # no DNS knows the shops
            "mail": {"port": 1025, "security": "none", "existingSecret": ""},  # MailDev asks nobody
        }
        return merged(of_the_node(self.terminal.cluster), here)


@contextmanager
def ready_for_production(cluster: LocalCluster, folder: Path) -> Iterator[Ground]:
    """Have everything that is there before the install; afterwards the namespace is gone."""
    authority = trustme.CA()
    file = folder / "ca.crt"
    authority.cert_pem.write_to_path(file)
    shown = authority.issue_cert(HOST, f"*.{SHOPS}", "traefik.ingress", NODE_ADDRESS)
    certificate = Certificate(folder / "tls.crt", folder / "tls.key")
    for blob in shown.cert_chain_pems:
        blob.write_to_path(certificate.chain, append=True)
    shown.private_key_pem.write_to_path(certificate.key)
    with postgres_for_pods(authority) as (server, database):
        terminal = _terminal(cluster, folder / "typed", authorities=file, port=server.port)
        options = "sslmode=verify-full&sslrootcert=/etc/store-platform/authorities/ca.crt"
        url = url_for_pods(server, database, options)
        given = {"database-url": url, "mail-username": "shops", "mail-password": "a"}
        for name, content in given.items():
            (terminal.folder / name).write_text(content)
        try:
            yield Ground(server, database, file, certificate, terminal)
        finally:
            cluster.kubectl(
                "delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=180s"
            )


def _terminal(cluster: LocalCluster, folder: Path, *, authorities: Path, port: int) -> Terminal:
    names = {
        "DOMAIN": DOMAIN,
        "REGISTRY": REGISTRY,
        "DATABASE_HOST": NODE_ADDRESS,
        "DATABASE_PORT": str(port),
        "MAIL_HOST": "maildev.mail.svc.cluster.local",
        "STORAGE_CLASS": "standard",
        "USER": "operator",
        "SSL_CERT_FILE": str(authorities),
    }
    return Terminal(folder, cluster, names, f"{NODE_ADDRESS} {HOST}")


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return values over others, as helm lays one file over another."""
    result = dict(below)
    for key, value in above.items():
        under = below.get(key)
        if isinstance(under, dict) and isinstance(value, dict):
            result[key] = merged(under, value)
        else:
            result[key] = value
    return result
