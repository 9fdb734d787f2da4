"""The real node of ``make up``: stores truly run on this machine, and their addresses open."""

import json

from app.local import backups, mail
from app.local.cluster import LocalCluster
from app.local.cluster.local_cluster import ClusterError
from app.local.cluster.nodes import host
from app.local.cluster.nodes.addresses import LINK
from app.local.cluster.nodes.images import ensure_imported
from app.local.cluster.nodes.layout import NodeLayout
from app.local.cluster.paths import NODE_VALUES
from app.local.cluster.progress import say
from app.local.images.building import ensure_image
from app.local.images.recipes import BACKUPS, ensure_images

_ENGINES = ("medusa",)
_UNAVAILABLE = {
    "woocommerce": "Its image can only be built with Docker, which does not run on this machine."
}


def start() -> dict[str, str]:
    """Start the cluster if it does not run, and return the service's settings for it.

    Raises ClusterError, HostError, ImageError, DockerfileError.
    """
    if LocalCluster.find() is None:
        _announce()
    host.ensure_packages()
    # Before the node: whatever fails here leaves the machine as it was.
    archives = [ensure_image(mail.recipe())]
    archives += [archive for name in (*_ENGINES, BACKUPS) for archive in ensure_images(name)]
    cluster = LocalCluster.up(has_real_node=True)
    node = cluster.layout.node
    if node is None:  # ``up`` has refused a cluster of the other kind
        raise ClusterError("The local Kubernetes has no real node.")
    for archive in archives:
        ensure_imported(node, archive)
    cluster.kubectl("apply", "--filename", str(mail.MANIFEST))
    return {
        **mail.settings(),
        **backups.start(cluster),
        **settings(node),
        "STORE_PLATFORM_KUBECONFIG": str(cluster.kubeconfig),
        "STORE_PLATFORM_CHART_VALUES": str(NODE_VALUES),
        "STORE_PLATFORM_UNAVAILABLE_ENGINES": json.dumps(_UNAVAILABLE),
    }


def settings(node: NodeLayout) -> dict[str, str]:
    """Return the service's settings by which shops of the node, open or closed, are reached."""
    return {
        "STORE_PLATFORM_INGRESS": node.ingress,
        "STORE_PLATFORM_SHOP_URL": node.shop_url,
        "STORE_PLATFORM_REACHABILITY_CHECK": "true",
        "STORE_PLATFORM_CLOSED_SHOPS_PORT": str(node.ports.closed_shops),
        # The ingress controller is a process of this machine: nobody else has to get there.
        "STORE_PLATFORM_CLOSED_SHOPS_HOST": "127.0.0.1",
    }


def _announce() -> None:
    """Say what the machine gets, before it gets anything."""
    missing = host.missing_packages()
    packages = f"the Debian packages {', '.join(missing)}, " if missing else ""
    kept = " but the packages" if missing else ""
    say(
        f"Stores will run on this machine. It gets {packages}a network link {LINK!r}, and firewall"
        f" rules for the pods' addresses. `make down` removes all of that{kept}."
        " To have simulated nodes instead: make up NODES=simulated"
    )
