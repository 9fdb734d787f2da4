"""The kind cluster of ``make up``: made once, with the images of the shops loaded into it."""

import subprocess
from pathlib import Path

from app.local.cluster.local_cluster import ClusterError
from app.local.cluster.progress import ticking
from app.local.images.recipes import CHARTS, reference

_NAME = "store-platform"


def start(state: Path) -> dict[str, str]:
    """Start the cluster if it does not run, and return the service's settings for it.

    Raises ClusterError.
    """
    kubeconfig = state / "kind.kubeconfig"
    existing = subprocess.run(
        ["kind", "get", "clusters"], capture_output=True, text=True, check=True
    ).stdout.split()
    if _NAME not in existing:
        with ticking("Creating the kind cluster"):
            subprocess.run(["kind", "create", "cluster", "--name", _NAME], check=True)
    for image, options in builds().items():
        _build(image, options)
        load = ["kind", "load", "docker-image", image, "--name", _NAME]
        subprocess.run(load, check=True)
    subprocess.run(
        ["kind", "export", "kubeconfig", "--name", _NAME, "--kubeconfig", str(kubeconfig)],
        check=True,
    )
    # No ingress controller is installed here, so no shop address could answer.
    return {
        "STORE_PLATFORM_KUBECONFIG": str(kubeconfig),
        "STORE_PLATFORM_REACHABILITY_CHECK": "false",
    }


def end() -> None:
    """Delete the cluster, with everything in it."""
    subprocess.run(["kind", "delete", "cluster", "--name", _NAME], check=False)


def builds() -> dict[str, list[str]]:
    """Return the options of ``docker build`` for each image, as in the Makefile's ``images``."""
    woocommerce, medusa = str(CHARTS / "woocommerce" / "image"), str(CHARTS / "medusa")
    dockerfile = ["--file", str(CHARTS / "medusa" / "image" / "Dockerfile")]
    return {
        _tag("woocommerce", "wordpress"): ["--build-arg", "WOOCOMMERCE_SHA256", woocommerce],
        _tag("medusa", "medusa"): [*dockerfile, "--target", "server", medusa],
        _tag("medusa", "storefront"): [*dockerfile, "--target", "storefront", medusa],
    }


def _tag(engine: str, component: str) -> str:
    return reference(engine, component).removeprefix("docker.io/")


def _build(image: str, options: list[str]) -> None:
    command = ["docker", "build", "--quiet", "--tag", image, *options]
    with ticking(f"Building the image {image}, unless it is built"):
        if subprocess.run(command, check=False).returncode != 0:
            raise ClusterError(f"The image {image} could not be built; docker says why above.")
