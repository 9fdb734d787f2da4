"""A namespace for each test."""

import uuid
from collections.abc import Iterator

import pytest

from app.local.cluster import LocalCluster


@pytest.fixture
def namespace(local_cluster: LocalCluster) -> Iterator[str]:
    """A new namespace in which pods can be made; its deletion is not waited for."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    local_cluster.kubectl("create", "namespace", name)
    local_cluster.kubectl("-n", name, "wait", "--for=create", "serviceaccount/default")
    yield name
    local_cluster.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")
