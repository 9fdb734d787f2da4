"""Images without a registry: made of files, kept as archives, and imported into containerd."""

import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.local.cluster.nodes.layout import NodeLayout

BUSYBOX = "localhost/busybox:1.35"
PAUSE = BUSYBOX  # it sleeps until it is killed, which is all that a pod's first process must do
_PATH = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BUSYBOX_PROGRAM = Path("/bin/busybox")  # Debian's busybox-static


class ImageError(Exception):
    """An image could not be made or imported; the message has what was said."""


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """What an image says about how it is run."""

    command: tuple[str, ...]
    user: str = "0"

    def as_json(self, layer_digests: list[str]) -> bytes:
        """Return the image's configuration, in the format of the OCI."""
        settings = {"Cmd": list(self.command), "Env": [f"PATH={_PATH}"], "User": self.user}
        return json.dumps(
            {
                "architecture": _architecture(),
                "os": "linux",
                "config": settings,
                "rootfs": {
                    "type": "layers",
                    "diff_ids": [f"sha256:{digest}" for digest in layer_digests],
                },
            }
        ).encode()


def write_archive(
    archive: Path, layers: Sequence[Path], *, reference: str, settings: ImageSettings
) -> None:
    """Write what `docker save` would write of an image; its layers are tar files."""
    names = [f"layer-{index}.tar" for index, _ in enumerate(layers)]
    manifest = [{"Config": "config.json", "RepoTags": [reference], "Layers": names}]
    configuration = settings.as_json([_digest(layer) for layer in layers])
    with tarfile.open(archive, "w") as tar:
        add_bytes(tar, "manifest.json", json.dumps(manifest).encode())
        add_bytes(tar, "config.json", configuration)
        for name, layer in zip(names, layers, strict=True):
            tar.add(layer, name)


def _digest(layer: Path) -> str:
    with layer.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def add_bytes(tar: tarfile.TarFile, name: str, content: bytes, *, mode: int = 0o644) -> None:
    """Add a file of root's."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def import_archive(node: NodeLayout, archive: Path) -> None:
    """Make an image known to the node. Raises ImageError."""
    done = subprocess.run(
        ["ctr", f"--address={node.socket}", "--namespace=k8s.io", "images", "import", archive],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise ImageError(f"{archive} could not be imported: {done.stderr.strip()}")


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


def _architecture() -> str:
    machine = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    )
    return machine.stdout.strip()
