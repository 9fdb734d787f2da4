"""Runs a Job in a store's namespace, mostly from a template in its chart; waits for its end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from provisioner.domain.cluster import ContainerEnd, ContainerState, Observation
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import NotFoundError, StoreFailedError
from provisioner.domain.redaction import scrub, tail
from provisioner.domain.stores import Reason, StepName, Store
from provisioner.kubernetes.labels import OPERATION_LABEL, STORE_LABEL
from provisioner.readiness import Assessment, FatalFinding, assess
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.namespaces import NAMESPACE_LOST, is_namespace_gone
from provisioner.reconcile.steps import StepRunner

_LOG_LINES = 20  # of a container's log, kept with a failure
_SAID = 1000  # characters of what a container says at its end


class StoreJob:
    """One Job. ``component`` is the label of the Job and its pods, and the end of its name.

    ``words`` say what the Job does while one of its containers runs, by the container's name.
    """

    def __init__(
        self,
        context: ReconcileContext,
        steps: StepRunner,
        store: Store,
        *,
        component: str,
        words: Mapping[str, str],
    ) -> None:
        self._context = context
        self._steps = steps
        self._store = store
        self._component = component
        self._words = words
        self.template = f"{store.release}-{component}"
        self.name = self.template

    async def start(self, suffix: str = "") -> None:
        """Make the Job, unless it is there; ``suffix`` tells it from others of its template.

        Raises NotFoundError when the store's chart has no such template, StoreFailedError when its
        namespace is lost, and the errors of ``ports.Cluster``.
        """
        store = self._store
        self.name = f"{self.template}{suffix}"
        labels = {STORE_LABEL: store.id, OPERATION_LABEL: str(store.operation_number)}
        try:
            await self._context.jobs.run(store.namespace, self.template, self.name, labels)
        except NotFoundError as error:
            if await is_namespace_gone(self._context, store):
                raise StoreFailedError(NAMESPACE_LOST) from error
            raise

    async def until_done(
        self,
        step: StepName,
        secrets: Sequence[str],
        explain: Callable[[str], Reason],
        check: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """Wait for the Job's end, and report meanwhile what it does as the step's progress.

        Raises StoreFailedError as soon as it can no longer end well. If the Job itself has failed,
        ``explain`` makes the reason from what its containers have said. ``check`` is called before
        each wait, and may raise.
        """
        observer, namespace = self._context.observer, self._store.namespace
        while True:
            # Read before the assessment: a change that comes after it is then not missed.
            revision = observer.revision(namespace)
            is_seen = any(job.name == self.name for job in self._observe().jobs)
            assessment = self._assess()
            if is_seen and assessment.fatal is not None:
                raise await self._failure(assessment.fatal, secrets, explain)
            if await is_namespace_gone(self._context, self._store):
                raise StoreFailedError(NAMESPACE_LOST)
            if is_seen and assessment.is_setup_done:
                return
            if check is not None:
                await check()
            await self._steps.report(step, self._progress(assessment))
            try:
                grace = assessment.recheck_after
                async with asyncio.timeout(grace.total_seconds() if grace else None):
                    await observer.changed(namespace, revision)
            except TimeoutError:
                continue  # a grace period has ended, so the same facts may now be fatal

    async def ends(self) -> Mapping[str, ContainerEnd]:
        """Return how the Job's containers have ended, by their names."""
        return await self._context.jobs.ends(self._store.namespace, self.name)

    async def remove(self) -> None:
        """Remove the Job and earlier ones of its template, which have nothing more to say."""
        for job in self._context.observer.observe(self._store.namespace).jobs:
            if job.component == self._component:
                await self._context.cluster.delete_job(self._store.namespace, job.name, job.uid)

    def _observe(self) -> Observation:
        """Return what is known of the namespace, as far as it matters to the Job."""
        return self._context.observer.observe(self._store.namespace)

    def _assess(self) -> Assessment:
        """Judge the Job by the rules that hold for a setup Job; the newest one is looked at."""
        return assess(
            workloads=(),
            setup_job=self._component,
            observation=self._observe(),
            now=self._context.cluster.now(),
            grace_periods=self._context.settings.grace_periods,
        )

    def _progress(self, assessment: Assessment) -> str:
        running = {
            container.name
            for pod in self._observe().pods
            if pod.component == self._component
            for container in pod.containers
            if container.state is ContainerState.RUNNING
        }
        told = (words for name, words in self._words.items() if name in running)
        return next(told, assessment.waiting_for)

    async def _failure(
        self,
        fatal: FatalFinding,
        secrets: Sequence[str],
        explain: Callable[[str], Reason],
    ) -> StoreFailedError:
        reason = fatal.reason
        if reason.code is ReasonCode.SETUP_JOB_FAILED:
            ended = (await self.ends()).values()
            said = " ".join(end.message.strip() for end in ended if end.exit_code and end.message)
            reason = explain(tail(said, _SAID) or reason.message)
        output = ""
        if fatal.pod and fatal.container:
            output = await self._context.cluster.log_tail(
                self._store.namespace, fatal.pod, fatal.container,
                lines=_LOG_LINES, previous=fatal.previous,
            )  # fmt: skip
        # A shop may print its own passwords.
        told = Reason(reason.code, scrub(reason.message, secrets))
        return StoreFailedError(told, output=tail(scrub(output, secrets)))
