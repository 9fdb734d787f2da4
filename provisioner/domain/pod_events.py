"""What changed between two sets of pods, and the sentence for each change. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from provisioner.domain.cluster import Pod


@dataclass(frozen=True, slots=True)
class PodEvent:
    """One pod that appeared, changed (``pod``) or went away (``pod`` is None)."""

    uid: str
    name: str
    pod: Pod | None
    status: str
    message: str


def pod_status(pod: Pod) -> str:
    """Return a pod's state in one word, as ``kubectl get pods`` would: a reason, or the phase."""
    if pod.is_terminating:
        return "Terminating"
    if pod.is_ready:
        return "Ready"
    return pod.reason or pod.phase.value


def diff_pods(known: Iterable[Pod], observed: Iterable[Pod]) -> Iterator[PodEvent]:
    """Yield what is new in ``observed`` against ``known``; two equal sets yield nothing."""
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
