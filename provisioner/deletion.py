"""From any status to DELETED, which is only said once the namespace is proven to be gone."""

import asyncio
from datetime import timedelta

from provisioner.errors import TerminalError
from provisioner.models import Observation, Reason, StepName, Store, StoreStatus
from provisioner.parts import Parts
from provisioner.rights import ensure_rights
from provisioner.steps import Outcome, StepRunner
from provisioner.transitions import DELETE_STEPS

_RECHECK = timedelta(seconds=10)
"""How often a missing watch event is made up for by asking; the watch is what is waited for."""


async def delete(parts: Parts, store: Store) -> Store:
    """Remove everything of the store, then mark it deleted.

    Raises TerminalError when a step fails for good; the store stays DELETING, with that reason.
    """
    if store.status is not StoreStatus.DELETING:
        store = await parts.records.transition(store, StoreStatus.DELETING, steps=DELETE_STEPS)
    removal = _Removal(parts, store)
    try:
        await removal.steps.run(StepName.HELM_UNINSTALL, removal.uninstall)
        await removal.steps.run(StepName.NAMESPACE_GONE, removal.remove_namespace)
    except TerminalError as error:
        if store.reason != error.reason:
            await parts.records.transition(store, StoreStatus.DELETING, reason=error.reason)
        raise
    await parts.records.record_pods(store.id, ())
    store = await parts.records.transition(store, StoreStatus.DELETED)
    parts.observer.forget(store.namespace)
    return store


_STUCK_AFTER = timedelta(seconds=20)
"""How long a namespace may take before what holds it becomes the store's reason."""


class _Removal:
    def __init__(self, parts: Parts, store: Store) -> None:
        self._parts = parts
        self._store = store
        self.steps = StepRunner(parts, store)

    async def uninstall(self) -> Outcome:
        if not await self._parts.cluster.namespace_exists(self._store.namespace):
            return Outcome("There is no namespace, so no release either.", is_skipped=True)
        seen = self._parts.observer.observe(self._store.namespace).namespace
        if seen is not None and seen.is_terminating:
            # The platform's rights there go with everything else, and nothing new can be made.
            return Outcome(
                "The namespace is going already, and the release in it.", is_skipped=True
            )
        await ensure_rights(self._parts, self._store.namespace)
        output = await self._parts.helm.uninstall(
            release=self._store.release, namespace=self._store.namespace
        )
        return Outcome(f"helm uninstalled release {self._store.release}.", output)

    async def remove_namespace(self) -> Outcome:
        namespace = self._store.namespace
        if await self._parts.cluster.delete_namespace(namespace):
            await self._until_gone()
        return Outcome(f"Namespace {namespace} is gone, with everything in it.")

    async def _until_gone(self) -> None:
        observer, namespace = self._parts.observer, self._store.namespace
        began = self._parts.clock.now()
        while True:
            revision = observer.revision(namespace)
            seen = observer.observe(namespace)
            if seen.namespace is None and not await self._parts.cluster.namespace_exists(namespace):
                return
            held = holders(seen)
            await self.steps.report(
                StepName.NAMESPACE_GONE,
                f"Namespace {namespace} is terminating." + (f" {held}" if held else ""),
            )
            if held and self._parts.clock.now() >= began + _STUCK_AFTER:
                await self._report_stuck(held)
            try:
                async with asyncio.timeout(_RECHECK.total_seconds()):
                    await observer.changed(namespace, revision)
            except TimeoutError:
                if not await self._parts.cluster.namespace_exists(namespace):
                    return

    async def _report_stuck(self, held: str) -> None:
        """Make what holds the deletion the store's reason, unless it is already."""
        message = (
            f"Namespace {self._store.namespace} cannot go. {held} Find out who should remove the"
            " finalizers; the deletion goes on by itself then."
        )
        reason = Reason("NAMESPACE_STUCK", message)
        if self._store.reason != reason:
            self._store = await self._parts.records.transition(
                self._store, StoreStatus.DELETING, reason=reason
            )


def holders(seen: Observation) -> str:
    """Return what holds a namespace's deletion: the cluster's own words, and what is still there.

    Source: the conditions of a terminating namespace, kubernetes
    pkg/controller/namespace/deletion/status_condition_utils.go.
    """
    if seen.namespace is None or not seen.namespace.blockers:
        return ""
    left = [f"pod {pod.name}" for pod in seen.pods]
    left += [f"job {job.name}" for job in seen.jobs]
    left += [f"volume claim {claim.name}" for claim in seen.claims]
    still = f" Still there: {', '.join(left)}." if left else ""
    return " ".join(f"{words.rstrip('.')}." for words in seen.namespace.blockers) + still
