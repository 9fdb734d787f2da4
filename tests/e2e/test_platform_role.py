"""The main job with no more rights than the platform's chart gives, where RBAC is enforced."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.local.cluster import LocalCluster, stages
from app.local.cluster.local_cluster import ClusterError
from provisioner.kubernetes.labels import STORE_ANNOTATION
from provisioner.kubernetes.pull_job import pull_job
from tests.charts.test_platform import SHOP_BACKUPS
from tests.conftest import own_name
from tests.e2e import attacks
from tests.e2e.platform_account import (
    NAME,
    NAMESPACE,
    STORE_ROLE,
    Permission,
    PlatformAccount,
    apply_rendered,
    install_account,
)
from tests.e2e.service import Service
from tests.e2e.test_admin_password import REVEAL
from tests.e2e.test_plan_change import changed
from tests.e2e.test_recovery import a_store, behaving, give_values
from tests.e2e.versions import BROKEN, ENGINE, look, offer_versions, until_over, upgrade
from tests.e2e.volumes import volumes_that_grow


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformAccount]:
    """The account on a cluster of its own, whose API server keeps a record of it."""
    name = own_name("role")
    if left := LocalCluster.find(name):  # by a run that was killed
        left.down()
    cluster = LocalCluster.up(name)
    try:
        yield install_account(cluster, tmp_path_factory.mktemp("account"))
    finally:
        cluster.down()


@pytest.fixture
def service(account: PlatformAccount, tmp_path: Path) -> Iterator[Service]:
    """A service that has the account's token and nothing else; not started."""
    settings = {
        "STORE_PLATFORM_KUBECONFIG": str(account.kubeconfig),
        "STORE_PLATFORM_STORE_ROLE": STORE_ROLE,
    }
    service = Service(tmp_path, account.cluster, settings)
    yield service
    service.stop()


async def test_the_main_job(account: PlatformAccount, service: Service) -> None:
    before = len(account.asked)
    service.start()
    async with a_store(service, "whole") as whole:
        # A store comes up, what is removed from it is put back, its owner gets the password, and it
        # is paused and opened again.
        await whole.until("READY")
        whole.kubectl("delete", "ingress", "--all")
        whole.kubectl("delete", "deployment", f"{whole.namespace}-wordpress")
        await whole.until("DEGRADED")
        await whole.until_event("REPAIR")
        assert (await whole.until("READY", "FAILED"))["status"] == "READY"
        shown = service.execute(whole.token, REVEAL, id=whole.store_id)["revealAdminPassword"]
        assert shown["password"] == service.admin_password(whole.namespace)
        whole.call("suspend")
        await whole.until("SUSPENDED")
        whole.call("resume")
        await whole.until("PROVISIONING")
        assert (await whole.until("READY", "FAILED"))["status"] == "READY"
        # It gets a plan with larger volumes.
        with volumes_that_grow(service.cluster):
            assert (await changed(whole, "medium"))["operation"]["reason"] is None

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
    bind = Permission("clusterroles.rbac.authorization.k8s.io", "bind")  # asked by its bindings
    assert account.granted == used | made | {bind}


FORBIDDEN = [
    ("create", "pods"),
    ("create", "pods/exec"),
    ("create", "pods/portforward"),
    ("create", "serviceaccounts/token"),
    ("create", "clusterroles.rbac.authorization.k8s.io"),
    ("delete", "validatingadmissionpolicies.admissionregistration.k8s.io"),
    ("impersonate", "users"),
    ("get", "secrets"),
    ("list", "secrets"),
    ("watch", "secrets"),
    ("update", "secrets"),
    ("get", "pods/log"),
    ("patch", "deployments.apps"),
    ("create", "jobs.batch"),
    ("create", "endpoints"),
    ("create", "persistentvolumes"),
    ("escalate", "clusterroles.rbac.authorization.k8s.io"),
    ("create", "clusterrolebindings.rbac.authorization.k8s.io"),
    ("patch", "rolebindings.rbac.authorization.k8s.io"),
    ("update", "namespaces/finalize"),
    ("get", "configmaps"),
    ("get", "nodes"),
    ("get", "nodes/proxy"),
    ("delete", "persistentvolumes"),
]


def test_what_it_has_no_right_to(account: PlatformAccount) -> None:
    assert [item for item in FORBIDDEN if account.may(*item)] == []
    assert account.may("list", "pods")  # as its role says: the question is put rightly


@pytest.fixture(scope="module")
def attacked(account: PlatformAccount) -> PlatformAccount:
    """The account with a store's namespace of its own, and one that an administrator left open."""
    account.kubectl("create", "-f", "-", stdin=attacks.listed(attacks.own_namespace()))
    own = attacks.listed(attacks.binding(attacks.OWN))
    account.kubectl("create", "-f", "-", stdin=own)
    careless = attacks.listed(attacks.careless_namespace(), attacks.binding(attacks.CARELESS))
    account.cluster.kubectl("create", "-f", "-", stdin=careless)
    return account


