"""Images of Medusas that the product does not offer: one published before, and one that is to come.

The older one is made as the product's own is, of other packages. The one to come is the product's
own under another name: its pods wait for a migration by it.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from app.local.cluster import LocalCluster
from app.local.cluster.nodes.images import ensure_imported
from app.local.images.building import Recipe, ensure_image
from app.local.images.recipes import recipes, reference
from tests.real.platform.release import tag

PACKAGES = Path(__file__).with_name("older")
OLDER: str = json.loads((PACKAGES / "package.json").read_text())["dependencies"]["@medusajs/medusa"]
"""The version that was published before the present one; each of these is an image's tag."""
PRESENT = reference("medusa", "medusa").rpartition(":")[2]
BROKEN = "2.22.0"
MISSING = "2.22.1"
"""No image has it."""


def give_images_of_versions(cluster: LocalCluster) -> None:
    """Give the node all but the missing one, beside the product's own, which it has.

    Raises ImageError, DockerfileError.
    """
    assert cluster.layout.node is not None
    ensure_imported(cluster.layout.node, ensure_older_image())
    present = _present()
    tag(cluster, present.reference, _tagged(present, BROKEN))


def ensure_older_image() -> Path:
    """Return it as an archive, made now unless that was done from these very files.

    Raises ImageError, DockerfileError.
    """
    with older_recipe() as recipe:
        return ensure_image(recipe)


@contextmanager
def older_recipe() -> Iterator[Recipe]:
    """Give the recipe of the server's image, in a context with the older packages."""
    present = _present()
    with TemporaryDirectory(prefix="store-platform-older-") as temporary:
        context = Path(temporary, "medusa")
        shutil.copytree(present.context, context, symlinks=True)
        shutil.copytree(PACKAGES, context / "image", dirs_exist_ok=True)
        yield replace(present, reference=_tagged(present, OLDER), context=context)


def _present() -> Recipe:
    """Return the recipe of the product's own."""
    return recipes("medusa")[0]


def _tagged(recipe: Recipe, tag: str) -> str:
    name, _, _ = recipe.reference.rpartition(":")
    return f"{name}:{tag}"
