"""Turns the API server's objects into the records that are stored, shown and assessed."""

from collections.abc import Iterator

from provisioner.domain.cluster import (
    Blocker,
    Claim,
    ClusterEvent,
    Container,
    ContainerState,
    Job,
    NamespaceMarks,
    NamespaceState,
    Pod,
)
from provisioner.kubernetes.labels import COMPONENT_LABEL
from provisioner.kubernetes.wire import (
    Condition,
    ContainerStatus,
    MarkedNamespace,
    WireClaim,
    WireEvent,
    WireJob,
    WireNamespace,
    WirePod,
)

_MESSAGE = 500  # characters of a cluster's message that are kept; ``readiness.quotas`` relies on it


def pod_record(pod: WirePod) -> Pod:
    """Return the record of a pod."""
    status = pod.status
    containers = (
        *_containers(status.init_container_statuses, is_init=True),
        *_containers(status.container_statuses, is_init=False),
    )
    conditions = {condition.type: condition for condition in status.conditions}
    scheduled = conditions.get("PodScheduled")
    unscheduled = scheduled is not None and scheduled.status == "False"
    ready = conditions.get("Ready")
    return Pod(
        name=pod.metadata.name,
        uid=pod.metadata.uid,
        component=pod.metadata.labels.get(COMPONENT_LABEL, ""),
        phase=status.phase,
        is_ready=ready is not None and ready.status == "True",
        reason=_pod_reason(pod, containers, scheduled if unscheduled else None),
        # Why no node takes the pod is said by the condition, not by the status itself.
        message=(scheduled.message if scheduled and unscheduled else status.message)[:_MESSAGE],
        node=pod.spec.node_name,
        is_terminating=pod.metadata.deletion_timestamp is not None,
        owner_kind=pod.metadata.owner_references[0].kind if pod.metadata.owner_references else "",
        created_at=pod.metadata.created_at,
        unschedulable_since=scheduled.last_transition_time if scheduled and unscheduled else None,
        unready_since=ready.last_transition_time if ready and ready.status == "False" else None,
        containers=containers,
    )


def _pod_reason(
    pod: WirePod, containers: tuple[Container, ...], unscheduled: Condition | None
) -> str:
    """Return what ``kubectl get pods`` shows under STATUS, or "" where that is only the phase."""
    if pod.status.reason:
        return pod.status.reason
    if unscheduled is not None:
        return unscheduled.reason
    for container in containers:
        if (
            container.is_init
            and container.state is ContainerState.TERMINATED
            and container.exit_code == 0
        ):
            continue  # it has done its work
        if container.state is not ContainerState.RUNNING and container.reason:
            return f"Init:{container.reason}" if container.is_init else container.reason
    return ""


def _containers(statuses: list[ContainerStatus], *, is_init: bool) -> Iterator[Container]:
    for status in statuses:
        waiting, terminated = status.state.waiting, status.state.terminated
        last = status.last_state.terminated
        current = waiting or terminated
        yield Container(
            name=status.name,
            image=status.image,
            state=_state(status),
            reason=current.reason if current else "",
            message=current.message[:_MESSAGE] if current else "",
            exit_code=terminated.exit_code if terminated else None,
            restarts=status.restart_count,
            is_ready=status.ready,
            is_init=is_init,
            last_exit_code=last.exit_code if last else None,
            last_reason=last.reason if last else "",
            last_message=last.message[:_MESSAGE] if last else "",
        )


def _state(status: ContainerStatus) -> ContainerState:
    if status.state.waiting is not None:
        return ContainerState.WAITING
    if status.state.terminated is not None:
        return ContainerState.TERMINATED
    if status.state.running is not None:
        return ContainerState.RUNNING
    return ContainerState.WAITING  # the API reference: "default one is ContainerStateWaiting"


def job_record(job: WireJob) -> Job:
    """Return the record of a Job."""
    # A condition may also be listed as "False" or "Unknown": then it does not hold.
    met = {c.type: c for c in job.status.conditions if c.status == "True"}
    failed = met.get("Failed")
    return Job(
        name=job.metadata.name,
        uid=job.metadata.uid,
        component=job.metadata.labels.get(COMPONENT_LABEL, ""),
        is_complete="Complete" in met,
        is_failed=failed is not None,
        failure_reason=failed.reason if failed else "",
        failure_message=failed.message[:_MESSAGE] if failed else "",
        created_at=job.metadata.created_at,
    )


def claim_record(claim: WireClaim) -> Claim:
    """Return the record of a PersistentVolumeClaim."""
    return Claim(
        name=claim.metadata.name,
        uid=claim.metadata.uid,
        phase=claim.status.phase,
        created_at=claim.metadata.created_at,
    )


def namespace_record(namespace: WireNamespace) -> NamespaceState:
    """Return the record of a namespace, with the conditions that say what blocks its deletion."""
    blockers = tuple(
        Blocker(condition.type, condition.message[:_MESSAGE])
        for condition in namespace.status.conditions
        if condition.status == "True" and condition.message
    )
    return NamespaceState(
        name=namespace.metadata.name,
        uid=namespace.metadata.uid,
        is_terminating=namespace.metadata.deletion_timestamp is not None,
        blockers=blockers,
    )


def namespace_marks(namespace: MarkedNamespace) -> NamespaceMarks:
    """Return what is written on a namespace."""
    metadata = namespace.metadata
    return NamespaceMarks(
        name=metadata.name,
        labels=metadata.labels,
        annotations=metadata.annotations,
        is_terminating=metadata.deletion_timestamp is not None,
    )


def event_record(event: WireEvent) -> ClusterEvent:
    """Return the record of an Event.

    Older clients set ``firstTimestamp``, ``lastTimestamp`` and ``count``; newer ones ``eventTime``
    and ``series``. The record has one first time, one last time and one count.
    """
    first = event.first_timestamp or event.event_time or event.metadata.created_at
    series_end = event.series.last_observed_time if event.series else None
    return ClusterEvent(
        uid=event.metadata.uid,
        object_uid=event.involved_object.uid,
        object_kind=event.involved_object.kind,
        object_name=event.involved_object.name,
        reason=event.reason,
        message=event.message[:_MESSAGE],
        first_at=first,
        last_at=series_end or event.last_timestamp or event.event_time or first,
        count=(event.series.count if event.series else event.count) or 1,
    )
