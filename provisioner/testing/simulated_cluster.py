"""A whole cluster in memory, and what a test may do to it from outside."""

from provisioner.testing.simulated_helm import SimulatedHelm, SimulatedReleases
from provisioner.testing.simulated_objects import SimulatedObjects
from provisioner.testing.simulated_watches import SimulatedWatches


class SimulatedCluster(SimulatedObjects, SimulatedHelm, SimulatedReleases, SimulatedWatches):
    """A cluster with helm and the watches: ports Cluster, Helm, Releases and Observer.

    Namespaces that are deleted while it ``is_holding`` stay until ``let_go``.
    """

    def lose(self, namespace: str) -> None:
        """Delete a namespace from outside."""
        self.namespaces.pop(namespace, None)
        self.announce(namespace)

    def unlabel(self, namespace: str) -> None:
        """Remove a namespace's labels from outside."""
        found = self.namespaces.get(namespace)
        if found is not None:
            found.labels.clear()
            self.announce(namespace)

    def let_go(self) -> None:
        """Hold no namespace any more: those that were deleted go now."""
        self.is_holding = False
        for name in [name for name, found in self.namespaces.items() if found.is_terminating]:
            self.lose(name)

    def replace_pods(self, namespace: str) -> None:
        """Have the store's pods made anew, by what ``is_image_missing`` says now."""
        found = self.namespaces.get(namespace)
        if found is not None:
            found.pods = {name: self.make_pod(name) for name in found.pods}
            self.announce(namespace)

    def remove_workloads(self, namespace: str) -> None:
        """Delete what helm installed, and so its pods, from outside."""
        found = self.namespaces.get(namespace)
        if found is not None and found.release:
            found.missing.update(found.pods)
            found.pods.clear()
            self.announce(namespace)

    def restore_workloads(self, namespace: str) -> None:
        """Bring back from outside what was deleted of what helm installed."""
        found = self.namespaces.get(namespace)
        if found is not None and found.release:
            self.put_back(found, found.release_name)
            self.announce(namespace)

    def restart(self) -> None:
        """Forget who was waiting: the service is another one now."""
        self._changes.clear()
        self._busy.clear()
