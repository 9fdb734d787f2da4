"""Simulates Jobs in memory: the port Jobs."""

from collections.abc import Mapping, Sequence

from provisioner.domain.cluster import (
    Container,
    ContainerEnd,
    ContainerState,
    CronRuns,
    Job,
    Pod,
    PodPhase,
)
from provisioner.domain.errors import NotFoundError
from provisioner.kubernetes.labels import COMPONENT_LABEL, STORE_LABEL
from provisioner.testing.simulation import Simulation

DUMPED = '{"orders": 3, "products": 2}'
SAVED = (
    '{"message_type":"summary","files_new":5,"total_files_processed":5,'
    '"total_bytes_processed":2500,"data_added":900,"data_added_packed":700,'
    '"snapshot_id":"5f0ec8b5"}'
)
"""What the containers of a backup's Job report at their end."""


MISSING_IMAGES, ENDLESS_IMAGES, BARE_IMAGES = (
    "image-not-found.invalid/", "endless.invalid/", "bare.invalid/"
)  # fmt: skip
"""The registries of images that are not there, whose pull never ends, and without any program."""


class SimulatedJobs(Simulation):
    """Jobs that end as soon as they are made. Implements ``ports.Jobs``.

    Each leaves the messages in ``reports`` by its containers' names, and fails while
    ``are_jobs_failing`` is set. There is a template in each namespace with a release.
    """

    async def run(
        self, namespace: str, template: str, name: str, labels: Mapping[str, str]
    ) -> bool:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is None or not found.release:
                raise NotFoundError(f"cronjobs.batch {template!r} not found")
            if name in found.jobs:
                return False
            component = template.removeprefix(f"{found.release_name}-")
            job = Job(
                name=name, uid=self.new_uid(), component=component, created_at=self._now(),
                is_complete=not self.are_jobs_failing, is_failed=self.are_jobs_failing,
                failure_reason="BackoffLimitExceeded" if self.are_jobs_failing else "",
            )  # fmt: skip
            if STORE_LABEL in labels:  # or else no watch shows it
                found.jobs[name] = job
            return True

    async def pull(
        self,
        namespace: str,
        name: str,
        labels: Mapping[str, str],
        images: Sequence[str],
        *,
        pull_secrets: Sequence[str] = (),
        near: Sequence[str] = (),
    ) -> str:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is None:
                raise NotFoundError(f"namespaces {namespace!r} not found")
            self.pulls.append((name, tuple(images), tuple(pull_secrets), tuple(near)))
            if name not in found.jobs:
                pod = self._pulling(name, labels, images, node=next(iter(near), "node-1"))
                found.pods[pod.name] = pod
                found.jobs[name] = Job(
                    name=name, uid=self.new_uid(), component=pod.component,
                    created_at=pod.created_at, is_complete=pod.phase is PodPhase.SUCCEEDED,
                    is_failed=pod.phase is PodPhase.FAILED,
                )  # fmt: skip
            return found.jobs[name].uid

    def _pulling(
        self, job: str, labels: Mapping[str, str], images: Sequence[str], *, node: str
    ) -> Pod:
        containers = tuple(
            _container(f"image-{number}", image) for number, image in enumerate(images, start=1)
        )
        phase = PodPhase.SUCCEEDED
        if any(container.exit_code is None for container in containers):
            phase = PodPhase.PENDING
        elif any(container.exit_code for container in containers):
            phase = PodPhase.FAILED
        return Pod(
            name=f"{job}-abcde", uid=self.new_uid(), component=labels.get(COMPONENT_LABEL, ""),
            phase=phase, is_ready=False, node=node, owner_kind="Job", created_at=self._now(),
            containers=containers,
        )  # fmt: skip

    async def ends(self, namespace: str, name: str) -> Mapping[str, ContainerEnd]:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is None or name not in found.jobs:
                return {}
            code = 1 if found.jobs[name].is_failed else 0
            return {key: ContainerEnd(code, text) for key, text in self.reports.items()}

    async def runs(self, namespace: str, name: str) -> CronRuns:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is None or not (found.release or found.runs):
                raise NotFoundError(f"cronjobs.batch {name!r} not found")
            return found.runs or CronRuns(None, None)


def _container(name: str, image: str) -> Container:
    """Return a container that does nothing but run ``true``, as its image lets it."""
    waiting, ended = ContainerState.WAITING, ContainerState.TERMINATED
    if image.startswith(MISSING_IMAGES):
        message = f"failed to resolve reference {image}: not found"
        return Container(
            name=name, image=image, state=waiting, reason="ErrImagePull", message=message
        )
    if image.startswith(ENDLESS_IMAGES):
        return Container(name=name, image=image, state=waiting, reason="ContainerCreating")
    if image.startswith(BARE_IMAGES):
        message = 'exec: "true": executable file not found in $PATH'
        return Container(
            name=name, image=image, state=ended, reason="StartError", message=message, exit_code=128
        )
    return Container(name=name, image=image, state=ended, reason="Completed", exit_code=0)
