"""Judges what the watches say of a store: ready, on its way, or doomed and why. Pure.

helm's ``--wait`` and Kubernetes itself wait out their whole time limit on a pod that can never
start. The rules here fail such a store in seconds, with a sentence that names the object, the cause
in the cluster's own words, and the next thing to do. Each names the source it was taken from; those
for passing trouble have a grace, counted from what the records say, so that judging the same facts
later can only turn "not yet" into "doomed".
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioner.models import (
    ClusterEvent,
    Container,
    Job,
    Observation,
    Pod,
    Reason,
    Workload,
)

_MESSAGE = 300  # characters of the cluster's words that are quoted


@dataclass(frozen=True, slots=True)
class Limits:
    """How long trouble that may pass is given, and how often a container may crash."""

    image_pull: timedelta = timedelta(seconds=120)
    """A registry that does not answer. Counted from the pod's creation."""
    config: timedelta = timedelta(seconds=10)
    """A Secret that the kubelet's cache does not have yet (krane pod.rb)."""
    crash_restarts: int = 3
    """Restarts of a container that waits in CrashLoopBackOff."""
    unschedulable: timedelta = timedelta(seconds=60)
    """No node fits; a cluster autoscaler may be adding one."""
    volume: timedelta = timedelta(seconds=120)
    """A claim that is not bound. Counted from its creation."""
    refused: timedelta = timedelta(seconds=15)
    """A controller whose pods are refused; a new namespace's quota takes a moment to be counted."""


@dataclass(frozen=True, slots=True)
class Doom:
    """Why a store cannot become ready, and where its log is (``previous``: the last run's)."""

    reason: Reason
    pod: str | None = None
    container: str | None = None
    previous: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be thought of a store now.

    ``waiting_for`` is a sentence for people, "" when all is done. ``recheck_after`` says when a
    grace will have run out, so that the same facts are to be judged again.
    """

    doom: Doom | None
    are_workloads_ready: bool
    is_setup_done: bool
    waiting_for: str
    recheck_after: timedelta | None


@dataclass(frozen=True, slots=True)
class _Finding:
    """Trouble that dooms the store once ``at`` is past."""

    doom: Doom
    at: datetime


def judge(
    *,
    workloads: Sequence[Workload],
    setup_job: str | None,
    observation: Observation,
    now: datetime,
    limits: Limits,
) -> Verdict:
    """Judge one store's observation at the moment ``now``."""
    missing = [text for item in workloads if (text := _missing(item, observation))]
    setup_done = setup_job is None or any(
        job.is_complete for job in observation.jobs if job.component == setup_job
    )
    are_ready = not missing
    findings = [] if are_ready and setup_done else list(_findings(observation, limits))
    dooms = [finding for finding in findings if finding.at <= now]
    later = [finding.at - now for finding in findings if finding.at > now]
    waiting = "; ".join(missing) or ("" if setup_done else f"{setup_job}: the job is running.")
    return Verdict(
        doom=min(dooms, key=lambda finding: finding.at).doom if dooms else None,
        are_workloads_ready=are_ready,
        is_setup_done=setup_done,
        waiting_for=waiting,
        recheck_after=min(later, default=None),
    )


def _missing(workload: Workload, observation: Observation) -> str:
    pods = [
        pod
        for pod in observation.pods
        if pod.component == workload.component and pod.owner_kind != "Job"
    ]
    ready = sum(pod.is_ready and not pod.is_terminating for pod in pods)
    if ready >= workload.replicas:
        return ""
    states = ", ".join(
        f"{pod.name} is {pod.reason or pod.phase}" for pod in pods if not pod.is_ready
    )
    counted = f"{workload.component}: {ready} of {workload.replicas} ready"
    return f"{counted} ({states or 'no pod yet'})"


