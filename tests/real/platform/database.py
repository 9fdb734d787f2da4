"""A PostgreSQL beside the cluster, which pods reach by TLS."""

from collections.abc import Iterator
from contextlib import contextmanager

import trustme

from app.local.cluster.nodes.addresses import NODE_ADDRESS
from tests.postgres import PostgresServer


@contextmanager
def postgres_for_pods(authority: trustme.CA) -> Iterator[tuple[PostgresServer, str]]:
    """Run a server whose certificate is the authority's; yield it, and an empty database's name."""
    certificate = authority.issue_cert(NODE_ADDRESS).private_key_and_cert_chain_pem.bytes()
    with (
        PostgresServer(address=NODE_ADDRESS, certificate=certificate) as server,
        server.database() as database,
    ):
        yield server, database


def url_for_pods(server: PostgresServer, database: str, options: str) -> str:
    """Return the database's URL as pods need it; ``options`` are libpq's."""
    return f"{server.url(database).replace('@127.0.0.1:', f'@{NODE_ADDRESS}:')}?{options}"
