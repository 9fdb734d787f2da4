"""Host names that are known within the cluster alone."""

import os

_CLUSTER_NAMES = (".svc", ".cluster.local")


def is_known_in_the_cluster_alone(host: str) -> bool:
    """Return whether pods find a host and this process, which is in none, need not."""
    return host.endswith(_CLUSTER_NAMES) and "KUBERNETES_SERVICE_HOST" not in os.environ


def unknown_here(place: str) -> str:
    """Return a sentence that says why such a place was not looked at."""
    return (
        f"{place} is a name within the cluster, which this machine does not know. Run the doctor in"
        " a pod of the API to have it looked at."
    )
