"""Asks the API server whether the platform's account may do what the platform does."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from app.doctor.findings import Finding, failed, ok
from app.doctor.installation import Installation
from provisioner.domain.backups import BackupSettings
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.wire import Wire

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_SHOWN = 5  # missing rights that are named; the others are counted
_WATCHED = ("list", "watch")
_APPLIED = ("get", "create", "patch", "delete")

EVERYWHERE = {
    ("", "namespaces"): ("get", "list", "watch", "create", "patch", "delete"),
    ("", "pods"): _WATCHED,
    ("", "events"): _WATCHED,
    ("", "persistentvolumeclaims"): _WATCHED,
    ("batch", "jobs"): _WATCHED,
    ("storage.k8s.io", "storageclasses"): ("get",),
}
"""Verbs by API group and resource: what the platform does in the whole cluster."""

IN_STORES = {
    ("", "secrets"): ("get", "list", "create", "update", "delete"),
    ("", "pods"): ("delete",),
    ("", "pods/log"): ("get",),
    ("", "persistentvolumeclaims"): _APPLIED,
    ("", "services"): _APPLIED,
    ("", "resourcequotas"): _APPLIED,
    ("", "limitranges"): _APPLIED,
    ("apps", "deployments"): _APPLIED,
    ("apps", "statefulsets"): _APPLIED,
    ("batch", "jobs"): _APPLIED,
    ("batch", "cronjobs"): _APPLIED,
    ("networking.k8s.io", "ingresses"): _APPLIED,
    ("networking.k8s.io", "networkpolicies"): _APPLIED,
}
"""The same for stores' namespaces."""

OF_BACKUPS = {("", "configmaps"): _APPLIED}
"""The same for stores' namespaces where stores have backups."""

BINDING = {("rbac.authorization.k8s.io", "rolebindings"): ("create",)}
"""How an account without those rights everywhere gets them in a store's namespace."""


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that the platform does. ``resource`` may have a sub-resource after a slash.

    Without ``name`` it is done to all objects of the kind, and without ``namespace`` in all
    namespaces.
    """

    verb: str
    group: str
    resource: str
    name: str = ""
    namespace: str = ""

    def __str__(self) -> str:
        kind = f"{self.resource}.{self.group}" if self.group else self.resource
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.verb} {kind} {place}".rstrip()


class _Status(Wire):
    allowed: bool = False


class _Review(Wire):
    status: _Status


async def check_rights(installation: Installation) -> Finding:
    """Ask for each right; with a store role, for the right to bind it instead of what it allows."""
    settings = installation.settings
    wanted = list(rights_for(settings.store_role, settings.backups()))
    answers = await asyncio.gather(*(_is_allowed(installation.api, right) for right in wanted))
    missing = [str(right) for right, is_held in zip(wanted, answers, strict=True) if not is_held]
    if not missing:
        return ok(f"The account has all {len(wanted)} rights that the platform needs.")
    more = len(missing) - _SHOWN
    shown = ", ".join(missing[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return failed(
        f"The platform's account may not: {shown}.",
        "Give it the roles of charts/store-platform (serviceAccount.create), or others with the"
        " same rules.",
    )


def rights_for(store_role: str | None, backups: BackupSettings | None) -> Iterator[Right]:
    """Yield what an account needs.

    ``store_role`` is the ClusterRole that it binds, if any; ``backups`` says where stores' backups
    are kept, if any are made.
    """
    in_stores = (IN_STORES, OF_BACKUPS) if backups is not None else (IN_STORES,)
    for table in (EVERYWHERE, *(in_stores if store_role is None else (BINDING,))):
        for (group, resource), verbs in table.items():
            yield from (Right(verb, group, resource) for verb in verbs)
    if store_role is not None:
        yield Right("bind", "rbac.authorization.k8s.io", "clusterroles", store_role)
    if backups is not None:
        yield from _for_backups(backups)


def _for_backups(backups: BackupSettings) -> Iterator[Right]:
    """Yield what is done in the platform's own namespace."""
    for place in (backups.accounts, backups.removal):
        if place is not None:
            namespace, name = place
            yield Right("get", "", "secrets", name, namespace)
            yield Right("patch", "", "secrets", name, namespace)
    if backups.removal is not None:
        namespace, name = backups.removal
        yield Right("get", "batch", "cronjobs", name, namespace)


async def _is_allowed(api: KubeApi, right: Right) -> bool:
    resource, _, subresource = right.resource.partition("/")
    asked = {
        "verb": right.verb,
        "group": right.group,
        "resource": resource,
        "subresource": subresource,
        "name": right.name,
        "namespace": right.namespace,
    }
    body = {"spec": {"resourceAttributes": asked}}
    content = await api.call("POST", _REVIEWS, body=body)
    return msgspec.json.decode(content, type=_Review).status.allowed
