"""Looks at a Job that does nothing but pull images, so that the rules judge it by that alone. Pure.

Its containers run ``true``, which an image need not have. A container that cannot start for that,
or ends with an error, has its image pulled: that is what counts. Pulls that fail, and pods that no
node takes or that are denied, are told by the same rules as for all other pods.
"""

from msgspec.structs import replace

from provisioner.domain.cluster import ClusterEvent, Job, Observation, Pod
from provisioner.readiness.containers import has_image
from provisioner.readiness.facts import is_living, owns


def of_pull(observation: Observation, job_uid: str) -> Observation:
    """Return what is seen of one such Job, and of nothing else in the namespace.

    A container whose image is on the node counts as ready, and the Job as complete once all are.
    The volume claims are left out, because its pod has no volumes.
    """
    job = next((job for job in observation.jobs if job.uid == job_uid), None)
    if job is None:
        return Observation(observation.namespace)
    pods = tuple(_judged(pod) for pod in observation.pods if _is_of(job, pod))
    if any(pod.containers and all(item.is_ready for item in pod.containers) for pod in pods):
        job = replace(job, is_complete=True, is_failed=False)
    elif any(is_living(pod) for pod in pods):
        # Jobs and pods come by different watches. How the pod has ended is still on its way then,
        # and may be that an image has no `true`.
        job = replace(job, is_failed=False)
    events = tuple(event for event in observation.events if not _is_of_another(job, event))
    return Observation(observation.namespace, pods=pods, jobs=(job,), events=events)


def _judged(pod: Pod) -> Pod:
    return replace(
        pod, containers=tuple(replace(item, is_ready=has_image(item)) for item in pod.containers)
    )


def _is_of(job: Job, pod: Pod) -> bool:
    # By time too: an earlier Job may have had the same name.
    return owns(job.name, pod) and pod.created_at >= job.created_at


def _is_of_another(job: Job, event: ClusterEvent) -> bool:
    return event.object_kind == "Job" and event.object_uid not in ("", job.uid)