def _findings(observation: Observation, limits: Limits) -> Iterator[_Finding]:
    jobs_running = not any(job.is_failed for job in observation.jobs)
    for pod in observation.pods:
        if pod.is_terminating or pod.is_ready or pod.phase == "Succeeded":
            continue
        yield from _scheduling(pod, limits)
        for container in pod.containers:
            for rule in _CONTAINER_RULES:
                # A Job's own retries decide about crashes of its pods.
                if rule is _crash_rule and pod.owner_kind == "Job" and jobs_running:
                    continue
                if found := rule(pod, container, limits):
                    yield found
    yield from _jobs(observation)
    yield from _claims(observation, limits)
    yield from _refusals(observation, limits)


def _scheduling(pod: Pod, limits: Limits) -> Iterator[_Finding]:
    """Unschedulable past a grace (Argo CD health_pod.go leaves it Progressing for ever)."""
    if pod.unschedulable_since is not None:
        message = (
            f"Pod {pod.name} fits on no node: {_quoted(pod.message)} Add capacity or choose a"
            " smaller plan, then retry."
        )
        doom = Doom(Reason("UNSCHEDULABLE", message), pod.name)
        yield _Finding(doom, pod.unschedulable_since + limits.unschedulable)


_NEVER_THERE = ("not found", "manifest unknown", "does not exist", "invalid reference format")
_PULL_REASONS = frozenset({"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull"})
_CONFIG_REASONS = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"}
)
_OUT_OF_MEMORY = "OOMKilled"


def _image_rule(pod: Pod, container: Container, limits: Limits) -> _Finding | None:
    """Image pull: at once if the image is not there (krane pod.rb), else past a grace."""
    where = f"Pod {pod.name}, container {container.name}"
    if container.reason == "InvalidImageName" or (
        container.reason in _PULL_REASONS
        and any(words in container.message.lower() for words in _NEVER_THERE)
    ):
        message = (
            f"{where}: the image {container.image or '(unnamed)'} was not found."
            f" {_quoted(container.message)} Check the image's name and tag in the engine's version,"
            " then retry."
        )
        return _Finding(Doom(Reason("IMAGE_NOT_FOUND", message), pod.name), pod.created_at)
    if container.reason in _PULL_REASONS:
        message = (
            f"{where}: the image {container.image or '(unnamed)'} cannot be pulled."
            f" {_quoted(container.message)} Check the registry and its credentials, then retry."
        )
        doom = Doom(Reason("IMAGE_PULL_FAILED", message), pod.name)
        return _Finding(doom, pod.created_at + limits.image_pull)
    return None


def _memory_rule(pod: Pod, container: Container, _: Limits) -> _Finding | None:
    """Out of memory, and started again only to run out of it again (Argo CD health_pod.go)."""
    if _OUT_OF_MEMORY not in (container.reason, container.last_reason) or not container.restarts:
        return None
    message = (
        f"Pod {pod.name}, container {container.name}: it used more memory than its limit and was"
        " killed. Raise the memory limit or choose a larger plan, then retry."
    )
    doom = Doom(Reason("OUT_OF_MEMORY", message), pod.name, container.name, previous=True)
    return _Finding(doom, pod.created_at)


def _crash_rule(pod: Pod, container: Container, limits: Limits) -> _Finding | None:
    """Crash loop (Argo CD health_pod.go, krane pod.rb), init containers too."""
    if container.reason != "CrashLoopBackOff" or container.restarts < limits.crash_restarts:
        return None
    code = container.last_exit_code if container.last_exit_code is not None else container.exit_code
    message = (
        f"Pod {pod.name}, container {container.name}: it crashed {container.restarts} times, last"
        f" with exit code {'unknown' if code is None else code}. Its last lines are in the step's"
        " output; mend what they name, then retry."
    )
    doom = Doom(Reason("CRASH_LOOP", message), pod.name, container.name, previous=True)
    return _Finding(doom, pod.created_at)


def _config_rule(pod: Pod, container: Container, limits: Limits) -> _Finding | None:
    """Find a container that cannot be created (krane pod.rb), once a Secret had time to arrive."""
    if container.reason not in _CONFIG_REASONS:
        return None
    message = (
        f"Pod {pod.name}, container {container.name}: it cannot be started ({container.reason})."
        f" {_quoted(container.message)} Correct the chart's values, then retry."
    )
    doom = Doom(Reason("BAD_CONTAINER_CONFIG", message), pod.name)
    return _Finding(doom, pod.created_at + limits.config)


