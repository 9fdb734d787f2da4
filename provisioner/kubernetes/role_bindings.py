"""Gives the platform's account its rights in one namespace.

The account gets its rights in a store's namespace, above all on Secrets, from a RoleBinding there.
It may bind only one ClusterRole. The account asks the API server for its own name.
"""

import asyncio

import msgspec

from provisioner.domain.errors import ClusterUnreachableError
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.api_errors import AlreadyExistsError
from provisioner.kubernetes.wire import Wire

_GROUP = "rbac.authorization.k8s.io"
_BINDINGS = f"/apis/{_GROUP}/v1/namespaces/{{}}/rolebindings"
_WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_MAY_I = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_PAUSES = (0.0, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
"""Seconds before each look whether the rights hold. The first look comes at once.

The API server learns of a new RoleBinding through a watch, usually within milliseconds.
"""


class _User(Wire):
    username: str


class _Who(Wire):
    user_info: _User


class _WhoReview(Wire):
    status: _Who


class _May(Wire):
    allowed: bool = False


class _MayReview(Wire):
    status: _May


async def bind_role(api: KubeApi, namespace: str, role: str) -> bool:
    """Bind the account to a ClusterRole in a namespace; see ``ports.Cluster.ensure_role_binding``.

    A binding that exists is left as it is: it is named after the role, and Kubernetes does not let
    anybody change the role of a binding.
    """
    body = {
        "metadata": {"name": role, "labels": {"app.kubernetes.io/managed-by": "store-platform"}},
        "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": role},
        "subjects": [_subject(await _username(api))],
    }
    try:
        await api.call("POST", _BINDINGS.format(namespace), body=body)
        is_new = True
    except AlreadyExistsError:
        is_new = False
    await _await_rights(api, namespace, role)
    return is_new


async def _username(api: KubeApi) -> str:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    content = await api.call("POST", _WHO_AM_I, body=review)
    return msgspec.json.decode(content, type=_WhoReview).status.user_info.username


def _subject(username: str) -> dict[str, str]:
    # A service account is called "system:serviceaccount:<namespace>:<name>"; a kubeconfig may also
    # belong to a person, whose name has no such form.
    kind, _, account = username.partition("serviceaccount:")
    if kind != "system:":
        return {"kind": "User", "apiGroup": _GROUP, "name": username}
    namespace, _, name = account.partition(":")
    return {"kind": "ServiceAccount", "namespace": namespace, "name": name}


async def _await_rights(api: KubeApi, namespace: str, role: str) -> None:
    # One right stands for all: they come with the same binding, and Secrets matter most.
    asked = {"namespace": namespace, "verb": "get", "resource": "secrets"}
    for pause in _PAUSES:
        await asyncio.sleep(pause)
        content = await api.call("POST", _MAY_I, body={"spec": {"resourceAttributes": asked}})
        if msgspec.json.decode(content, type=_MayReview).status.allowed:
            return
    raise ClusterUnreachableError(
        f"The cluster does not let the platform read Secrets in namespace {namespace} yet, though"
        f" it is bound to the ClusterRole {role} there. Check that this role has the rules that the"
        " platform's chart gives it."
    )
