"""The platform's account as its chart has it, on the local cluster, and what it asks there."""

import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from app.local.cluster import LocalCluster, tools
from app.local.cluster.components import commands
from app.local.cluster.local_cluster import ClusterError
from tests.charts.rendering import PLATFORM, Helm, Values

NAMESPACE = "store-platform"
NAME = "store-platform"
STORE_ROLE = f"{NAME}-in-stores"
USER = f"system:serviceaccount:{NAMESPACE}:{NAME}"
_ACCOUNT = {
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
}
_PATIENCE_SECONDS = 120.0
_QUESTIONS = {"authentication.k8s.io", "authorization.k8s.io"}
"""Who am I, and what may I do: everybody may ask that."""
_AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived", "ResponseStarted"],
    "rules": [{"level": "Metadata", "users": [USER]}, {"level": "None"}],
}


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """A verb on a kind of object; ``resource`` is such as "pods/log", or "deployments.apps"."""

    resource: str
    verb: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of the account, and the status of its answer."""

    permission: Permission
    namespace: str
    status: int


@dataclass(frozen=True, slots=True)
class PlatformAccount:
    """The account, with a kubeconfig that has its token, and the record of all that it asked."""

    cluster: LocalCluster
    token: str = field(repr=False)
    kubeconfig: Path
    granted: frozenset[Permission]
    record: Path

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl as the account. Raises ClusterError with what it said."""
        return self.cluster.kubectl("--kubeconfig", str(self.kubeconfig), *arguments, stdin=stdin)

    def may(self, verb: str, resource: str) -> bool:
        """Ask the API server whether the account has a right in a namespace not the platform's."""
        resource, _, subresource = resource.partition("/")
        name, _, group = resource.partition(".")
        asked = {"verb": verb, "resource": name, "group": group, "subresource": subresource}
        answer = httpx.post(
            f"{self.cluster.server}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            json={"spec": {"resourceAttributes": {**asked, "namespace": "kube-system"}}},
            headers={"Authorization": f"Bearer {self.token}"},
            verify=ssl.create_default_context(
                cafile=str(self.cluster.layout.certificates.authority)
            ),
            timeout=60,
        )
        return bool(answer.raise_for_status().json()["status"]["allowed"])

    def await_policy(self) -> None:
        """Wait until the API server has heard of the admission policy."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                self.kubectl("create", "namespace", "refused", "--dry-run=server")
            except ClusterError as error:
                assert "may write only stores' namespaces" in str(error)  # noqa: PT017
                return
            assert time.monotonic() < deadline
            time.sleep(0.2)

    @property
    def asked(self) -> list[Asked]:
        entries = map(json.loads, self.record.read_text().splitlines())
        about = [entry for entry in entries if "objectRef" in entry]
        return [_asked(e) for e in about if e["objectRef"].get("apiGroup") not in _QUESTIONS]


def watch_over(cluster: LocalCluster, folder: Path) -> Path:
    """Have the API server write down what the account asks; return the file."""
    policy, record = folder / "audit.yaml", folder / "audit.log"
    policy.write_text(yaml.safe_dump(_AUDIT))
    cluster.stop("kube-apiserver")
    flags = [f"--audit-policy-file={policy}", f"--audit-log-path={record}"]
    command = [*commands(cluster.layout)["kube-apiserver"], *flags]
    cluster.daemon("kube-apiserver").start(command)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not cluster.is_up:
        assert time.monotonic() < deadline, cluster.daemon("kube-apiserver").tail()
        time.sleep(0.2)
    return record


def install_account(cluster: LocalCluster, folder: Path) -> PlatformAccount:
    """Apply the account and its rights as the chart renders them; return it, with a token."""
    record = watch_over(cluster, folder)
    cluster.kubectl("create", "namespace", NAMESPACE)
    wanted = apply_rendered(cluster, folder, _ACCOUNT)
    roles = [item for item in wanted if item["kind"] == "ClusterRole"]
    granted = frozenset(right for role in roles for right in _granted(role))
    kubeconfig = folder / "account.kubeconfig"
    token = account_kubeconfig(cluster, NAMESPACE, NAME, kubeconfig)
    account = PlatformAccount(cluster, token, kubeconfig, granted, record)
    account.await_policy()
    return account


def apply_rendered(
    cluster: LocalCluster, folder: Path, kinds: set[str], values: Values | None = None
) -> list[dict[str, Any]]:
    """Apply those kinds of objects that the chart renders, and return them."""
    helm = Helm(tools.ensure_helm(), folder, PLATFORM, {"doctor": {"enabled": False}})
    done = helm.template(values, release=NAME, namespace=NAMESPACE)
    assert done.returncode == 0, done.stderr
    objects = [item for item in yaml.safe_load_all(done.stdout) if item]
    wanted = [item for item in objects if item["kind"] in kinds]
    applied = {"apiVersion": "v1", "kind": "List", "items": wanted}
    cluster.kubectl("-n", NAMESPACE, "apply", "-f", "-", stdin=json.dumps(applied))
    return wanted


def account_kubeconfig(cluster: LocalCluster, namespace: str, name: str, file: Path) -> str:
    """Write a kubeconfig with a new token of an account; return the token."""
    token = cluster.kubectl("-n", namespace, "create", "token", name, "--duration=1h").strip()
    file.touch(mode=0o600)
    admin = yaml.safe_load(cluster.kubeconfig.read_text())
    admin["users"][0]["user"] = {"token": token}
    file.write_text(yaml.safe_dump(admin))
    return token


def _granted(role: dict[str, Any]) -> Iterator[Permission]:
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    yield Permission(_in_group(resource, group), verb)


def _asked(entry: dict[str, Any]) -> Asked:
    about = entry["objectRef"]
    resource = "/".join(part for part in (about["resource"], about.get("subresource")) if part)
    return Asked(
        Permission(_in_group(resource, about.get("apiGroup", "")), entry["verb"]),
        about.get("namespace", ""),
        entry["responseStatus"]["code"],
    )


def _in_group(resource: str, group: str) -> str:
    return f"{resource}.{group}" if group else resource
