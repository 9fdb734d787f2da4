"""Images on a real node without a registry: imported into containerd from archives."""

import subprocess
import tarfile
from pathlib import Path

from app.local.cluster.nodes.layout import NodeLayout
from app.local.cluster.progress import ticking
from app.local.images.archive import ImageError, ImageSettings, add_bytes, write_archive

BUSYBOX = "localhost/busybox:1.35"
PAUSE = BUSYBOX  # it sleeps until it is killed, which is all that a pod's first process must do
_BUSYBOX_PROGRAM = Path("/bin/busybox")  # Debian's busybox-static


def import_archive(node: NodeLayout, archive: Path) -> None:
    """Make an image known to the node. Raises ImageError."""
    done = subprocess.run(
        ["ctr", f"--address={node.socket}", "--namespace=k8s.io", "images", "import", archive],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise ImageError(f"{archive} could not be imported: {done.stderr.strip()}")


def ensure_imported(node: NodeLayout, archive: Path) -> None:
    """Make an image known to the node, unless that was done. Raises ImageError.

    ``archive`` has a name of its own for each content, as ``ensure_image`` gives it.
    """
    done = node.folder / "imported" / archive.name
    if not done.exists():
        with ticking(f"Giving the node the image {archive.stem}"):
            import_archive(node, archive)
        done.parent.mkdir(exist_ok=True)
        done.touch()


def import_busybox(node: NodeLayout) -> None:
    """Make the image of one program, which is also what holds each pod's namespaces."""
    layer, archive = node.folder / "busybox.layer", node.folder / "busybox.tar"
    with tarfile.open(layer, "w") as tar:
        add_bytes(tar, "bin/busybox", _BUSYBOX_PROGRAM.read_bytes(), mode=0o755)
    settings = ImageSettings(command=("/bin/busybox", "sleep", "2147483647"))
    write_archive(archive, [layer], reference=BUSYBOX, settings=settings)
    import_archive(node, archive)
    layer.unlink()
    archive.unlink()
