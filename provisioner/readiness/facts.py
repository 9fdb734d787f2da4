"""Picks out of an observation what matters: what is not ready yet, and the events about that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from provisioner.domain.cluster import (
    Claim,
    ClusterEvent,
    Container,
    ContainerState,
    Job,
    Observation,
    Pod,
    PodPhase,
)
from provisioner.domain.engines import Workload
from provisioner.readiness.assessment import GracePeriods

LONG_AGO = datetime.min.replace(tzinfo=UTC)
_ENDED = frozenset({PodPhase.FAILED, PodPhase.SUCCEEDED})
_QUOTED = 300  # characters of the cluster's words that a sentence holds
# The API server cuts "<owner>-" to this length, so that 5 random characters fit into a pod's name.
_GENERATED_PREFIX = 58


@dataclass(frozen=True, slots=True)
class Facts:
    """An observation together with the workloads and the setup Job that the store waits for.

    ``setup_job`` is the Job's component label, or None when there is no Job to wait for. ``since``
    is the start of the operation: events that ended before it belong to an earlier one, and no
    grace period begins before it.
    """

    workloads: Sequence[Workload]
    setup_job: str | None
    observation: Observation
    grace_periods: GracePeriods
    since: datetime = LONG_AGO

    def pods_of(self, workload: Workload) -> list[Pod]:
        """Return all pods of a workload. Pods of a Job never count, whatever their label says."""
        return [
            pod
            for pod in self.observation.pods
            if pod.component == workload.component and pod.owner_kind != "Job"
        ]

    def living(self, workload: Workload) -> list[Pod]:
        """Return a workload's pods that have neither ended nor are being deleted.

        The controller replaces the others.
        """
        return [pod for pod in self.pods_of(workload) if is_living(pod)]

    def current(self, workload: Workload) -> list[Pod]:
        """Return a workload's living pods that will not be replaced soon, in order of name.

        For a Deployment, these are the pods of the ReplicaSet that created the newest pod. Pods of
        older ReplicaSets go as soon as the new ones are ready.
        """
        pods = sorted(self.living(workload), key=lambda pod: pod.name)
        if workload.kind != "Deployment" or not pods:
            return pods
        newest = max(pods, key=lambda pod: pod.created_at)
        return [pod for pod in pods if _owner_name(pod) == _owner_name(newest)]

    def ready_count(self, workload: Workload) -> int:
        return sum(pod.is_ready for pod in self.living(workload))

    def unready(self) -> list[Workload]:
        """Return the workloads that have fewer ready pods than replicas."""
        return [item for item in self.workloads if self.ready_count(item) < item.replicas]

    def job(self) -> Job | None:
        """Return the setup Job, or None; the newest if an earlier operation left one too."""
        jobs = (job for job in self.observation.jobs if job.component == self.setup_job)
        return max(jobs, key=lambda job: job.created_at, default=None)

    def is_setup_done(self) -> bool:
        if self.setup_job is None:
            return True
        job = self.job()
        return job is not None and job.is_complete

    def job_pods(self) -> list[Pod]:
        """Return the setup Job's pods, the newest first."""
        job = self.job()
        if job is None:
            return []
        own = (
            pod
            for pod in self.observation.pods
            if pod.owner_kind == "Job" and pod.component == job.component
            if pod.created_at >= job.created_at  # else it is a pod of an earlier Job of that name
        )
        return sorted(own, key=lambda pod: (pod.created_at, pod.name), reverse=True)

    def suspects(self) -> list[Pod]:
        """Return the pods that keep the store from being ready. Only these can be fatal to it."""
        found = [pod for item in self.unready() for pod in self.current(item) if not pod.is_ready]
        if not self.is_setup_done():
            found += [pod for pod in self.job_pods() if is_living(pod) and not pod.is_ready]
        return found

    def events_of(self, kind: str, item: Pod | Claim) -> Iterator[ClusterEvent]:
        """Yield the events about one object, but not about an earlier object of the same name.

        The uid tells them apart. The time does so only for an event without a uid, because it may
        come from another clock than the object's time of creation.
        """
        for event in self.observation.events:
            if (event.object_kind, event.object_name) != (kind, item.name):
                continue
            is_about = event.object_uid == item.uid
            is_since = event.last_at >= (
                self.since if is_about else max(item.created_at, self.since)
            )
            if is_since and (is_about or not event.object_uid):
                yield event

    def pod_events(self, pod: Pod, *reasons: str) -> list[ClusterEvent]:
        """Return the events about a pod with one of these reasons, the latest first."""
        events = self.events_of("Pod", pod)
        found = [event for event in events if event.reason in reasons]
        return sorted(found, key=lambda event: (event.last_at, event.uid), reverse=True)

    def claim_events(self, claim: Claim) -> list[ClusterEvent]:
        """Return the events that say why a claim's volume was not provisioned, the latest first."""
        events = self.events_of("PersistentVolumeClaim", claim)
        found = [event for event in events if event.reason == "ProvisioningFailed"]
        return sorted(found, key=lambda event: (event.last_at, event.uid), reverse=True)


def is_living(pod: Pod) -> bool:
    return not pod.is_terminating and pod.phase not in _ENDED


def owns(owner: str, pod: Pod) -> bool:
    """Return whether the controller ``owner`` created a pod, as far as the pod's name tells."""
    # The rest of the name may contain no "-": it is one random word, or a number. Otherwise the
    # owner "shop" would also own the pods of "shop-db".
    prefix = f"{owner}-"[:_GENERATED_PREFIX]
    return pod.name.startswith(prefix) and "-" not in pod.name[len(prefix) :]


def unready_from(pod: Pod) -> datetime:
    """Return since when the pod is not ready. A problem that it has now is not older than this."""
    return pod.unready_since or pod.created_at


def first_seen(pod: Pod, events: Sequence[ClusterEvent]) -> datetime:
    """Return when a pod's problem began.

    That is when the first of these events was, or without events, when the pod was created. It is
    never before the pod stopped being ready.
    """
    began = min((event.first_at for event in events), default=pod.created_at)
    return max(unready_from(pod), began)


def exit_of(container: Container) -> tuple[int | None, str, str]:
    """Return the exit code, reason and message of a container's latest run that has ended."""
    if container.state is ContainerState.TERMINATED:
        return container.exit_code, container.reason, container.message
    return container.last_exit_code, container.last_reason, container.last_message


def quoted(words: str) -> str:
    """Return the cluster's words on one line, without a final full stop, and cut if too long."""
    line = " ".join(words.split())
    return line.rstrip(".") if len(line) <= _QUOTED else f"{line[: _QUOTED - 1].rstrip()}…"


def bracketed(words: str) -> str:
    return f" ({quoted(words)})" if quoted(words) else ""


def _owner_name(pod: Pod) -> str:
    return pod.name.rpartition("-")[0]
