"""The engines whose shops a guest buys in, on a real node.

``ENGINE=woocommerce`` in the environment chooses one; all of them are tested otherwise. Only Docker
can build WooCommerce's image, so its tests are skipped where there is none.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.local.cluster.nodes.images import ensure_imported
from app.local.cluster.nodes.layout import NodeLayout
from app.local.cluster.paths import NODE_VALUES, cache
from app.local.images import recipes
from app.local.images.archive import ImageError
from tests.real.wordpress import ensure_image

WOOCOMMERCE_IMAGE = "WOOCOMMERCE_IMAGE"
"""The variable that names an archive of WooCommerce's image, as ``docker save`` writes it."""


@dataclass(frozen=True, slots=True)
class RealEngine:
    """An engine; ``steps`` is the folder in ``dashboard/e2e`` of what is done in its shops.

    ``values`` is what differs on a node of this machine, and ``reason`` why it cannot be tested
    here.
    """

    name: str
    components: frozenset[str]
    steps: str
    values: Path
    reason: str | None = None

    def give_images(self, node: NodeLayout) -> None:
        """Give a node what the engine's pods run. Raises ImageError, DockerfileError."""
        if self.name == "medusa":
            archives = recipes.ensure_images(self.name)
        else:  # its database is the one of the stand-in
            archives = (ensure_image(), _woocommerce())
        for archive in archives:
            ensure_imported(node, archive)


def chosen() -> tuple[RealEngine, ...]:
    """Return the engines to test, those included that cannot be."""
    name = os.environ.get("ENGINE")
    found = tuple(engine for engine in _engines() if name in (None, "", engine.name))
    assert found, f"ENGINE names no engine: {name}"
    return found


def testable() -> Iterator[RealEngine]:
    return (engine for engine in chosen() if engine.reason is None)


def parameters(*names: str) -> list[object]:
    """Return the engines for ``parametrize``, or those named; skipped where there is no image."""
    return [
        pytest.param(
            engine,
            id=engine.name,
            marks=[pytest.mark.skip(reason=engine.reason)] if engine.reason else [],
        )
        for engine in chosen()
        if not names or engine.name in names
    ]


def _engines() -> tuple[RealEngine, RealEngine]:
    medusa = RealEngine(
        "medusa",
        frozenset({"postgres", "medusa", "storefront"}),
        "shop",
        NODE_VALUES / "medusa.yaml",
    )
    woocommerce = RealEngine(
        "woocommerce",
        frozenset({"mysql", "wordpress"}),
        "shop/woocommerce",
        Path(__file__).with_name("woocommerce.yaml"),
        _why_no_woocommerce(),
    )
    return medusa, woocommerce


def _why_no_woocommerce() -> str | None:
    if os.environ.get(WOOCOMMERCE_IMAGE) or _docker_image():
        return None
    return (
        "WooCommerce's image is not here: build it with Docker (`make images`), or name an archive"
        f" of it in {WOOCOMMERCE_IMAGE}."
    )


def _woocommerce() -> Path:
    """Return WooCommerce's image as an archive. Raises ImageError."""
    if given := os.environ.get(WOOCOMMERCE_IMAGE):
        return Path(given)
    reference = recipes.reference("woocommerce", "wordpress")
    image = (_docker_image() or "").rpartition(":")[2]
    archive = cache() / "images" / f"woocommerce-{image[:12]}.tar"
    if archive.exists():
        return archive
    archive.parent.mkdir(parents=True, exist_ok=True)
    saved = subprocess.run(
        ["docker", "save", "--output", archive, reference],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if saved.returncode != 0:
        archive.unlink(missing_ok=True)
        raise ImageError(f"docker save {reference} failed: {saved.stderr.strip()}")
    return archive


def _docker_image() -> str | None:
    """Return the id of WooCommerce's image in Docker, if it is there."""
    if not shutil.which("docker"):
        return None
    reference = recipes.reference("woocommerce", "wordpress")
    command = ["docker", "image", "inspect", "--format", "{{.Id}}", reference]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or None
