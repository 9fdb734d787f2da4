"""Makes Jobs in stores' namespaces, and reads what became of them.

Most are made from the suspended CronJobs of a store's chart.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from provisioner.domain.cluster import ContainerEnd, CronRuns, PodPhase
from provisioner.domain.cluster_rejections import no_text
from provisioner.domain.errors import ClusterUnreachableError, NotFoundError
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.api_errors import AlreadyExistsError
from provisioner.kubernetes.pull_job import pull_job
from provisioner.kubernetes.wire import HasMetadata, WirePod

_JOB_LABEL = "batch.kubernetes.io/job-name"


class _CronJobSpec(msgspec.Struct, rename="camel"):
    job_template: dict[str, Any]


class _CronJobStatus(msgspec.Struct, rename="camel"):
    last_schedule_time: datetime | None = None
    last_successful_time: datetime | None = None


class _CronJob(msgspec.Struct):
    spec: _CronJobSpec
    status: _CronJobStatus = msgspec.field(default_factory=_CronJobStatus)


class _Pods(msgspec.Struct):
    items: list[WirePod] | None


_cron_jobs = msgspec.json.Decoder(_CronJob)
_pods = msgspec.json.Decoder(_Pods)
_metadata = msgspec.json.Decoder(HasMetadata)


class KubeJobs:
    """The Jobs of stores at a Kubernetes API server. Implements ``ports.Jobs``."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api

    async def run(
        self, namespace: str, template: str, name: str, labels: Mapping[str, str]
    ) -> bool:
        """See ``ports.Jobs``."""
        body = (await self._cron_job(namespace, template)).spec.job_template
        _label(body, labels)
        _label(body["spec"]["template"], labels)
        body["metadata"]["name"] = name
        try:
            path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
            await self._api.call("POST", path, body=body)
        except AlreadyExistsError:
            return False
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
        """See ``ports.Jobs``."""
        path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
        body = pull_job(name, labels, images, pull_secrets=pull_secrets, near=near)
        try:
            content = await self._api.call("POST", path, body=body)
        except AlreadyExistsError:
            content = await self._existing(path, name)
        try:
            return _metadata.decode(content).metadata.uid
        except msgspec.MsgspecError:
            raise no_text(path) from None

    async def ends(self, namespace: str, name: str) -> Mapping[str, ContainerEnd]:
        """See ``ports.Jobs``."""
        path = f"/api/v1/namespaces/{namespace}/pods"
        query = [("labelSelector", f"{_JOB_LABEL}={name}")]
        content = await self._api.call("GET", path, query=query)
        try:
            pods = _pods.decode(content).items or []
        except msgspec.MsgspecError:
            raise no_text(path) from None
        # One that has succeeded, else the latest try.
        pods.sort(key=lambda p: (p.status.phase is PodPhase.SUCCEEDED, p.metadata.created_at))
        if not pods:
            return {}
        status = pods[-1].status
        ended = {
            container.name: container.state.terminated
            for container in (*status.init_container_statuses, *status.container_statuses)
        }
        return {
            name: ContainerEnd(state.exit_code, state.message)
            for name, state in ended.items()
            if state is not None
        }

    async def runs(self, namespace: str, name: str) -> CronRuns:
        """See ``ports.Jobs``."""
        status = (await self._cron_job(namespace, name)).status
        return CronRuns(status.last_schedule_time, status.last_successful_time)

    async def _existing(self, path: str, name: str) -> bytes:
        try:
            return await self._api.call("GET", f"{path}/{name}")
        except NotFoundError as error:
            # Not raised as it is: it would say that the namespace is missing.
            message = f"Job {name} was removed while it was looked at."
            raise ClusterUnreachableError(message) from error

    async def _cron_job(self, namespace: str, name: str) -> _CronJob:
        path = f"/apis/batch/v1/namespaces/{namespace}/cronjobs/{name}"
        content = await self._api.call("GET", path)
        try:
            return _cron_jobs.decode(content)
        except msgspec.MsgspecError:
            raise no_text(path) from None


def _label(body: dict[str, Any], labels: Mapping[str, str]) -> None:
    metadata = body.setdefault("metadata", {})
    metadata["labels"] = {**metadata.get("labels", {}), **labels}