_CONTAINER_RULES: tuple[Callable[[Pod, Container, Limits], _Finding | None], ...] = (
    _image_rule,
    _memory_rule,
    _crash_rule,
    _config_rule,
)


def _jobs(observation: Observation) -> Iterator[_Finding]:
    """Find a Job that failed after its retries: its Failed condition (batch/v1 API reference)."""
    for job in observation.jobs:
        if not job.is_failed:
            continue
        pod = _last_pod(job, observation.pods)
        message = (
            f"Job {job.name} failed ({job.failure_reason}). {_quoted(job.failure_message)} The last"
            " lines of its log are in the step's output; mend what they name, then retry."
        )
        yield _Finding(
            Doom(
                Reason("SETUP_JOB_FAILED", message),
                pod.name if pod else None,
                _failed_container(pod) if pod else None,
            ),
            job.created_at,
        )


def _last_pod(job: Job, pods: Sequence[Pod]) -> Pod | None:
    own = [pod for pod in pods if pod.owner_kind == "Job" and pod.component == job.component]
    return max(own, key=lambda pod: pod.created_at, default=None)


def _failed_container(pod: Pod) -> str | None:
    failed = [container for container in pod.containers if container.exit_code]
    chosen = failed or list(pod.containers)
    return chosen[0].name if chosen else None


def _claims(observation: Observation, limits: Limits) -> Iterator[_Finding]:
    """Find a volume claim that is not bound in time, or whose volume was lost."""
    for claim in observation.claims:
        if claim.phase == "Bound":
            continue
        grace = limits.volume if claim.phase == "Pending" else timedelta()
        why = next((e.message for e in observation.events if e.object_name == claim.name), "")
        message = (
            f"Volume claim {claim.name} is {claim.phase}: no volume was bound to it."
            f" {_quoted(why)} Check the storage class and its provisioner, then retry."
        )
        yield _Finding(Doom(Reason("VOLUME_UNBOUND", message)), claim.created_at + grace)


_CONTROLLERS = frozenset({"ReplicaSet", "StatefulSet", "Job"})
_REFUSALS = (
    ("exceeded quota", "QUOTA_EXCEEDED", "Raise the namespace's quota or choose a smaller plan"),
    ("violates PodSecurity", "ADMISSION_REFUSED", "Harden the pod's security context"),
    ("forbidden", "ADMISSION_REFUSED", "Ask the cluster's operator which policy refused it"),
    (
        "denied the request",
        "ADMISSION_REFUSED",
        "Ask the cluster's operator which policy refused it",
    ),
)
_PASSING = ("status unknown for quota", "error looking up service account", "please try again")


def _refusals(observation: Observation, limits: Limits) -> Iterator[_Finding]:
    """Find refusals by quota or admission: a Warning on the controller is their only trace."""
    for event in observation.events:
        if event.reason != "FailedCreate" or event.object_kind not in _CONTROLLERS:
            continue
        if any(words in event.message for words in _PASSING) or _was_healed(event, observation):
            continue
        for words, code, remedy in _REFUSALS:
            if words in event.message:
                message = (
                    f"{event.object_kind} {event.object_name} may not create its pod:"
                    f" {_quoted(event.message)} {remedy}, then retry."
                )
                yield _Finding(Doom(Reason(code, message)), event.first_at + limits.refused)
                break


def _was_healed(event: ClusterEvent, observation: Observation) -> bool:
    """Whether the controller has made a pod since it was last refused one."""
    return any(
        pod.name.startswith(event.object_name + "-") and pod.created_at >= event.last_at
        for pod in observation.pods
    )


def _quoted(message: str) -> str:
    trimmed = message.strip()[:_MESSAGE]
    return f"“{trimmed}”" if trimmed else ""
