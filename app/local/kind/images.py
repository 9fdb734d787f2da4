"""The engines' images on kind: built by Docker, and loaded into the cluster's node."""

import subprocess
from collections.abc import Sequence

from app.local import mail
from app.local.cluster.local_cluster import ClusterError
from app.local.cluster.progress import say, ticking
from app.local.images.recipes import CHARTS, reference

_REASON = "Its image could not be built; `make up` says why."


def builds(engine: str) -> dict[str, list[str]]:
    """Return the options of ``docker build`` for an engine's images, as in the Makefile."""
    if engine == "woocommerce":
        folder = str(CHARTS / engine / "image")
        return {_tag(engine, "wordpress"): ["--build-arg", "WOOCOMMERCE_SHA256", folder]}
    dockerfile = ["--file", str(CHARTS / engine / "image" / "Dockerfile")]
    targets = {"medusa": "server", "storefront": "storefront"}
    return {
        _tag(engine, component): [*dockerfile, "--target", target, str(CHARTS / engine)]
        for component, target in targets.items()
    }


def ensure_images(cluster: str) -> dict[str, str]:
    """Build and load the images of all engines; return the reason for each that has none.

    Raises ClusterError if no engine has its images.
    """
    engines = ("medusa", "woocommerce")
    unavailable = {engine: _REASON for engine in engines if not _has_images(engine, cluster)}
    if len(unavailable) == len(engines):
        raise ClusterError("No engine's image could be built; docker says why above.")
    return unavailable


def ensure_mail_image(cluster: str) -> bool:
    """Build and load the image that keeps the shops' mail; return whether it is there now."""
    return _is_loaded(mail.IMAGE, [str(mail.FOLDER)], cluster, otherwise="the shops send no mail")


def _has_images(engine: str, cluster: str) -> bool:
    """Build and load an engine's images; return whether all are there now."""
    otherwise = f"no store of {engine} can be created"
    return all(
        _is_loaded(image, options, cluster, otherwise=otherwise)
        for image, options in builds(engine).items()
    )


def _is_loaded(image: str, options: Sequence[str], cluster: str, *, otherwise: str) -> bool:
    commands = (
        ["docker", "build", "--quiet", "--tag", image, *options],
        ["kind", "load", "docker-image", image, "--name", cluster],
    )
    with ticking(f"Building the image {image}, unless it is built, and loading it"):
        for command in commands:
            # What Docker says goes to the terminal: it can be much, and is not ours to cut.
            if subprocess.run(command, check=False).returncode != 0:
                say(f"{image} is not there, so {otherwise}.")
                return False
    return True


def _tag(engine: str, component: str) -> str:
    return reference(engine, component).removeprefix("docker.io/")
