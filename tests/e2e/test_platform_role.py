"""The main job with no more rights than the platform's chart gives, where RBAC is enforced."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import LocalCluster, stages
from tests.cluster.local_cluster import ClusterError
from tests.e2e.platform_account import (
    NAME,
    NAMESPACE,
    USER,
    Permission,
    PlatformAccount,
    install_account,
)
from tests.e2e.service import Service
from tests.e2e.test_admin_password import REVEAL
from tests.e2e.test_recovery import a_store, behaving, give_values


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformAccount]:
    """The account on a cluster of its own, whose API server keeps a record of it."""
    if left := LocalCluster.find("role"):  # by a run that was killed
        left.down()
    cluster = LocalCluster.up("role")
    try:
        yield install_account(cluster, tmp_path_factory.mktemp("account"))
    finally:
        cluster.down()


@pytest.fixture
def service(account: PlatformAccount, tmp_path: Path) -> Iterator[Service]:
    """A service that has the account's token and nothing else; not started."""
    settings = {"STORE_PLATFORM_KUBECONFIG": str(account.kubeconfig)}
    service = Service(tmp_path, account.cluster, settings)
    yield service
    service.stop()


async def test_the_main_job(account: PlatformAccount, service: Service) -> None:
    before = len(account.asked)
    service.start()
    async with a_store(service, "whole") as whole:
        # A store comes up, what is removed from it is put back, and its owner gets the password.
        await whole.until("READY")
        whole.kubectl("delete", "ingress", "--all")
        whole.kubectl("delete", "deployment", f"{whole.namespace}-wordpress")
        await whole.until("DEGRADED")
        await whole.until_event("REPAIR")
        assert (await whole.until("READY", "FAILED"))["status"] == "READY"
        shown = service.execute(whole.token, REVEAL, id=whole.store_id)["revealAdminPassword"]
        assert shown["password"] == service.admin_password(whole.namespace)

        # Another fails, its log is read, and it is retried once the chart is mended.
        service.stop()
        give_values(service, behaving(stages.CRASH_LOOP))
        service.start()
        async with a_store(service, "mended") as mended:
            await mended.until("FAILED")
            service.stop()
            give_values(service, {})
            service.start()
            mended.call("retry")
            assert (await mended.until("READY", "FAILED"))["status"] == "READY"

    asked = account.asked[before:]
    assert [item for item in asked if item.status in {401, 403}] == []
    # And there is no right that was not used. What helm applies is asked for as a patch, and where
    # it makes an object, that is a right of its own, which the record does not name.
    used = {item.permission for item in asked}
    made = {Permission(item.resource, "create") for item in used if item.verb == "patch"}
    assert account.granted == used | made


FORBIDDEN = [
    ("create", "pods"),
    ("create", "pods/exec"),
    ("create", "pods/portforward"),
    ("create", "serviceaccounts/token"),
    ("create", "clusterroles.rbac.authorization.k8s.io"),
    ("create", "rolebindings.rbac.authorization.k8s.io"),
    ("delete", "validatingadmissionpolicies.admissionregistration.k8s.io"),
    ("impersonate", "users"),
    ("watch", "secrets"),
    ("get", "configmaps"),
    ("get", "nodes"),
    ("get", "nodes/proxy"),
    ("delete", "persistentvolumes"),
]


def test_what_it_has_no_right_to(account: PlatformAccount) -> None:
    assert [item for item in FORBIDDEN if account.may(*item)] == []
    assert account.may("get", "secrets")  # as its role says: the question is put rightly


REFUSED = [
    "get nodes",
    "create clusterrole mine --verb=get --resource=nodes",
    f"create clusterrolebinding mine --clusterrole=cluster-admin --user={USER}",
    f"-n {NAMESPACE} create token {NAME}",
    "-n kube-system run mine --image=example.com/mine",
    f"delete validatingadmissionpolicy {NAME}",
    # What its role would let it do, but for the admission policy:
    "delete namespace default",
    "create namespace mine",
    "label namespace kube-system store-platform.dev/store=mine",
    "-n kube-system create secret generic mine",
    "-n default delete service kubernetes",
]


def test_what_it_is_refused(account: PlatformAccount) -> None:
    before = everything(account)
    for command in REFUSED:
        with pytest.raises(ClusterError, match=r"(?i)forbidden"):
            account.kubectl(*command.split())
    assert everything(account) == before


def everything(account: PlatformAccount) -> set[str]:
    """Return what of the cluster's a refused command could have changed."""
    kinds = "namespaces,secrets,services,pods,clusterroles,clusterrolebindings"
    policies = "validatingadmissionpolicies"
    found = account.cluster.kubectl_json("get", f"{kinds},{policies}", "--all-namespaces")
    return {
        f"{o['kind']} {o['metadata']['name']} {o['metadata'].get('labels')}" for o in found["items"]
    }