def test_what_it_is_refused(attacked: PlatformAccount) -> None:
    before = everything(attacked)
    for command in attacks.COMMANDS:
        with pytest.raises(ClusterError, match=r"(?i)forbidden"):
            attacked.kubectl(*command.split())
    assert everything(attacked) == before


def test_what_it_cannot_make(attacked: PlatformAccount) -> None:
    before = everything(attacked)
    for item in attacks.OBJECTS.values():
        with pytest.raises(ClusterError, match=r"(?i)forbidden"):
            attacked.kubectl("create", "-f", "-", stdin=json.dumps(item))
    assert everything(attacked) == before


def test_no_pod_of_a_store_has_the_hosts_disk(attacked: PlatformAccount) -> None:
    disk = attacks.deployment_with_the_hosts_disk(attacks.OWN)
    attacked.kubectl("create", "-f", "-", stdin=json.dumps(disk))
    try:
        where = ("-n", attacks.OWN)
        failing = "--for=condition=ReplicaFailure"
        attacked.cluster.kubectl(*where, "wait", failing, "deployment/disk", "--timeout=60s")
        said = attacked.cluster.kubectl(*where, "get", "replicasets", "-o", "yaml")
        assert 'violates PodSecurity "restricted' in said
        assert attacked.cluster.kubectl_json(*where, "get", "pods")["items"] == []
    finally:
        attacked.kubectl("-n", attacks.OWN, "delete", "deployment", "disk")


def test_it_may_have_images_pulled_in_a_store(attacked: PlatformAccount) -> None:
    where = ("-n", attacks.OWN)
    job = pull_job("pull", {}, ["example.invalid/web"], pull_secrets=["one"], near=["node-1"])
    body = json.dumps({"apiVersion": "batch/v1", "kind": "Job", **job})
    attacked.kubectl(*where, "create", "-f", "-", stdin=body)
    # Its pod is made too, under the standard that the namespace enforces.
    attacked.cluster.kubectl(
        *where, "wait", "--for=condition=Complete", "job/pull", "--timeout=60s"
    )
    attacked.kubectl(*where, "get", "job", "pull")
    attacked.kubectl(*where, "delete", "job", "pull")


def test_a_label_that_somebody_removed_is_given_back(attacked: PlatformAccount) -> None:
    labels = {"app.kubernetes.io/managed-by": "store-platform"}
    given = attacks.namespace(attacks.OWN, **labels)
    attacked.kubectl("apply", "-f", "-", stdin=json.dumps(given))
    mark = "store-platform.dev/store"
    attacked.cluster.kubectl("label", "namespace", attacks.OWN, f"{mark}-")
    with pytest.raises(ClusterError, match=r"(?i)forbidden"):
        attacked.kubectl("-n", attacks.OWN, "create", "secret", "generic", "mine")
    attacked.kubectl("label", "namespace", attacks.OWN, f"{mark}=attacked")
    assert mark in attacked.cluster.kubectl("get", "namespace", attacks.OWN, "-o", "yaml")


def test_only_the_platform_says_whose_store_it_is(attacked: PlatformAccount) -> None:
    """A shop's own account has no right on the namespace, wherever its token may come from."""
    mark = ("annotate", "--overwrite", "namespace", attacks.OWN)
    attacked.kubectl(*mark, f"{STORE_ANNOTATION}=the platform's")
    shop = f"system:serviceaccount:{attacks.OWN}:default"
    with pytest.raises(ClusterError, match=r"(?i)forbidden"):
        attacked.cluster.kubectl(*mark, f"{STORE_ANNOTATION}=forged", "--as", shop)
    found = attacked.cluster.kubectl_json("get", "namespace", attacks.OWN)
    assert found["metadata"]["annotations"][STORE_ANNOTATION] == "the platform's"


