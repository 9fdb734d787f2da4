"""What a thief of the platform's account would try: none of it may work."""

import json
from typing import Any

from tests.e2e.platform_account import NAME, NAMESPACE, STORE_ROLE, USER

OWN = "attacked-store"
"""A store's namespace, made by the account as the platform does it."""
CARELESS = "careless"
"""One that an administrator made, with a store's label and without the standard."""

_STORE = {"store-platform.dev/store": "attacked"}
_ENFORCE = "pod-security.kubernetes.io/enforce"
_RESTRICTED = {_ENFORCE: "restricted"}
_GROUP = "rbac.authorization.k8s.io"

Object = dict[str, Any]


def namespace(name: str, **labels: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def own_namespace() -> Object:
    return namespace(OWN, **_STORE, **_RESTRICTED)


def careless_namespace() -> Object:
    return namespace(CARELESS, **_STORE, **{_ENFORCE: "privileged"})


def binding(where: str, *, role: str = STORE_ROLE, subject: Object | None = None) -> Object:
    """Return a RoleBinding, by default the one that the platform makes."""
    own = {"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "bound", "namespace": where},
        "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": role},
        "subjects": [subject or own],
    }


def service(**spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "drawn", "namespace": OWN},
        "spec": {"ports": [{"port": 443}], **spec},
    }


def pod_with_the_hosts_disk() -> Object:
    return {
        "containers": [
            {
                "name": "shell",
                "image": "example.com/shell",
                "volumeMounts": [{"name": "disk", "mountPath": "/host"}],
            }
        ],
        "volumes": [{"name": "disk", "hostPath": {"path": "/"}}],
    }


def deployment_with_the_hosts_disk(where: str) -> Object:
    labels = {"app": "disk"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "disk", "namespace": where},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod_with_the_hosts_disk()},
        },
    }


OBJECTS: dict[str, Object] = {
    "a privileged namespace": namespace("mine", **_STORE, **{_ENFORCE: "privileged"}),
    "a baseline namespace": namespace("mine", **_STORE, **{_ENFORCE: "baseline"}),
    "a namespace without the standard": namespace("mine", **_STORE),
    "a namespace that is no store": namespace("mine", **_RESTRICTED),
    "the standard of long ago": namespace(
        "mine", **_STORE, **_RESTRICTED, **{f"{_ENFORCE}-version": "v1.19"}
    ),
    "a lower standard in the audit": namespace(
        "mine", **_STORE, **_RESTRICTED, **{"pod-security.kubernetes.io/audit": "privileged"}
    ),
    "its role in kube-system": binding("kube-system"),
    "its role in default": binding("default"),
    "its role beside the platform": binding(NAMESPACE),
    "its role where pods may do anything": binding(CARELESS),
    "cluster-admin in a store": binding(OWN, role="cluster-admin"),
    "its role for everybody": binding(
        OWN, subject={"kind": "Group", "apiGroup": _GROUP, "name": "system:authenticated"}
    ),
    "its role for a pod": binding(
        OWN, subject={"kind": "ServiceAccount", "name": "default", "namespace": OWN}
    ),
    "cluster-admin": {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "mine"},
        "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "User", "apiGroup": _GROUP, "name": USER}],
    },
    "a pod with the host's disk": {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "disk", "namespace": OWN},
        "spec": pod_with_the_hosts_disk(),
    },
    "pods with the host's disk elsewhere": deployment_with_the_hosts_disk(CARELESS),
    "another's external address": service(externalIPs=["192.0.2.1"]),
    "a port of every node": service(type="NodePort"),
    "another's name": service(type="ExternalName", externalName="kubernetes.default.svc"),
    "an account with a token": {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "mine", "namespace": OWN},
    },
}
"""Each is created."""

COMMANDS = [
    "get nodes",
    "get secrets --all-namespaces",
    "-n kube-system get secrets",
    f"-n {NAMESPACE} get secrets",
    "-n kube-system get configmaps",
    "create clusterrole mine --verb=get --resource=nodes",
    f"-n {NAMESPACE} create token {NAME}",
    f"-n {OWN} create token default",
    f"delete validatingadmissionpolicy {NAME}",
    f"delete clusterrole {NAME}",
    "-n kube-system create secret generic mine",
    "-n default delete service kubernetes",
    # What its role would let it do, but for the admission policy:
    "delete namespace default",
    "create namespace mine",
    "label namespace kube-system store-platform.dev/store=mine",
    f"label namespace {NAMESPACE} store-platform.dev/store=mine",
    f"label --overwrite namespace {OWN} {_ENFORCE}=privileged",
    f"label namespace {OWN} {_ENFORCE}-",
    f"label namespace {OWN} {_ENFORCE}-version=v1.19",
    f"label namespace {OWN} store-platform.dev/store-",
]


def listed(*objects: Object) -> str:
    """Return objects as `kubectl create -f -` takes them."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
