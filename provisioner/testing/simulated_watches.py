"""Simulates the watches in memory: the port Observer."""

import asyncio

from provisioner.domain.cluster import Blocker, NamespaceState, Observation
from provisioner.kubernetes.labels import STORE_LABEL
from provisioner.testing.simulation import Simulation

HELD = Blocker(
    "NamespaceFinalizersRemaining",
    "Some content in the namespace has finalizers remaining: example.com/keep in 1 resource"
    " instances",
)
"""What blocks the deletion of namespaces while a simulated cluster ``is_holding``."""


class SimulatedWatches(Simulation):
    """Shows every change at once, without recording it first. Implements ``ports.Observer``."""

    def observe(self, namespace: str) -> Observation:
        found = self.namespaces.get(namespace)
        if found is None:
            return Observation(namespace=None)
        held = (HELD,) if found.is_terminating else ()
        state = NamespaceState(
            name=namespace, uid=found.uid, is_terminating=found.is_terminating, blockers=held
        )
        # The real watch selects namespaces by their label, so it does not show one without.
        seen = state if STORE_LABEL in found.labels else None
        return Observation(
            namespace=seen, pods=tuple(found.pods.values()), jobs=tuple(found.jobs.values())
        )

    def revision(self, namespace: str) -> int:
        return self._revisions[namespace]

    async def changed(self, namespace: str, since: int) -> None:
        while self._revisions[namespace] <= since:
            await self._changes.setdefault(namespace, asyncio.Event()).wait()

    def forget(self, namespace: str) -> None:
        self._revisions.pop(namespace, None)
