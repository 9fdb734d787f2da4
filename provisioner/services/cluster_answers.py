"""Asks the cluster while a caller waits for the answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from provisioner.domain.errors import (
    ClusterRejectedError,
    ClusterUnreachableError,
    Refusal,
    RefusedError,
)

_PATIENCE_SECONDS = 5.0
"""How long the cluster is waited for. It may hang: then the owner hears that it does, and not only
that the operation took too long."""


@asynccontextmanager
async def answering(otherwise: Refusal) -> AsyncIterator[None]:
    """Ask the cluster while the context is open. Raises RefusedError if it does not answer well."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            yield
    except (TimeoutError, ClusterUnreachableError, ClusterRejectedError) as error:
        raise RefusedError(otherwise) from error
