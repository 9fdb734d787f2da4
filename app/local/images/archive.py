"""Writes images as `docker save` does: layers as tar files, and how the image is run."""

import hashlib
import io
import json
import os
import stat
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_REMOVED, _EMPTIED = ".wh.", ".wh..wh..opq"
"""How a layer says that a file, or all of a folder, of the layers below is not there: OCI's image
specification, layer.md."""


class ImageError(Exception):
    """An image could not be made or imported; the message has what was said."""


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """What an image says about how it is run."""

    command: tuple[str, ...] = ()
    user: str = "0"
    entrypoint: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    directory: str = "/"
    stop_signal: str = "SIGTERM"

    def as_json(self, layer_digests: list[str]) -> bytes:
        """Return the image's configuration, in the format of the OCI."""
        settings = {
            "Cmd": list(self.command),
            "Entrypoint": list(self.entrypoint),
            "Env": [f"{name}={value}" for name, value in self.environment.items()],
            "StopSignal": self.stop_signal,
            "User": self.user,
            "WorkingDir": self.directory,
        }
        return json.dumps(
            {
                "architecture": architecture(),
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


def write_layer(layer: Path, folder: Path) -> None:
    """Write a folder as a layer: the upper one of an overlay, or a whole file system."""
    with tarfile.open(layer, "w") as tar:
        for path in _below(folder):
            name = str(path.relative_to(folder))
            found = path.lstat()
            if stat.S_ISCHR(found.st_mode) and found.st_rdev == 0:
                add_bytes(tar, f"{Path(name).parent}/{_REMOVED}{path.name}", b"")
                continue
            entry = tar.gettarinfo(path, name)
            entry.uname = entry.gname = ""
            if entry.isreg():
                with path.open("rb") as content:
                    tar.addfile(entry, content)
            else:
                tar.addfile(entry)
            if entry.isdir() and _is_emptied(path):
                add_bytes(tar, f"{name}/{_EMPTIED}", b"")


def _below(folder: Path) -> Iterator[Path]:
    """Yield everything in a folder, in an order that is always the same."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path))


def _is_emptied(folder: Path) -> bool:
    try:
        return os.getxattr(folder, "trusted.overlay.opaque") == b"y"
    except OSError:
        return False


def architecture() -> str:
    """Return this machine's, in the words of Debian and of images."""
    machine = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    )
    return machine.stdout.strip()
