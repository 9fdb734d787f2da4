"""Finds what can be wrong with one container of a pod that the store needs.

Each search returns the problem of one kind that the container has, or None.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from provisioner.domain.cluster import ClusterEvent, Container, ContainerState, Pod
from provisioner.readiness.facts import Facts, bracketed, exit_of, first_seen

PULL_REASONS = frozenset(
    {
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImageInspectError",
        "ImagePullBackOff",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
"""The kubelet's reasons for an image that it does not have, or not yet. Source:
pkg/kubelet/images/types.go."""
_CREATE_REASONS = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
)
_NEVER_WAS = "ContainerStatusUnknown"
_CANNOT_RUN_REASONS = frozenset({"ContainerCannotRun", "StartError"})
_KILLED = 137  # 128 + SIGKILL
# How a container ends that is stopped because its probe fails: by itself, by SIGKILL or by SIGTERM.
_STOPPED = frozenset({0, _KILLED, 143})
# "ErrImagePull" alone may pass. The message of the registry or the runtime says that it never will.
_NOT_FOUND = re.compile(
    r"not found|manifest unknown|no such manifest|does not exist"
    r"|invalid reference format|not present with pull policy of never",
    re.IGNORECASE,
)
_NEVER_STARTS = re.compile(r"runasnonroot|runasuser breaks non-root", re.IGNORECASE)
# "is reserved for": in the container runtime an earlier try still holds the container's name.
_PASSES = re.compile(
    r"failed to sync .*cache|deadline exceeded|timed out|is reserved for", re.IGNORECASE
)
_NO_COMMAND = re.compile(
    r'exec: ".*": (executable file not found|stat .*no such file|permission denied|is a directory)'
    r"|exec format error|no command specified",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Log:
    """Which container's log to read, and whether that of its previous run."""

    pod: str
    container: str
    previous: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with one object.

    ``since`` is when the rule's grace period begins; None when the problem is fatal at once.
    ``remedy`` replaces the rule's own.
    """

    where: str
    what: str
    since: datetime | None = None
    log: Log | None = None
    remedy: str = ""


Match = Callable[[Facts, Pod, Container], Problem | None]


def each_container(match: Match) -> Callable[[Facts], Iterator[Problem]]:
    """Return a search that applies ``match`` to every container that is not well.

    It looks at all pods that the store needs, and at init containers too.
    """

    def find(facts: Facts) -> Iterator[Problem]:
        for pod in facts.suspects():
            for container in pod.containers:
                if not is_well(container) and (problem := match(facts, pod, container)):
                    yield problem

    return find


def is_well(container: Container) -> bool:
    """Return whether a container is ready, or is an init container that has done its work."""
    has_ended_well = container.state is ContainerState.TERMINATED and container.exit_code == 0
    return container.is_ready or (container.is_init and has_ended_well)


def has_pull_failed(container: Container) -> bool:
    return container.state is ContainerState.WAITING and container.reason in PULL_REASONS


def has_image(container: Container) -> bool:
    """Return whether a container has got as far as having its image on the node.

    The kubelet pulls the image before everything else (``startContainer`` in
    pkg/kubelet/kuberuntime/kuberuntime_container.go). So it has the image of a container that it
    could not create, and of one whose command is not in the image.
    """
    if container.state is ContainerState.WAITING:
        return container.reason in _CREATE_REASONS
    # Of a container that never was, the kubelet says so too once its pod has ended.
    return container.reason != _NEVER_WAS


def pull_words(facts: Facts, pod: Pod, container: Container) -> str:
    """Return why a pull failed, in the cluster's words.

    While a kubelet before 1.32 waits between two tries, only its events say why.
    """
    if container.reason != "ImagePullBackOff" or _NOT_FOUND.search(container.message):
        return container.message  # it already says why
    events = _pull_events(facts, pod, container)
    return events[0].message if events else container.message


def image_not_found(facts: Facts, pod: Pod, container: Container) -> Problem | None:
    image = f"the image {container.image}" if container.image else "its image"
    words = pull_words(facts, pod, container)
    if container.state is ContainerState.WAITING and container.reason == "InvalidImageName":
        return Problem(_where(pod, container), f"{image} has no valid name{bracketed(words)}")
    if not has_pull_failed(container):
        return None
    if container.reason == "ErrImageNeverPull" or _NOT_FOUND.search(words):
        return Problem(_where(pod, container), f"{image} was not found{bracketed(words)}")
    return None


def image_pull_failed(facts: Facts, pod: Pod, container: Container) -> Problem | None:
    if not has_pull_failed(container):
        return None
    events = _pull_events(facts, pod, container)
    if not events and container.reason == "ErrImagePull":
        # The first pull failed, and nothing here says when: pods and events come by different
        # watches, and the event is still on its way. Waiting is safe, because the container's state
        # changes to ImagePullBackOff next.
        return None
    image = f"the image {container.image}" if container.image else "its image"
    words = bracketed(pull_words(facts, pod, container))
    return Problem(
        _where(pod, container), f"{image} cannot be pulled{words}", first_seen(pod, events)
    )


def bad_config(facts: Facts, pod: Pod, container: Container) -> Problem | None:
    """Find containers that cannot be created because of their configuration.

    Fatal at once if no further try can help, else after the rule's grace period.
    """
    problem = _cannot_be_created(facts, pod, container)
    if problem is None or _is_passing(container):
        return None
    if _NEVER_STARTS.search(container.message) or _NO_COMMAND.search(container.message):
        return Problem(problem.where, problem.what)
    return problem


def runtime_problem(facts: Facts, pod: Pod, container: Container) -> Problem | None:
    """Find containers that cannot be created because of the node rather than the store."""
    problem = _cannot_be_created(facts, pod, container)
    return problem if _is_passing(container) else None


def cannot_run(facts: Facts, pod: Pod, container: Container) -> Problem | None:
    """Find containers whose command cannot be started.

    Exit code 128 alone may be a fault of the node. Then the container gets some restarts first.
    """
    code, reason, words = exit_of(container)
    # A Job's retries decide what a failed run of its pods means. See ``cluster.setup_job_failed``.
    if (
        container.state is ContainerState.RUNNING
        or reason not in _CANNOT_RUN_REASONS
        or _is_jobs(pod)
    ):
        return None
    is_certain = code != 128 or bool(_NO_COMMAND.search(words))  # noqa: PLR2004 - see docstring
    if not is_certain and container.restarts < facts.grace_periods.crash_restarts:
        return None
    what = f"its command cannot be started, exit code {_shown(code)}{bracketed(words)}"
    return Problem(_where(pod, container), what)


def out_of_memory(facts: Facts, pod: Pod, container: Container) -> Problem | None:
    """Find containers that are killed for lack of memory. One that runs again gets its chance."""
    code, reason, _ = exit_of(container)
    if container.state is ContainerState.RUNNING or _is_jobs(pod):
        return None
    if reason == "OOMKilled" and container.restarts >= facts.grace_periods.memory_restarts:
        what = "it was killed because it used more memory than its limit (OOMKilled)"
    # Also a SIGKILL without the reason OOMKilled, unless a failing probe explains it.
    elif _is_crashing(facts, container) and code == _KILLED and not _probe_failures(facts, pod):
        what = "it is killed again and again (exit code 137), most often for want of memory"
    else:
        return None
    return Problem(_where(pod, container), what, log=_log(pod, container))


def crash_loop(facts: Facts, pod: Pod, container: Container) -> Problem | None:
    """Find containers that crash again and again.

    The message does not count the restarts. With a count it would be news after each of them.
    """
    if not _is_crashing(facts, container) or _is_jobs(pod):
        return None
    code, reason, words = exit_of(container)
    probes = _probe_failures(facts, pod)
    if probes and code in _STOPPED:
        what = f"it is stopped again and again because it fails its probe{bracketed(probes[0])}"
    elif code == 0:
        what = "it ends again and again with exit code 0, where it should keep running"
    else:
        # "Error" is what the runtime says of every exit code but 0: it explains nothing.
        named = f" ({reason})" if reason not in ("", "Error") else ""
        what = f"it crashes again and again, last with exit code {_shown(code)}{named}"
        what += bracketed(words)
    return Problem(_where(pod, container), what, log=_log(pod, container))


def probe_words(facts: Facts, pod: Pod) -> str:
    """Return the message of a pod's latest failed probe, or ""."""
    events = facts.pod_events(pod, "Unhealthy")
    return events[0].message if events else ""


