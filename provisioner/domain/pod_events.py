"""Finds the differences between two sets of pods, with a sentence for each difference. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from provisioner.domain.cluster import Pod


@dataclass(frozen=True, slots=True)
class PodEvent:
    """One pod that appeared, changed or went away; ``pod`` is None when it went away."""

    uid: str
    name: str
    pod: Pod | None
    status: str
    message: str


def pod_status(pod: Pod) -> str:
    """Return a pod's state in one word, much as ``kubectl get pods`` prints it."""
    if pod.is_terminating:
        return "Terminating"
    if pod.is_ready:
        return "Ready"
    return pod.reason or pod.phase.value


def diff_pods(known: Iterable[Pod], observed: Iterable[Pod]) -> Iterator[PodEvent]:
    """Yield an event for each pod that differs between ``known`` and ``observed``.

    Pods that are gone come first.
    """
    # By uid, because a StatefulSet gives a replacement pod the name of the one before.
    before = {pod.uid: pod for pod in known}
    after = {pod.uid: pod for pod in observed}
    for uid, pod in before.items():
        if uid not in after:
            yield PodEvent(uid, pod.name, None, "Gone", f"Pod {pod.name} is gone.")
    for uid, pod in after.items():
        if before.get(uid) != pod:
            status = pod_status(pod)
            yield PodEvent(uid, pod.name, pod, status, _sentence(pod, status))


def _sentence(pod: Pod, status: str) -> str:
    detail = pod.message or next((c.message for c in pod.containers if c.message), "")
    restarts = f", restarted {pod.restarts} times" if pod.restarts else ""
    return f"Pod {pod.name} is {status}{restarts}{f': {detail}' if detail else '.'}"
