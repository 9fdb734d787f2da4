"""What an operator has before the platform is installed for production, as far as one machine can.

PostgreSQL outside the cluster, which takes TLS alone; a certificate for the platform and for all
shops, of an authority of the operator's own; and the Secrets that values-prod.yaml names.
"""

import asyncio
import base64
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

from app.local.cluster import LocalCluster
from app.local.cluster.nodes.addresses import NODE_ADDRESS
from tests.postgres import PostgresServer
from tests.real.platform.ingress import Certificate
from tests.real.platform.release import NAMESPACE

HOST = "platform.example.test"
SHOPS = "shops.example.test"
_AUTHORITIES = "authorities"


@dataclass(frozen=True, slots=True)
class Ground:
    """What is there; ``values`` are the operator's, to be put over values-prod.yaml."""

    server: PostgresServer
    database: str
    authority: Path
    certificate: Certificate

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))

    @property
    def values(self) -> dict[str, Any]:
        volume = {"storage": {"className": "standard"}}
        medusa = {
            "postgres": volume,
            "medusa": {"image": {"repository": "store-platform/medusa"}, **volume},
            "storefront": {"image": {"repository": "store-platform/medusa-storefront"}},
        }
        return {
            "api": {
                "image": {"repository": "store-platform/api"},
                # Room for a third while they are replaced, beside three shops, on two cores.
                "resources": {"requests": {"cpu": "100m"}},
            },
            "dashboard": {"image": {"repository": "store-platform/dashboard"}},
            "access": {"host": HOST},
            "stores": {
                "url": f"https://{{name}}.{SHOPS}",
                "ingressUrl": "https://traefik.kube-system",  # no DNS here knows the shops
                "values": {"medusa": medusa},
            },
            "database": {"port": self.server.port},
            "trustedAuthorities": {"configMap": _AUTHORITIES},
            "mail": {"host": "", "existingSecret": ""},
            "monitoring": {"serviceMonitor": {"enabled": False}},  # its kind is not here
        }

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
        """Return the name of the pod that works on stores."""
        ((holder,),) = self.fetch("SELECT holder FROM lease")
        return str(holder)


@contextmanager
def ready_for_production(cluster: LocalCluster, folder: Path) -> Iterator[Ground]:
    """Have everything that is there before the install; afterwards the namespace is gone."""
    authority = trustme.CA()
    file = folder / "ca.crt"
    authority.cert_pem.write_to_path(file)
    shown = authority.issue_cert(HOST, f"*.{SHOPS}", "traefik.kube-system", NODE_ADDRESS)
    certificate = Certificate(folder / "tls.crt", folder / "tls.key")
    for blob in shown.cert_chain_pems:
        blob.write_to_path(certificate.chain, append=True)
    shown.private_key_pem.write_to_path(certificate.key)
    of_database = authority.issue_cert(NODE_ADDRESS).private_key_and_cert_chain_pem.bytes()
    with (
        PostgresServer(address=NODE_ADDRESS, certificate=of_database) as server,
        server.database() as database,
    ):
        ground = Ground(server, database, file, certificate)
        objects = json.dumps(_objects(ground))
        cluster.kubectl("create", "namespace", NAMESPACE)
        try:
            cluster.kubectl("apply", f"--namespace={NAMESPACE}", "--filename", "-", stdin=objects)
            yield ground
        finally:
            cluster.kubectl("delete", "namespace", NAMESPACE, "--timeout=180s")


def _objects(ground: Ground) -> dict[str, object]:
    place = f"{NODE_ADDRESS}:{ground.server.port}"
    options = "sslmode=verify-full&sslrootcert=/etc/store-platform/authorities/ca.crt"
    url = ground.server.url(ground.database).replace(f"127.0.0.1:{ground.server.port}", place)
    secrets = {
        "store-platform-database": {"url": f"{url}?{options}"},
        "store-platform-metrics": {"token": "a-token-of-sixteen-or-more"},
    }
    items: list[dict[str, object]] = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name},
            "data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()},
        }
        for name, data in secrets.items()
    ]
    authorities = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _AUTHORITIES},
        "data": {"ca.crt": ground.authority.read_text()},
    }
    return {"apiVersion": "v1", "kind": "List", "items": [*items, authorities]}