def _cannot_be_created(facts: Facts, pod: Pod, container: Container) -> Problem | None:
    if container.state is not ContainerState.WAITING or container.reason not in _CREATE_REASONS:
        return None
    # The kubelet uses the reason "Failed" for pulls as well as for creations.
    events = [event for event in facts.pod_events(pod, "Failed") if not _is_about_pull(event)]
    words = f"{container.reason}: {container.message}" if container.message else container.reason
    what = f"it cannot be created{bracketed(words)}"
    return Problem(_where(pod, container), what, first_seen(pod, events))


def _is_passing(container: Container) -> bool:
    return bool(_PASSES.search(container.message))


def _is_crashing(facts: Facts, container: Container) -> bool:
    is_down = container.state is ContainerState.TERMINATED or container.reason == "CrashLoopBackOff"
    return is_down and container.restarts >= facts.grace_periods.crash_restarts


def _is_jobs(pod: Pod) -> bool:
    """Return whether a Job owns this pod, and decides by its retries what a failed run means."""
    return pod.owner_kind == "Job"


def _probe_failures(facts: Facts, pod: Pod) -> list[str]:
    """Return the messages of failed liveness and startup probes. Only these stop a container."""
    return [
        event.message
        for event in facts.pod_events(pod, "Unhealthy")
        if event.message.startswith(("Liveness", "Startup"))
    ]


def _pull_events(facts: Facts, pod: Pod, container: Container) -> list[ClusterEvent]:
    return [
        event
        for event in facts.pod_events(pod, "Failed")
        # The image in the message tells the containers of a pod apart.
        if _is_about_pull(event) and container.image in event.message
    ]


def _is_about_pull(event: ClusterEvent) -> bool:
    return "pull image" in event.message


def _log(pod: Pod, container: Container) -> Log:
    # While the container waits for its next start, the run that failed is the previous one.
    return Log(pod.name, container.name, previous=container.state is not ContainerState.TERMINATED)


def _where(pod: Pod, container: Container) -> str:
    kind = "init container" if container.is_init else "container"
    return f"Pod {pod.name}, {kind} {container.name}"


def _shown(code: int | None) -> str:
    return "unknown" if code is None else str(code)
