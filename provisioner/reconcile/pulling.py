"""Has the images of an engine's version pulled to the node of a shop, while the shop serves on.

An upgrade begins with this: an image that is missing, or that the node cannot get, is found before
anything of the shop is stopped, and what is pulled now is not waited for later.

The images are those of the chart as it would be installed. A Job pulls them, which has a container
of each; it does nothing else, needs no template in the chart, and is always removed again. What
counts is that the images are on the node, not how the containers end (see ``readiness.pulls``).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from provisioner.domain.cluster import Observation, PodPhase
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Engine, EngineVersion
from provisioner.domain.errors import NotFoundError, StoreFailedError, StorePlatformError
from provisioner.domain.stores import Reason, StepName, Store
from provisioner.kubernetes.labels import COMPONENT_LABEL, OPERATION_LABEL, STORE_LABEL
from provisioner.readiness import Assessment, of_pull
from provisioner.reconcile.chart_inputs import ensure_pull_secret
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.installing import chart_values
from provisioner.reconcile.namespaces import MANAGED_BY, NAMESPACE_LOST, is_namespace_gone
from provisioner.reconcile.rendered import PodImages, pod_images
from provisioner.reconcile.rights import ensure_rights
from provisioner.reconcile.steps import StepRunner
from provisioner.reconcile.store_job import StoreJob

_COMPONENT = "pull"
_OPTIONAL_APIS = ("gateway.networking.k8s.io/v1/HTTPRoute",)
"""Kinds that charts ask for before they use them. Whether the cluster has them is no matter here:
what leads to a shop has no images."""


async def pull(
    context: ReconcileContext,
    store: Store,
    engine: Engine,
    version: EngineVersion,
    steps: StepRunner,
    step: StepName,
) -> str:
    """Pull all images of a version to the store's node; return a sentence about it.

    Reports meanwhile as the progress of ``step``. Raises StoreFailedError as soon as one of them
    cannot be pulled, HelmError when the chart cannot be rendered, and the errors of
    ``ports.Cluster``. Nothing is left behind, and everything may be done again.
    """
    try:
        # Both may be newer than the shop, as when the platform was upgraded meanwhile.
        await ensure_rights(context, store.namespace)
        secrets = await ensure_pull_secret(context, store, engine)
        wanted = await _wanted(context, store, engine, version)
        if not wanted.images:
            return f"Version {version.name} has no images."
        job = _PullJob(context, steps, store, wanted.images)
        async with job.while_needed():
            await job.make(wanted.pull_secrets, _nodes(context, store, engine))
            await job.until_done(step, secrets, partial(job.ended_early, version))
    except NotFoundError as error:
        if await is_namespace_gone(context, store):
            raise StoreFailedError(NAMESPACE_LOST) from error
        raise
    count = len(wanted.images)
    these = "1 image" if count == 1 else f"{count} images"
    return f"{these} of version {version.name} {'is' if count == 1 else 'are'} on the node."


async def _wanted(
    context: ReconcileContext, store: Store, engine: Engine, version: EngineVersion
) -> PodImages:
    manifest = await context.helm.render(
        release=store.release,
        chart=Path(engine.chart),
        values=chart_values(context, store, engine, version),
        values_files=context.settings.values_files.get(engine.name, ()),
        apis=_OPTIONAL_APIS,
    )
    return await asyncio.to_thread(pod_images, manifest)  # some thousand lines of YAML


def _nodes(context: ReconcileContext, store: Store, engine: Engine) -> Sequence[str]:
    """Return the nodes that the shop runs on: its volume keeps its next pods there."""
    pods = context.observer.observe(store.namespace).pods
    return sorted({pod.node for pod in pods if pod.component in engine.closed_by and pod.node})


class _PullJob(StoreJob):
    """The Job that pulls the images."""

    def __init__(
        self, context: ReconcileContext, steps: StepRunner, store: Store, images: Sequence[str]
    ) -> None:
        super().__init__(context, steps, store, component=_COMPONENT, words={})
        self.name = f"{store.release}-{_COMPONENT}-{store.operation_number}"
        self._images = images
        self._uid = ""
        self._making: asyncio.Task[str] | None = None

    @asynccontextmanager
    async def while_needed(self) -> AsyncIterator[None]:
        """Remove the Job at the end of the context, however that ends; before it, any leftover.

        A service that was killed leaves its Job behind, whose images may have been others: those
        of the platform's version of then.
        """
        await self.remove()
        try:
            yield
        except asyncio.CancelledError:
            # An error must not take the place of the cancellation. The Job removes itself then.
            with suppress(StorePlatformError):
                await self.remove()
            raise
        except Exception:
            await self.remove()
            raise
        await self.remove()

    async def make(self, pull_secrets: Sequence[str], near: Sequence[str]) -> None:
        """Make the Job. Raises NotFoundError when there is no such namespace."""
        labels = {
            STORE_LABEL: self._store.id,
            COMPONENT_LABEL: _COMPONENT,
            OPERATION_LABEL: str(self._store.operation_number),
            **MANAGED_BY,
        }
        making = self._context.jobs.pull(
            self._store.namespace, self.name, labels, self._images,
            pull_secrets=pull_secrets, near=near,
        )  # fmt: skip
        # Shielded, because a request that is broken off may have made the Job all the same.
        self._making = asyncio.create_task(making)
        self._uid = await asyncio.shield(self._making)

    async def remove(self) -> None:
        """Remove the Job also if the watches do not show it yet, or it is just being made."""
        await super().remove()
        if self._making is None:
            return
        try:
            uid = await self._making
        except StorePlatformError:
            return  # ``make`` has raised it too: no Job was made
        await self._context.cluster.delete_job(self._store.namespace, self.name, uid)

    def ended_early(self, version: EngineVersion, said: str) -> Reason:
        """Return why the Job has failed before all images were pulled."""
        # Of an eviction, for example, the pod says more than its containers do.
        ended = (pod for pod in self._observe().pods if pod.phase is PodPhase.FAILED)
        told = (f"Pod {pod.name}: {pod.reason}: {pod.message}" for pod in ended if pod.message)
        message = (
            f"The images of version {version.name} could not be pulled: their Job ended before it"
            f" was done. {next(told, said)}"
        )
        return Reason(ReasonCode.IMAGE_PULL_FAILED, message)

    def _observe(self) -> Observation:
        return of_pull(super()._observe(), self._uid)

    def _progress(self, assessment: Assessment) -> str:
        containers = [item for pod in self._observe().pods for item in pod.containers]
        count = sum(container.is_ready for container in containers)
        return f"{count} of {len(self._images)} images are on the node; {assessment.waiting_for}"
