"""Finds what can be wrong around containers: nodes, volumes, denials, Jobs, the namespace."""

import re
from collections.abc import Callable, Iterator
from enum import Enum

from provisioner.domain.cluster import Claim, ClusterEvent, Container, ContainerState, Job, Pod
from provisioner.domain.engines import Workload
from provisioner.readiness.containers import Log, Problem
from provisioner.readiness.facts import (
    Facts,
    bracketed,
    exit_of,
    first_seen,
    owns,
)
from provisioner.readiness.quotas import is_too_large

_GATED = "SchedulingGated"  # a pod that waits on purpose, until somebody removes its gate
_VOLUMES = re.compile(r"persistent ?volume|volume node affinity", re.IGNORECASE)
_UNBOUND = re.compile(r"unbound (immediate )?PersistentVolumeClaims", re.IGNORECASE)
# The first pattern that matches the scheduler's message counts. Volumes come first, because their
# messages also contain "affinity". Where none matches, the rule's own remedy is told.
_HINTS = (
    (_VOLUMES, "Check the storage class of its claim, and that its zone has a node"),
    (re.compile("insufficient|too many pods", re.IGNORECASE), "Free capacity or add a node"),
    (
        re.compile("taint|affinity|selector", re.IGNORECASE),
        "Add a node that fits, or remove the taint or the node selector that is in the way",
    ),
)
_NO_CLASS = re.compile(r"storageclass\S* .*not found", re.IGNORECASE)
_LOST = "If it is gone for good, delete the store; else have it put back under the same name"
_ELSEWHERE = (
    "One node at a time mounts that volume, and another has it: end the pod that runs there"
)
_JOB_ENDS = {
    "BackoffLimitExceeded": "it failed, and so did its retries",
    "DeadlineExceeded": "it did not finish in time",
    "PodFailurePolicy": "it failed in a way that is not retried",
}
_CONTROLLERS = {
    "Deployment": "Deployment",
    "ReplicaSet": "Deployment",
    "StatefulSet": "StatefulSet",
}
"""The kind of object that an event is about → the kind of workload that lacks a pod then."""
# A denied pod is never created, so the only trace is a Warning event on its controller.
_DENIED_REASONS = frozenset({"FailedCreate", "ReplicaSetCreateError"})
_PREFIX = re.compile(
    r"^(\(combined from similar events\): )?.*?(pods?|persistentvolumeclaims?) \"[^\"]*\" is ",
    re.IGNORECASE,
)


class AdmissionDenial(Enum):
    """Why no pod could be created. The value matches the API server's message.

    The first member that matches counts, so the order matters. Sources: the messages of the
    admission plugins in apiserver pkg/admission/plugin/resourcequota, pod-security-admission,
    plugin/pkg/admission/limitranger, serviceaccount, priority and runtimeclass, and apiserver
    pkg/admission/plugin/webhook/errors.
    """

    # First, because a message such as "status unknown for quota" also matches a later pattern:
    # nearly all denials say "is forbidden".
    PASSING = re.compile(
        r"status unknown for quota|error looking up service account|no API token found"
        r"|failed calling webhook|timed? ?out|deadline exceeded|connection refused"
        r"|being terminated|internal error|too many requests|not yet ready|try again"
        r"|object has been modified",
        re.IGNORECASE,
    )
    # Something other than zero is used of the quota.
    QUOTA_IN_USE = re.compile(r"exceeded quota:.* used: [^:]*=(?!0\b)", re.IGNORECASE)
    QUOTA = re.compile(r"exceeded quota", re.IGNORECASE)
    NO_AMOUNTS = re.compile(r"failed quota", re.IGNORECASE)
    POD_SECURITY = re.compile(r"violates PodSecurity", re.IGNORECASE)
    LIMIT_RANGE = re.compile(
        r"usage per (container|pod|persistentvolumeclaim)|request ratio|LimitRange", re.IGNORECASE
    )
    POLICY = re.compile(r"admission webhook|AdmissionPolicy", re.IGNORECASE)
    MISSING = re.compile(r"no PriorityClass with name|RuntimeClass \S+ not found", re.IGNORECASE)
    INVALID = re.compile(r"is invalid", re.IGNORECASE)
    OTHER = re.compile(r"is forbidden", re.IGNORECASE)


