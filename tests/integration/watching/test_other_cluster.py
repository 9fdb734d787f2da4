"""Nothing is asked of a cluster that is not the one that the stores live in."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.domain.errors import (
    ClusterUnreachableError,
    DatabaseUnavailableError,
    OtherClusterError,
)
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.kubernetes.configuration import KubeconfigSource
from provisioner.kubernetes.connection import Connection
from provisioner.kubernetes.watched_kinds import PODS
from tests.integration.watching.following import SETTINGS
from tests.integration.watching.scripted_api import WHICH, ScriptedApi

TOKEN = "t"


class Memory:
    """Remembers the first cluster. ``fails`` makes the database unavailable."""

    def __init__(self) -> None:
        self.uid: str | None = None
        self.fails = False

    async def recognise(self, uid: str) -> None:
        if self.fails:
            raise DatabaseUnavailableError
        if self.uid not in (None, uid):
            raise OtherClusterError(known=str(self.uid), found=uid)
        self.uid = uid


class Both:
    """Two clusters, a kubeconfig with a context for each, and a client of it."""

    def __init__(self, folder: Path, right: ScriptedApi, wrong: ScriptedApi) -> None:
        self.file = folder / "kubeconfig"
        self.shared = folder / "state" / "kubeconfig"
        self.right, self.wrong = right, wrong
        self.memory = Memory()
        wrong.uid = "that"

    def becomes(
        self, current: str, *, token: str = TOKEN, right: ScriptedApi | None = None
    ) -> None:
        servers = {"right": right or self.right, "wrong": self.wrong}
        content = {
            "current-context": current,
            "clusters": [
                {"name": name, "cluster": {"server": f"http://127.0.0.1:{server.port}"}}
                for name, server in servers.items()
            ],
            "users": [{"name": "me", "user": {"token": token}}],
            "contexts": [
                {"name": name, "context": {"cluster": name, "user": "me"}} for name in servers
            ],
        }
        self.file.write_text(json.dumps(content))  # JSON is YAML

    @asynccontextmanager
    async def client(self, context: str | None = None) -> AsyncIterator[KubeCluster]:
        api = await KubeApi.connect(
            self.file,
            context,
            settings=SETTINGS,
            shared=self.shared,
            recognise=self.memory.recognise,
        )
        try:
            yield KubeCluster(api)
        finally:
            await api.close()

    @property
    def of_helm(self) -> tuple[str, str]:
        """The server and the token in the kubeconfig that helm is given."""
        document: Any = yaml.safe_load(self.shared.read_text())
        (cluster,), (user,) = document["clusters"], document["users"]
        return cluster["cluster"]["server"], user["user"]["token"]

    def address(self, server: ScriptedApi) -> str:
        return f"http://127.0.0.1:{server.port}"


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Both]:
    async with ScriptedApi() as right, ScriptedApi() as wrong:
        yield Both(tmp_path, right, wrong)


async def test_a_switched_context_is_not_followed(both: Both) -> None:
    both.becomes("right")
    async with both.client() as cluster:
        await cluster.list_chunk(PODS, "")
        # When somebody switches to another context, and the token has to be read anew
        both.becomes("wrong", token="new")
        both.right.accepted_tokens = {"new"}
        await cluster.list_chunk(PODS, "")
        # Then the API and helm stay where they were, with the new token
        assert both.of_helm == (both.address(both.right), "new")
        assert both.wrong.requests == []


async def test_at_the_start_another_cluster_is_asked_who_it_is_and_nothing_else(
    both: Both,
) -> None:
    both.memory.uid = both.right.uid
    both.becomes("wrong")
    async with both.client() as cluster:
        with pytest.raises(OtherClusterError):
            await cluster.list_chunk(PODS, "")
        with pytest.raises(OtherClusterError):
            await cluster.namespace_exists("store-1")
        with pytest.raises(OtherClusterError):
            await cluster.delete_namespace("store-1")
        assert set(both.wrong.requests) == {"which"}
        assert not both.shared.exists()
        # When the kubeconfig is mended, no restart is needed
        both.becomes("right")
        await cluster.list_chunk(PODS, "")
        assert both.right.requests == ["which", "list"]
        assert both.of_helm == (both.address(both.right), TOKEN)


async def test_credentials_that_lead_elsewhere_are_not_used(both: Both) -> None:
    both.becomes("right")
    async with both.client() as cluster:
        await cluster.list_chunk(PODS, "")
        # When the very context comes to mean another cluster, and is read anew
        both.becomes("right", right=both.wrong)
        both.right.accepted_tokens = set()
        with pytest.raises(OtherClusterError):
            await cluster.namespace_exists("store-1")
        assert set(both.wrong.requests) == {"which"}
        assert both.of_helm == (both.address(both.right), TOKEN)
        both.right.accepted_tokens = None
        both.becomes("right")
        await cluster.list_chunk(PODS, "")
        assert set(both.wrong.requests) == {"which"}


class AlwaysRead(KubeconfigSource):
    """Is read anew before each request, as a pod's service account is after a minute."""

    reread_seconds = 0.0


async def test_what_is_read_anew_without_a_refusal_is_recognised_first(both: Both) -> None:
    both.becomes("right")
    source = AlwaysRead(both.file, "right", both.shared)
    connection = Connection(source, name="kubeconfig", reading_seconds=5.0, answer_seconds=30.0)
    api = KubeApi(connection, is_pod=False, recognise=both.memory.recognise, settings=SETTINGS)
    cluster = KubeCluster(api)
    try:
        await cluster.list_chunk(PODS, "")
        both.becomes("right", right=both.wrong)
        with pytest.raises(OtherClusterError):
            await cluster.namespace_exists("store-1")
    finally:
        await cluster.close()
    assert set(both.wrong.requests) == {"which"}
    assert both.of_helm == (both.address(both.right), TOKEN)


async def test_another_cluster_at_the_same_address(both: Both) -> None:
    both.becomes("right")
    async with both.client() as cluster:
        await cluster.list_chunk(PODS, "")
        both.right.uid = "rebuilt"
        before = len(both.right.requests)
        # Then its list, which would have every store lost, is not even asked for
        with pytest.raises(OtherClusterError):
            await cluster.list_chunk(PODS, "")
        assert both.right.requests[before:] == ["which"]


async def test_what_is_not_found_is_no_news_from_another_cluster(both: Both) -> None:
    both.becomes("right")
    both.right.missing_paths.add("/api/v1/namespaces/store-1")
    async with both.client() as cluster:
        assert not await cluster.namespace_exists("store-1")
        both.right.uid = "rebuilt"
        with pytest.raises(OtherClusterError):
            await cluster.namespace_exists("store-1")


async def test_a_cluster_that_does_not_tell(both: Both) -> None:
    both.becomes("right")
    both.right.refused_paths.add(WHICH)
    async with both.client() as cluster:
        with pytest.raises(ClusterUnreachableError) as refused:
            await cluster.list_chunk(PODS, "")
    assert str(refused.value) == (
        f"The cluster does not tell which one it is. The cluster refused GET {WHICH} (403):"
        " kube-system is forbidden. Ask the cluster's operator what forbids this, then try again."
    )
    assert both.right.requests == ["which"]


async def test_while_the_database_is_away_nothing_is_sent(both: Both) -> None:
    both.becomes("right")
    both.memory.fails = True
    async with both.client() as cluster:
        with pytest.raises(ClusterUnreachableError):
            await cluster.list_chunk(PODS, "")
        assert set(both.right.requests) == {"which"}
        both.memory.fails = False
        await cluster.list_chunk(PODS, "")
