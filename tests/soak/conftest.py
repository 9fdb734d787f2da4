"""Replicas for the soak."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import NewService, new_service
from tests.e2e.service import Service
from tests.postgres import PostgresServer

__all__ = ["new_service"]


@pytest.fixture
def replicas(
    new_service: NewService,
    postgres: PostgresServer,
) -> Iterator[list[Service]]:
    """Two services that share a database, not started yet."""
    with postgres.database() as name:
        settings = {
            "STORE_PLATFORM_DATABASE_URL": postgres.url(name),
            "STORE_PLATFORM_MAX_STORES_PER_USER": "0",
        }
        services = [new_service(**settings) for _ in range(2)]
        for service in services:
            service.is_forked = False  # its memory is measured
        yield services
        for service in services:
            service.stop()