def namespace_terminating(facts: Facts) -> Iterator[Problem]:
    namespace = facts.observation.namespace
    if namespace is not None and namespace.is_terminating:
        what = "it is being deleted, so nothing new can start in it"
        yield Problem(f"Namespace {namespace.name}", what)


def unschedulable(facts: Facts) -> Iterator[Problem]:
    """Find pods that no node takes.

    A pod that waits for a volume claim is left to the rule for claims, which can say more.
    """
    # Only while a claim is pending does the rule for claims find it, and explain this pod.
    has_pending_claim = any(claim.phase == "Pending" for claim in facts.observation.claims)
    for pod in facts.suspects():
        if pod.unschedulable_since is None or pod.reason == _GATED:
            continue
        if has_pending_claim and _UNBOUND.search(pod.message):
            continue
        remedy = next((hint for pattern, hint in _HINTS if pattern.search(pod.message)), "")
        yield Problem(
            f"Pod {pod.name}",
            f"no node can take it{bracketed(pod.message)}",
            pod.unschedulable_since,
            remedy=remedy,
        )


def volume_unbound(facts: Facts) -> Iterator[Problem]:
    # A claim may be Pending for a good reason: it waits for its first consumer. So it counts only
    # while a pod that the store needs has no node, and that for no other reason than volumes.
    homeless = [pod for pod in facts.suspects() if not pod.node and not pod.containers]
    is_in_the_way = any(not pod.message or _VOLUMES.search(pod.message) for pod in homeless)
    for claim in sorted(facts.observation.claims, key=lambda claim: claim.name):
        where = f"Volume claim {claim.name}"
        if claim.phase == "Lost" and facts.suspects():
            yield Problem(where, "the volume that it was bound to is gone", remedy=_LOST)
        elif claim.phase == "Pending" and homeless:
            events = facts.claim_events(claim)
            if events or is_in_the_way:
                yield _unbound(where, claim, events)


def _unbound(where: str, claim: Claim, events: list[ClusterEvent]) -> Problem:
    words = events[0].message if events else ""
    what = f"no volume could be bound to it{bracketed(words)}"
    if _NO_CLASS.search(words):  # fatal at once: a storage class does not appear by itself
        return Problem(where, what)
    began = min((event.first_at for event in events), default=claim.created_at)
    return Problem(where, what, began)


def mount_failed(facts: Facts) -> Iterator[Problem]:
    for pod in facts.suspects():
        events = mount_failures(facts, pod)
        if events:
            what = f"its volumes cannot be mounted{bracketed(events[0].message)}"
            is_elsewhere = "multi-attach" in events[0].message.lower()
            remedy = _ELSEWHERE if is_elsewhere else ""
            yield Problem(f"Pod {pod.name}", what, first_seen(pod, events), remedy=remedy)


def mount_failures(facts: Facts, pod: Pod) -> list[ClusterEvent]:
    """Return the events that say why a pod cannot mount its volumes, the latest first.

    Once a container has run, the volumes are mounted, and such events are old.
    """
    if any(item.state is not ContainerState.WAITING or item.restarts for item in pod.containers):
        return []
    return facts.pod_events(pod, "FailedMount", "FailedAttachVolume")


def denied(kind: AdmissionDenial) -> Callable[[Facts], Iterator[Problem]]:
    """Return a search for pods that admission denied for this kind of reason."""

    def find(facts: Facts) -> Iterator[Problem]:
        for event in denials(facts):
            if denial_kind(event) is kind:
                yield Problem(
                    f"{event.object_kind} {event.object_name}",
                    f"the cluster refuses to create its pod{bracketed(denial_words(event))}",
                    event.first_at,
                )

    return find


