"""Says what blocks a namespace's deletion, in the cluster's words, and what helps. Pure.

Source of the conditions: kubernetes pkg/controller/namespace/deletion/status_condition_utils.go.
Source of their messages: namespaced_resources_deleter.go in the same folder.
"""

import re

from provisioner.domain.cluster import Blocker, Observation, Pod

_DISCOVERY = ("NamespaceDeletionDiscoveryFailure", "NamespaceDeletionGroupVersionParsingFailure")
_CONTENT = "NamespaceDeletionContentFailure"
_REMAINING = "NamespaceContentRemaining"
_FINALIZERS = "NamespaceFinalizersRemaining"
_ORDER = (*_DISCOVERY, _CONTENT, _FINALIZERS, _REMAINING)
"""In the order in which they are told: causes before their effects."""
_WEBHOOK = re.compile(r'webhook "([^"]+)"')
_FINALIZER = re.compile(r"([^\s,:]+) in \d+ resource instances")
_VOLUME_IN_USE = "kubernetes.io/pvc-protection"
# Kubernetes takes these away itself. No controller of somebody else is at fault.
_BY_KUBERNETES = frozenset({"foregroundDeletion", "orphan", "kubernetes.io/pv-protection"})


def holders(seen: Observation) -> str:
    """Return what blocks the deletion in the cluster's words, and what still exists; or ""."""
    blockers = _sorted(seen)
    if not blockers:
        return _lingering(seen)
    left = [f"pod {pod.name}" for pod in seen.pods]
    left += [f"job {job.name}" for job in seen.jobs]
    left += [f"volume claim {claim.name}" for claim in seen.claims]
    still = f" Still there: {', '.join(left)}." if left else ""
    return " ".join(f"{blocker.message.rstrip('.')}." for blocker in blockers) + still


def remedy(seen: Observation) -> str:
    """Return what can be done about everything that blocks the deletion, in sentences."""
    blockers = _sorted(seen)
    kinds = {blocker.kind for blocker in blockers}
    found: list[str] = []
    for blocker in blockers:
        if blocker.kind in _DISCOVERY:
            found.append(
                "An API service of the cluster does not answer, so that Kubernetes cannot tell what"
                " is left: `kubectl get apiservices` shows which; mend it, or remove it."
            )
        elif blocker.kind == _CONTENT:
            found.append(_content(blocker))
        elif blocker.kind == _FINALIZERS:
            found += _finalizers(blocker, seen)
    # Nothing explains why content remains, so pods that wait for their node or finalizer are named.
    if kinds <= {_REMAINING}:
        found += [_ending(pod) for pod in seen.pods if pod.is_terminating and pod.node]
    # ``dict.fromkeys`` removes doubles: several blockers may have the same remedy.
    return " ".join(dict.fromkeys(found)) or "See what is left in it, and who should remove it."


def _content(blocker: Blocker) -> str:
    webhook = _WEBHOOK.search(blocker.message)
    if webhook is None:
        return "See that what it names can be deleted."
    return (
        f"The admission webhook {webhook[1]} is in the way: have it answer and allow this, or"
        " remove its configuration."
    )


def _finalizers(blocker: Blocker, seen: Observation) -> list[str]:
    names = list(dict.fromkeys(_FINALIZER.findall(blocker.message)))
    found = []
    if _VOLUME_IN_USE in names:
        users = ", ".join(pod.name for pod in seen.pods) or "that uses it"
        found.append(f"A volume goes once no pod uses it any more: end pod {users}.")
    return found + [
        f"The finalizer {name} is taken away by the controller that set it: see that it runs."
        " Remove it by hand only if that controller is gone for good: what it was to clean up stays"
        " behind then."
        for name in names
        if name != _VOLUME_IN_USE and name not in _BY_KUBERNETES
    ]


def _lingering(seen: Observation) -> str:
    """Return which pods block the deletion while no condition says so, or "".

    Kubernetes deletes a namespace's pods before everything else, and meanwhile its conditions say
    that all content is gone. Source: kubernetes pkg/controller/namespace/deletion, in this order
    since 1.33 (KEP-5080).
    """
    pods = [pod.name for pod in seen.pods if pod.is_terminating]
    is_going = seen.namespace is not None and seen.namespace.is_terminating
    return f"Still there: {', '.join(f'pod {name}' for name in pods)}." if is_going and pods else ""


def _ending(pod: Pod) -> str:
    return (
        f"Pod {pod.name} waits to be ended by its node {pod.node}, or for a finalizer of its own:"
        " see that the node answers, or remove it from the cluster if it is gone for good, and that"
        " the controller runs that set the finalizer."
    )


def _sorted(seen: Observation) -> list[Blocker]:
    blockers = seen.namespace.blockers if seen.namespace else ()
    known = [item for item in blockers if item.kind in _ORDER]
    others = [item for item in blockers if item.kind not in _ORDER]
    return [*sorted(known, key=lambda item: _ORDER.index(item.kind)), *others]
