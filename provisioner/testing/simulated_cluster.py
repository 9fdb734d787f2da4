"""Simulates a whole cluster in memory, and lets tests change it from outside."""

from provisioner.testing.simulated_helm import SimulatedHelm, SimulatedReleases
from provisioner.testing.simulated_jobs import SimulatedJobs
from provisioner.testing.simulated_objects import SimulatedObjects
from provisioner.testing.simulated_watches import SimulatedWatches


class SimulatedCluster(
    SimulatedObjects, SimulatedHelm, SimulatedReleases, SimulatedJobs, SimulatedWatches
):
    """A cluster with helm and the watches.

    Implements ``ports.Cluster``, ``ports.Helm``, ``ports.Releases``, ``ports.Jobs`` and
    ``ports.Observer``. While ``is_holding`` is set, namespaces that are deleted stay terminating
    until ``let_go``.
    """

    # One class for all five ports, because a change through one must be seen through the others.

    def lose(self, namespace: str) -> None:
        """Delete a namespace at once, as somebody outside the platform would."""
        self.namespaces.pop(namespace, None)
        self.announce(namespace)

    def unlabel(self, namespace: str) -> None:
        """Remove a namespace's labels, as somebody outside the platform would."""
        found = self.namespaces.get(namespace)
        if found is not None:
            found.labels.clear()
            self.announce(namespace)

    def let_go(self) -> None:
        """Stop blocking deletions, and remove the namespaces that were deleted meanwhile."""
        self.is_holding = False
        # A list first, because ``lose`` changes the dict.
        for name in [name for name, found in self.namespaces.items() if found.is_terminating]:
            self.lose(name)

    def replace_pods(self, namespace: str) -> None:
        """Replace a store's pods with new ones, which are ready unless ``is_image_missing``."""
        found = self.namespaces.get(namespace)
        if found is not None:
            found.pods = {name: self.make_pod(name) for name in found.pods}
            self.announce(namespace)

    def remove_workloads(self, namespace: str) -> None:
        """Delete the workloads that helm installed, with their pods, from outside."""
        found = self.namespaces.get(namespace)
        if found is not None and found.release:
            found.missing.update(found.pods)
            found.pods.clear()
            self.announce(namespace)

    def restore_workloads(self, namespace: str) -> None:
        """Create the deleted workloads again, from outside."""
        found = self.namespaces.get(namespace)
        if found is not None and found.release:
            self.put_back(found, found.release_name)
            self.announce(namespace)

    def restart(self) -> None:
        """Forget all waiting and running calls, as after a restart of the service."""
        self._changes.clear()
        self._busy.clear()
