"""Says in words what a store waits for.

The words contain no number that grows, such as restarts. Every new sentence is stored and shown as
news, and so the same state must give the same sentence.
"""

from provisioner.domain.cluster import Container, ContainerState, Pod, PodPhase
from provisioner.domain.engines import Workload
from provisioner.readiness.cluster import (
    denial_words,
    denials,
    is_lacking_pods,
    mount_failures,
)
from provisioner.readiness.containers import has_pull_failed, is_well, probe_words, pull_words
from provisioner.readiness.facts import Facts, bracketed, exit_of, is_living

# The kubelet's reasons for a container that waits only because its turn has not come yet.
_BEFORE_START = frozenset({"", "ContainerCreating", "PodInitializing"})


def waiting_for(facts: Facts) -> str:
    """Return one sentence about what the store waits for, or "" if everything is done.

    It is about the workloads until all are ready, then about the setup Job.
    """
    unready = facts.unready()
    if unready:
        return "; ".join(_workload(facts, item) for item in unready) + "."
    if not facts.is_setup_done():
        return f"{facts.setup_job}: {_setup(facts)}."
    return ""


def _workload(facts: Facts, workload: Workload) -> str:
    waiting = [pod for pod in facts.current(workload) if not pod.is_ready]
    what = _pod(facts, waiting[0]) if waiting else _no_pod(facts, workload)
    count = f"{facts.ready_count(workload)} of {workload.replicas} ready"
    return f"{workload.component}: {what} ({count})"


def _no_pod(facts: Facts, workload: Workload) -> str:
    held_up = denials(facts) if is_lacking_pods(facts, workload) else []
    pods = facts.pods_of(workload)
    # A pod that has failed as a whole, such as an evicted one, has a reason of its own.
    evicted = [pod for pod in pods if pod.phase == "Failed" and pod.reason]
    if held_up:
        return f"no pod yet, the cluster refuses one{bracketed(denial_words(held_up[0]))}"
    if evicted:
        why = bracketed(evicted[0].message)
        return f"pod {evicted[0].name} was given up: {evicted[0].reason}{why}, a new one is awaited"
    if any(pod.is_terminating for pod in pods):
        return "its old pod is being removed"
    return "one more pod is awaited" if facts.living(workload) else "no pod yet"


def _setup(facts: Facts) -> str:
    pods = facts.job_pods()
    living = [pod for pod in pods if is_living(pod)]
    if facts.job() is None:
        return "no job yet"
    if living:
        return "the job is running" if living[0].is_ready else _pod(facts, living[0])
    if any(pod.phase is PodPhase.SUCCEEDED for pod in pods):
        return "its pod is done, the job is about to end"
    failed = [pod for pod in pods if pod.phase is PodPhase.FAILED]
    if failed:
        return f"pod {failed[0].name} failed, the job will try again"
    held_up = denials(facts)  # only of the Job's pod, because every workload is ready
    if held_up:
        return f"no pod yet, the cluster refuses one{bracketed(denial_words(held_up[0]))}"
    return "no pod yet"


def _pod(facts: Facts, pod: Pod) -> str:
    if pod.unschedulable_since is not None:
        return f"no node has taken pod {pod.name} yet{bracketed(pod.message)}"
    # Init containers come first in the list, as they do in time.
    container = next((item for item in pod.containers if not is_well(item)), None)
    if container is not None:
        return _container(facts, pod, container)
    return f"pod {pod.name} is starting" if pod.node else f"pod {pod.name} waits for a node"


def _container(facts: Facts, pod: Pod, container: Container) -> str:
    name = f"{'init ' if container.is_init else ''}container {container.name}"
    if container.state is ContainerState.RUNNING:
        return f"{name} is running" if container.is_init else _unready(facts, pod, name)
    if container.state is ContainerState.TERMINATED or container.reason == "CrashLoopBackOff":
        code, reason, _ = exit_of(container)
        # "Error" and "Completed" say no more than the exit code does.
        why = f"{reason}, " if reason not in ("", "Error", "Completed") else ""
        shown = "unknown" if code is None else code
        return f"{name} ended ({why}exit code {shown}) and will be started again"
    if has_pull_failed(container):
        return f"{name} has no image yet{bracketed(pull_words(facts, pod, container))}"
    if container.reason not in _BEFORE_START:
        return f"{name} cannot start yet{bracketed(f'{container.reason}: {container.message}')}"
    failures = mount_failures(facts, pod)
    if failures:
        return f"the volumes of pod {pod.name} are not mounted yet{bracketed(failures[0].message)}"
    return "pulling its image and mounting its volumes"


def _unready(facts: Facts, pod: Pod, name: str) -> str:
    words = probe_words(facts, pod)
    return f"{name} is not ready yet{bracketed(words)}" if words else f"{name} is starting"
