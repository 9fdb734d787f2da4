"""What truly holds a namespace's deletion, from a real API server, and that its remedy helps."""

import json
import time
from typing import Any

import pytest

from app.local.cluster import LocalCluster
from app.local.cluster.local_cluster import ClusterError
from provisioner.domain.cluster import Observation
from provisioner.kubernetes.watched_kinds import NAMESPACES, PODS
from provisioner.reconcile.holders import holders, remedy

pytestmark = pytest.mark.cluster
_SECONDS = 90


def held(cluster: LocalCluster, namespace: str, kind: str) -> Observation:
    """Delete the namespace; return what is seen of it once a condition of this kind is met."""
    cluster.kubectl("delete", "namespace", namespace, "--wait=false")
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        seen = observed(cluster, namespace)
        if seen.namespace and kind in {blocker.kind for blocker in seen.namespace.blockers}:
            return seen
        time.sleep(0.2)
    raise AssertionError(f"No {kind}: {seen}")


def observed(cluster: LocalCluster, namespace: str) -> Observation:
    content = cluster.kubectl("get", "namespace", namespace, "-o", "json").encode()
    found = cluster.kubectl_json("-n", namespace, "get", "pods")["items"]
    return Observation(
        namespace=NAMESPACES.decode(content).record,
        pods=tuple(PODS.decode(json.dumps(item).encode()).record for item in found),
    )


def gone(cluster: LocalCluster, namespace: str) -> None:
    cluster.kubectl("wait", "--for=delete", f"namespace/{namespace}", f"--timeout={_SECONDS}s")


def create(cluster: LocalCluster, **item: Any) -> None:
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(item))


def await_webhook(cluster: LocalCluster, namespace: str) -> None:
    """Wait until the API server, which learns of it by a watch, asks the webhook."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        try:
            cluster.kubectl("-n", namespace, "delete", "configmap", "kept", "--dry-run=server")
        except ClusterError:
            return
    raise AssertionError("The webhook is not asked.")


def test_an_api_service_that_does_not_answer(local_cluster: LocalCluster, namespace: str) -> None:
    name = "v1.gone.example.com"
    create(
        local_cluster,
        apiVersion="apiregistration.k8s.io/v1",
        kind="APIService",
        metadata={"name": name},
        spec={
            "group": "gone.example.com", "version": "v1", "groupPriorityMinimum": 100,
            "versionPriority": 100, "service": {"name": "gone", "namespace": namespace},
        },
    )  # fmt: skip
    try:
        seen = held(local_cluster, namespace, "NamespaceDeletionDiscoveryFailure")
        assert "gone.example.com/v1" in holders(seen)
        assert "An API service of the cluster does not answer" in remedy(seen)
    finally:
        local_cluster.kubectl("delete", "apiservice", name)
    gone(local_cluster, namespace)


def test_a_webhook_that_is_in_the_way(local_cluster: LocalCluster, namespace: str) -> None:
    name = f"keep-{namespace}"
    local_cluster.kubectl("-n", namespace, "create", "configmap", "kept")
    hook = {
        "name": "keep.example.com",
        "clientConfig": {"service": {"name": "gone", "namespace": "default"}},
        "rules": [
            {
                "apiGroups": [""], "apiVersions": ["v1"], "operations": ["DELETE"],
                "resources": ["configmaps"],
            }
        ],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }  # fmt: skip
    create(
        local_cluster,
        apiVersion="admissionregistration.k8s.io/v1",
        kind="ValidatingWebhookConfiguration",
        metadata={"name": name},
        webhooks=[hook],
    )
    try:
        await_webhook(local_cluster, namespace)
        seen = held(local_cluster, namespace, "NamespaceDeletionContentFailure")
        assert "keep.example.com" in holders(seen)
        assert remedy(seen) == (
            "The admission webhook keep.example.com is in the way: have it answer and allow this,"
            " or remove its configuration."
        )
    finally:
        local_cluster.kubectl("delete", "ValidatingWebhookConfiguration", name)
    gone(local_cluster, namespace)


def test_a_pod_that_does_not_go(local_cluster: LocalCluster, namespace: str) -> None:
    """No condition tells of it: pods go before all the rest is looked at."""
    create(
        local_cluster,
        apiVersion="v1",
        kind="Pod",
        metadata={"name": "web", "namespace": namespace, "finalizers": ["example.com/keep"]},
        spec={"containers": [{"name": "web", "image": "example.invalid/web"}]},
    )
    local_cluster.kubectl("-n", namespace, "wait", "pod/web", "--for=condition=Ready")
    local_cluster.kubectl("delete", "namespace", namespace, "--wait=false")
    local_cluster.kubectl(
        "-n", namespace, "wait", "pod/web", "--for=jsonpath={.metadata.deletionTimestamp}"
    )
    seen = observed(local_cluster, namespace)
    assert holders(seen) == "Still there: pod web."
    assert remedy(seen).startswith("Pod web waits to be ended by its node node-")
    free = json.dumps({"metadata": {"finalizers": None}})
    local_cluster.kubectl("-n", namespace, "patch", "pod", "web", "-p", free)
    gone(local_cluster, namespace)
