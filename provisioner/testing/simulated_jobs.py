"""Simulates Jobs that are made from templates in memory: the port Jobs."""

from collections.abc import Mapping

from provisioner.domain.cluster import ContainerEnd, CronRuns, Job
from provisioner.domain.errors import NotFoundError
from provisioner.kubernetes.labels import STORE_LABEL
from provisioner.testing.simulation import Simulation

DUMPED = '{"orders": 3, "products": 2}'
SAVED = (
    '{"message_type":"summary","files_new":5,"total_files_processed":5,'
    '"total_bytes_processed":2500,"data_added":900,"data_added_packed":700,'
    '"snapshot_id":"5f0ec8b5"}'
)
"""What the containers of a backup's Job report at their end."""


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
