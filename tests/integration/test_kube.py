"""The cluster adapter where the API server is away, refuses, or holds what it does not expect."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from app.local.cluster import LocalCluster
from provisioner.domain.errors import ClusterRejectedError, ClusterUnreachableError
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.kubernetes.watched_kinds import PODS
from tests.integration.watching.following import write_kubeconfig

Call = Callable[[KubeCluster], Awaitable[object]]
CALLS: dict[str, Call] = {
    "ensure_namespace": lambda cluster: cluster.ensure_namespace("ns", {"a": "b"}),
    "ensure_secret": lambda cluster: cluster.ensure_secret("ns", "s", {}, dict),
    "read_secret": lambda cluster: cluster.read_secret("ns", "s"),
    "delete_namespace": lambda cluster: cluster.delete_namespace("ns"),
    "delete_pod": lambda cluster: cluster.delete_pod("ns", "pod", "uid"),
    "delete_job": lambda cluster: cluster.delete_job("ns", "job", "uid"),
    "namespace_exists": lambda cluster: cluster.namespace_exists("ns"),
    "list_chunk": lambda cluster: cluster.list_chunk(PODS, ""),
}


@pytest.fixture
async def nowhere(tmp_path: Path) -> AsyncIterator[KubeCluster]:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"https://127.0.0.1:{closed.getsockname()[1]}"
        cluster = await KubeCluster.connect(write_kubeconfig(tmp_path, address, {}), None)
        yield cluster
        await cluster.close()


@pytest.fixture
async def stranger(local_cluster: LocalCluster, tmp_path: Path) -> AsyncIterator[KubeCluster]:
    """The local cluster, as somebody who may do nothing there: a pod's service account."""
    token = local_cluster.kubectl("create", "token", "default")
    cluster = await KubeCluster.connect(kubeconfig(local_cluster, tmp_path, token=token), None)
    yield cluster
    await cluster.close()


def kubeconfig(local_cluster: LocalCluster, folder: Path, **user: str) -> Path:
    """Write the local cluster's kubeconfig with another user."""
    view = local_cluster.kubectl("config", "view", "--raw", "--flatten", "-o", "json")
    content = json.loads(view)
    content["users"][0]["user"] = user
    file = folder / "kubeconfig"
    file.write_text(json.dumps(content))
    return file


@pytest.fixture
async def cluster(local_cluster: LocalCluster) -> AsyncIterator[KubeCluster]:
    made = await KubeCluster.connect(local_cluster.kubeconfig, None)
    yield made
    await made.close()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_no_cluster_is_worth_another_try(nowhere: KubeCluster, call: Call) -> None:
    with pytest.raises(ClusterUnreachableError, match="The cluster did not answer: "):
        await call(nowhere)


async def test_no_cluster_no_log(nowhere: KubeCluster) -> None:
    assert await nowhere.log_tail("ns", "pod", "web", lines=5, previous=False) == ""


@pytest.mark.cluster
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_what_the_platform_may_not_do_is_refused(stranger: KubeCluster, call: Call) -> None:
    with pytest.raises(ClusterRejectedError) as refused:
        await call(stranger)
    assert refused.value.reason.code == "CLUSTER_REFUSED"
    assert "system:serviceaccount:default:default" in refused.value.reason.message
    assert "(403)" in refused.value.reason.message


@pytest.mark.cluster
async def test_a_secret_that_holds_no_text(
    local_cluster: LocalCluster, cluster: KubeCluster, namespace: str
) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "binary", "namespace": namespace},
        "data": {"key": "/////w=="},
    }
    local_cluster.kubectl("create", "-f", "-", stdin=json.dumps(secret))
    with pytest.raises(ClusterRejectedError, match="secrets/binary are not text"):
        await cluster.ensure_secret(namespace, "binary", {}, lambda: {"key": "other"})


@pytest.mark.cluster
async def test_nothing_is_made_in_a_namespace_that_goes(
    local_cluster: LocalCluster, cluster: KubeCluster, namespace: str
) -> None:
    held = json.dumps({"metadata": {"finalizers": ["example.com/held"]}})
    local_cluster.kubectl("-n", namespace, "create", "configmap", "kept")
    local_cluster.kubectl("-n", namespace, "patch", "configmap", "kept", "-p", held)
    assert await cluster.delete_namespace(namespace) is True
    assert await cluster.delete_namespace(namespace) is True  # it is still there, and going
    assert await cluster.namespace_exists(namespace) is True
    with pytest.raises(ClusterRejectedError, match="because it is being terminated"):
        await cluster.ensure_secret(namespace, "late", {}, lambda: {"key": "value"})
    free = json.dumps({"metadata": {"finalizers": None}})
    local_cluster.kubectl("-n", namespace, "patch", "configmap", "kept", "-p", free)


@pytest.mark.cluster
async def test_a_token_that_was_revoked_is_replaced(
    local_cluster: LocalCluster, namespace: str, tmp_path: Path
) -> None:
    # Given a token that is good for as long as a Secret is there
    local_cluster.kubectl("-n", namespace, "create", "secret", "generic", "holds")
    bound = ("--bound-object-kind=Secret", "--bound-object-name=holds")
    token = tmp_path / "token"
    become(token, local_cluster.kubectl("-n", namespace, "create", "token", "default", *bound))
    user = kubeconfig(local_cluster, tmp_path, tokenFile=str(token))
    cluster = await KubeCluster.connect(user, None)
    with pytest.raises(ClusterRejectedError, match=f"system:serviceaccount:{namespace}:default"):
        await cluster.list_chunk(PODS, "")
    # When the Secret goes, then the API server does not know the caller any more
    local_cluster.kubectl("-n", namespace, "delete", "secret", "holds")
    with pytest.raises(ClusterUnreachableError, match=r"platform's credentials \(401\)"):
        await until_not_refused(cluster)
    # and with another token in the file it does again
    become(token, local_cluster.kubectl("-n", namespace, "create", "token", "default"))
    with pytest.raises(ClusterRejectedError, match=f"system:serviceaccount:{namespace}:default"):
        await cluster.list_chunk(PODS, "")
    await cluster.close()


def become(token: Path, text: str) -> None:
    token.write_text(text)


async def until_not_refused(cluster: KubeCluster) -> None:
    """Ask until the answer is another than "forbidden": good tokens are remembered for 10 s."""
    async with asyncio.timeout(60):
        while True:
            with suppress(ClusterRejectedError):
                await cluster.list_chunk(PODS, "")
            await asyncio.sleep(0.5)
