"""What a store is told to do about an account, its pods' or the platform's, helps."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from app.local.cluster import LocalCluster
from app.local.cluster.local_cluster import ClusterError
from tests.e2e.conftest import NewService
from tests.e2e.platform_account import account_kubeconfig
from tests.e2e.remedies import (
    SETTINGS,
    Case,
    helped,
    in_every_pod,
    outcomes,
)
from tests.e2e.test_recovery import Follower, a_store

ACCOUNT = "test-of-remedies"


def make_account(store: Follower) -> None:
    """Make the account that the store's pods are to have, and wait until it is seen."""
    store.kubectl("create", "serviceaccount", "shopkeeper")
    store.kubectl("wait", "--for=create", "serviceaccount/shopkeeper", "--timeout=60s")


@pytest.mark.timeout(600)
async def test_an_account_that_is_missing(new_service: NewService) -> None:
    case = Case(
        name="account",
        edits=(in_every_pod("serviceAccountName: shopkeeper"),),
        are_edits_kept=True,
        code="ADMISSION_REFUSED",
        told="Check that what it names exists and answers",
        mend_it=make_account,
    )
    # Long enough for what is refused at first in every new namespace
    service = new_service(**SETTINGS, STORE_PLATFORM_PASSING_REFUSAL_GRACE_SECONDS="5")
    assert await outcomes(service, [case]) == helped([case])


def rules(*verbs: str, group: str = "*", resource: str = "*") -> dict[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}


@contextmanager
def an_account(cluster: LocalCluster) -> Iterator[None]:
    """An account that may do everything but write namespaces."""
    core = ("secrets", "pods", "pods/log", "events", "services", "configmaps", "serviceaccounts")
    more = ("persistentvolumeclaims", "resourcequotas", "limitranges")
    groups = ("apps", "batch", "networking.k8s.io")
    role = [rules("*", group="", resource=resource) for resource in (*core, *more)]
    role += [rules("*", group=group) for group in groups]
    role += [rules("get", "list", "watch", group="", resource="namespaces")]
    items = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT}},
        {**_rbac("ClusterRole"), "rules": role},
        {
            **_rbac("ClusterRoleBinding"),
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": ACCOUNT,
            },
            "subjects": [{"kind": "ServiceAccount", "namespace": "default", "name": ACCOUNT}],
        },
    ]
    try:
        for item in items:
            cluster.kubectl("-n", "default", "create", "-f", "-", stdin=json.dumps(item))
        await_right(cluster, "list", "pods")
        yield
    finally:
        for item in reversed(items):
            with suppress(ClusterError):
                cluster.kubectl("-n", "default", "delete", item["kind"], ACCOUNT)


def _rbac(kind: str) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": ACCOUNT},
    }


def grant(cluster: LocalCluster) -> None:
    added = [
        {"op": "add", "path": "/rules/-", "value": rules("*", group="", resource="namespaces")}
    ]
    cluster.kubectl("patch", "clusterrole", ACCOUNT, "--type=json", "-p", json.dumps(added))
    await_right(cluster, "create", "namespaces")


def await_right(cluster: LocalCluster, verb: str, resource: str) -> None:
    """Wait until the API server heeds what the account was granted: it learns by a watch."""
    user = f"--as=system:serviceaccount:default:{ACCOUNT}"
    for _ in range(100):
        with suppress(ClusterError):  # "no" ends with an exit code
            cluster.kubectl("auth", "can-i", verb, resource, user)
            return
    raise AssertionError(f"The account may not {verb} {resource}.")


async def test_a_right_that_is_missing(
    new_service: NewService, local_cluster: LocalCluster
) -> None:
    service = new_service()
    kubeconfig = service.folder / "account.kubeconfig"
    with an_account(local_cluster):
        account_kubeconfig(local_cluster, "default", ACCOUNT, kubeconfig)
        service.settings["STORE_PLATFORM_KUBECONFIG"] = str(kubeconfig)
        service.start()
        async with a_store(service, "forbidden", patience_seconds=240) as store:
            failed = await store.until("FAILED", "READY")
            assert failed["reason"]["code"] == "CLUSTER_REFUSED"
            told = failed["reason"]["message"]
            user = f'User "system:serviceaccount:default:{ACCOUNT}"'
            assert f'{user} cannot create resource "namespaces" in API group ""' in told
            assert "Give the platform's account the right that this names" in told
            await asyncio.to_thread(grant, local_cluster)
            store.call("retry")
            ended = await store.until("READY", "FAILED")
            assert (ended["status"], ended["reason"]) == ("READY", None)