def denials(facts: Facts) -> list[ClusterEvent]:
    """Return the denials because of which the store still lacks a pod, the latest first."""
    found = [
        event
        for event in facts.observation.events
        if event.reason in _DENIED_REASONS and event.last_at >= facts.since
        if _holds_up(facts, event) and not _was_overcome(facts, event)
    ]
    return sorted(found, key=lambda event: (event.last_at, event.uid), reverse=True)


def denial_kind(event: ClusterEvent) -> AdmissionDenial | None:
    kind = next((kind for kind in AdmissionDenial if kind.value.search(event.message)), None)
    if kind is AdmissionDenial.QUOTA_IN_USE and is_too_large(event.message):
        # More than the whole quota: waiting until others use less of it cannot help.
        return AdmissionDenial.QUOTA
    return kind


def denial_words(event: ClusterEvent) -> str:
    """Return the reason of a denial without the pod's name.

    The name is different at each try, so with it the same reason would look new each time.
    """
    return _PREFIX.sub("", event.message).removeprefix("forbidden: ")


def is_lacking_pods(facts: Facts, workload: Workload) -> bool:
    return len(facts.living(workload)) < workload.replicas


def _holds_up(facts: Facts, event: ClusterEvent) -> bool:
    """Return whether the event is about a controller that has too few pods now."""
    if event.object_kind == "Job":
        job = facts.job()
        is_ours = job is not None and job.name == event.object_name
        return is_ours and not facts.is_setup_done() and not facts.job_pods()
    kind = _CONTROLLERS.get(event.object_kind)
    return any(item.kind == kind and is_lacking_pods(facts, item) for item in facts.workloads)


def _was_overcome(facts: Facts, event: ClusterEvent) -> bool:
    """Return whether a pod was created after the denial, so that the denial no longer matters.

    The pod may be of the same controller, or of a newer ReplicaSet of the same Deployment.
    """
    name = event.object_name
    is_replica_set = event.object_kind == "ReplicaSet"
    # Of a Deployment that was changed, only the newest ReplicaSet makes pods. An older one never
    # makes the pod that it was denied.
    made = (
        pod
        for pod in facts.observation.pods
        if owns(name, pod)
        or (is_replica_set and _deployment(pod.name.rpartition("-")[0]) == _deployment(name))
    )
    return any(pod.created_at >= event.last_at for pod in made)


def _deployment(replica_set: str) -> str:
    return replica_set.rpartition("-")[0]


def setup_job_failed(facts: Facts) -> Iterator[Problem]:
    job = facts.job()
    if job is None or job.is_complete or not job.is_failed:
        return
    pod = next(iter(facts.job_pods()), None)
    container = _failed_container(pod) if pod else None
    # A Job that failed may have no pod left, so the container and its log are only added.
    what = _JOB_ENDS.get(job.failure_reason, "it failed") + bracketed(_job_words(job))
    log = None
    if pod and container:
        code, _, _ = exit_of(container)
        what += f"; its container {container.name} last ended with exit code {code}" if code else ""
        # If the container has been started again, the log of its failed run is the previous one.
        has_run_on = (
            container.state is not ContainerState.TERMINATED
            and container.last_exit_code is not None
        )
        log = Log(pod.name, container.name, previous=has_run_on)
    yield Problem(f"Job {job.name}", what, log=log)


def _job_words(job: Job) -> str:
    return ": ".join(words for words in (job.failure_reason, job.failure_message) if words)


def _failed_container(pod: Pod) -> Container | None:
    # Rather one that failed; otherwise the last of the list, since init containers come first.
    failed = [container for container in pod.containers if exit_of(container)[0]]
    return next(iter([*failed, *reversed(pod.containers)]), None)
