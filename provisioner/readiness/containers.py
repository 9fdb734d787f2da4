"""What can be wrong with one container of a pod that is waited for."""

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
"""The kubelet's words for an image that is not there (yet): pkg/kubelet/images/types.go."""
_CREATE_REASONS = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
)
_CANNOT_RUN_REASONS = frozenset({"ContainerCannotRun", "StartError"})
_KILLED = 137
_STOPPED = frozenset({0, _KILLED, 143})  # exit codes of what a failing probe stops
_NOT_FOUND = re.compile(
    r"not found|manifest unknown|no such manifest|does not exist"
    r"|invalid reference format|not present with pull policy of never",
    re.IGNORECASE,
)
_NEVER_STARTS = re.compile(r"runasnonroot|runasuser breaks non-root", re.IGNORECASE)
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
    """Where a log can be read."""

    pod: str
    container: str
    previous: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with one object.

    ``since`` starts the rule's grace; None when it needs none. ``remedy`` replaces the rule's.
    """

    where: str
    what: str
    since: datetime | None = None
    log: Log | None = None
    remedy: str = ""


Match = Callable[[Facts, Pod, Container], Problem | None]


def each_container(match: Match) -> Callable[[Facts], Iterator[Problem]]:
    """Return a search for trouble in every container, init containers too, that is not well."""

    def find(facts: Facts) -> Iterator[Problem]:
        for pod in facts.suspects():
            for container in pod.containers:
                if not is_well(container) and (problem := match(facts, pod, container)):
                    yield problem

    return find


def is_well(container: Container) -> bool:
    """Tell whether a container is ready, or an init container that has done its work."""
    has_ended_well = container.state is ContainerState.TERMINATED and container.exit_code == 0
    return container.is_ready or (container.is_init and has_ended_well)


def has_pull_failed(container: Container) -> bool:
    return container.state is ContainerState.WAITING and container.reason in PULL_REASONS


def pull_words(facts: Facts, pod: Pod, container: Container) -> str:
    """Return why a pull failed. Before 1.32, kubelets that back off say it only in events."""
    if container.reason != "ImagePullBackOff" or _NOT_FOUND.search(container.message):
        return container.message
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
        # The first failure, after a pull of unknown length; its event, which says when it was, is
        # on its way by another watch. A back-off comes next in any case.
        return None
    image = f"the image {container.image}" if container.image else "its image"
    words = bracketed(pull_words(facts, pod, container))
    return Problem(
        _where(pod, container), f"{image} cannot be pulled{words}", first_seen(pod, events)
    )


def bad_config(facts: Facts, pod: Pod, container: Container) -> Problem | None:
    """Tell what no further try can change from what needs a little time."""
    problem = _cannot_be_created(facts, pod, container)
    if problem is None or _is_passing(container):
        return None
    if _NEVER_STARTS.search(container.message) or _NO_COMMAND.search(container.message):
        return Problem(problem.where, problem.what)
    return problem


def runtime_problem(facts: Facts, pod: Pod, container: Container) -> Problem | None:
    """Find what the node, not the store, seems to be the cause of."""
    problem = _cannot_be_created(facts, pod, container)
    return problem if problem is not None and _is_passing(container) else None


def cannot_run(facts: Facts, pod: Pod, container: Container) -> Problem | None:
    """Find commands that do not start. Code 128 may be the node's fault, if its words allow it."""
    code, reason, words = exit_of(container)
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
    """Find runs that were killed; one that goes on is given its chance."""
    code, reason, _ = exit_of(container)
    if container.state is ContainerState.RUNNING or _is_jobs(pod):
        return None
    if reason == "OOMKilled" and container.restarts >= facts.grace_periods.memory_restarts:
        what = "it was killed because it used more memory than its limit (OOMKilled)"
    elif _is_crashing(facts, container) and code == _KILLED and not _probe_failures(facts, pod):
        what = "it is killed again and again (exit code 137), most often for want of memory"
    else:
        return None
    return Problem(_where(pod, container), what, log=_log(pod, container))


def crash_loop(facts: Facts, pod: Pod, container: Container) -> Problem | None:
    """Find crash loops. No count of restarts in the sentence: it would be news each time."""
    if not _is_crashing(facts, container) or _is_jobs(pod):
        return None
    code, reason, words = exit_of(container)
    probes = _probe_failures(facts, pod)
    if probes and code in _STOPPED:
        what = f"it is stopped again and again because it fails its probe{bracketed(probes[0])}"
    elif code == 0:
        what = "it ends again and again with exit code 0, where it should keep running"
    else:
        named = f" ({reason})" if reason not in ("", "Error") else ""
        what = f"it crashes again and again, last with exit code {_shown(code)}{named}"
        what += bracketed(words)
    return Problem(_where(pod, container), what, log=_log(pod, container))


def probe_words(facts: Facts, pod: Pod) -> str:
    """Return what the latest failed probe of a pod said, or ""."""
    events = facts.pod_events(pod, "Unhealthy")
    return events[0].message if events else ""


def _cannot_be_created(facts: Facts, pod: Pod, container: Container) -> Problem | None:
    if container.state is not ContainerState.WAITING or container.reason not in _CREATE_REASONS:
        return None
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
    """Tell whether a Job decides, by its retries, what a failed run of this pod means."""
    return pod.owner_kind == "Job"


def _probe_failures(facts: Facts, pod: Pod) -> list[str]:
    """Return what the probes said that stop a container; a readiness probe does not."""
    return [
        event.message
        for event in facts.pod_events(pod, "Unhealthy")
        if event.message.startswith(("Liveness", "Startup"))
    ]


def _pull_events(facts: Facts, pod: Pod, container: Container) -> list[ClusterEvent]:
    return [
        event
        for event in facts.pod_events(pod, "Failed")
        if _is_about_pull(event) and container.image in event.message
    ]


def _is_about_pull(event: ClusterEvent) -> bool:
    return "pull image" in event.message


def _log(pod: Pod, container: Container) -> Log:
    return Log(pod.name, container.name, previous=container.state is not ContainerState.TERMINATED)


def _where(pod: Pod, container: Container) -> str:
    kind = "init container" if container.is_init else "container"
    return f"Pod {pod.name}, {kind} {container.name}"


def _shown(code: int | None) -> str:
    return "unknown" if code is None else str(code)