def test_it_writes_two_secrets_of_backups_and_nothing_else_there(
    attacked: PlatformAccount, tmp_path: Path
) -> None:
    """Where backups are enabled; its Role names the two, and so does the policy."""
    cluster, in_its_own, secret = attacked.cluster, ("-n", NAMESPACE), f"{NAME}-backup-accounts"
    accounts = json.dumps({"data": {"htpasswd": ""}})
    change = (*in_its_own, "patch", "secret", secret, "--type=merge", "--patch", accounts)
    # Its rights alone, which the policy of before does not let through
    made = {"Secret", "CronJob", "Role", "RoleBinding"}
    apply_rendered(cluster, tmp_path, made, SHOP_BACKUPS)
    with pytest.raises(ClusterError, match="may write only stores' namespaces"):
        attacked.kubectl(*change)
    apply_rendered(cluster, tmp_path, {"ValidatingAdmissionPolicy"}, SHOP_BACKUPS)
    try:
        once_heard(attacked, *change)
        found = cluster.kubectl_json(*in_its_own, "get", "secret", secret)
        assert found["data"] == {"htpasswd": ""}
        removal = f"{NAME}-backup-removal"
        named = json.dumps({"data": {"removals": ""}})
        attacked.kubectl(*in_its_own, "patch", "secret", removal, "--type=merge", "--patch", named)
        found = cluster.kubectl_json(*in_its_own, "get", "secret", removal)
        assert found["data"] == {"removals": ""}
        # It reads when that was last done, by name.
        attacked.kubectl(*in_its_own, "get", "cronjob", removal)
        with pytest.raises(ClusterError, match=r"(?i)forbidden"):
            attacked.kubectl(*in_its_own, "get", "cronjobs")
        cluster.kubectl(*in_its_own, "create", "secret", "generic", "other")
        with pytest.raises(ClusterError, match=r"(?i)forbidden"):
            attacked.kubectl(*in_its_own, "get", "secret", "other")
        # However much more a role would let it
        own = f"--serviceaccount={NAMESPACE}:{NAME}"
        cluster.kubectl(*in_its_own, "create", "rolebinding", "all", "--clusterrole=admin", own)
        before = everything(attacked)
        for command in (
            f"delete secret {secret}",
            f"delete secret {NAME}-backup-removal",
            f"delete cronjob {NAME}-backup-removal",
            "label secret other mine=yes",
            "create secret generic mine",
            "create configmap mine",
        ):
            with pytest.raises(ClusterError, match="may write only stores' namespaces"):
                attacked.kubectl(*in_its_own, *command.split())
        assert everything(attacked) == before
    finally:
        cluster.kubectl(*in_its_own, "delete", "rolebinding", "all", "--ignore-not-found")
        apply_rendered(cluster, tmp_path, {"ValidatingAdmissionPolicy"})


def once_heard(account: PlatformAccount, *command: str) -> None:
    """Do as the account what a changed policy allows, once the API server has heard of that."""
    deadline = time.monotonic() + 60
    while True:
        try:
            account.kubectl(*command)
        except ClusterError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


async def test_a_store_of_an_earlier_version_gets_its_rights(
    account: PlatformAccount, service: Service
) -> None:
    """So it does when somebody removes them. Without them nothing of it could be done."""
    service.start()
    async with a_store(service, "earlier") as store:
        await store.until("READY")
        service.stop()
        bindings = ("-n", store.namespace, "rolebindings")
        account.cluster.kubectl(bindings[0], bindings[1], "delete", bindings[2], "--all")
        service.start()
        deadline = time.monotonic() + 60
        while not account.cluster.kubectl_json(*bindings[:2], "get", bindings[2])["items"]:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
        (bound,) = account.cluster.kubectl_json(*bindings[:2], "get", bindings[2])["items"]
        assert bound["roleRef"]["name"] == bound["metadata"]["name"] == STORE_ROLE
        assert bound["subjects"] == [
            {"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}
        ]
        shown = service.execute(store.token, REVEAL, id=store.store_id)["revealAdminPassword"]
        assert shown["password"] == service.admin_password(store.namespace)


async def test_an_upgrade_of_a_shop(
    account: PlatformAccount, service: Service, tmp_path: Path
) -> None:
    """With the rights of a release that keeps backups: one that works, and one that is undone."""
    accounts = f"{NAME}-backup-accounts"
    made = {"Secret", "CronJob", "Role", "RoleBinding", "ClusterRole"}
    policy = {"ValidatingAdmissionPolicy"}
    apply_rendered(account.cluster, tmp_path, made | policy, SHOP_BACKUPS)
    try:
        change = json.dumps({"data": {"htpasswd": ""}})
        patch = ("patch", "secret", accounts, "--type=merge", "--patch", change)
        once_heard(account, "-n", NAMESPACE, *patch)
        before = len(account.asked)
        service.settings["STORE_PLATFORM_BACKUP_ACCOUNTS"] = f"{NAMESPACE}/{accounts}"
        offer_versions(service)
        service.start()
        async with a_store(service, "upgraded", engine=ENGINE) as store:
            await store.until("READY")
            upgrade(store, "2")
            await until_over(store)
            upgrade(store, BROKEN)
            await until_over(store)
            seen = look(store)
            assert (seen.status, seen.version) == ("READY", "2")
            assert seen.ends[1:] == [
                ("UPGRADE", "SUCCEEDED"), ("UPGRADE", "FAILED"), ("RESTORE", "SUCCEEDED"),
            ]  # fmt: skip
        assert [item for item in account.asked[before:] if item.status in {401, 403}] == []
    finally:
        apply_rendered(account.cluster, tmp_path, policy | {"ClusterRole"})


def everything(account: PlatformAccount) -> set[str]:
    """Return what of the cluster's a refused command could have changed."""
    kinds = "namespaces,secrets,services,serviceaccounts,pods,deployments,rolebindings"
    of_the_cluster = "clusterroles,clusterrolebindings,validatingadmissionpolicies"
    found = account.cluster.kubectl_json("get", f"{kinds},{of_the_cluster}", "--all-namespaces")
    return {
        " ".join(
            [o["kind"], *(str(o["metadata"].get(key)) for key in ("namespace", "name", "labels"))]
        )
        for o in found["items"]
    }
