"""Runs commands in a file system of layers, each a folder; what they change is in the top one.

The mounts are in a namespace of the command's own, so nothing stays mounted however it ends.
"""

import os
import shutil
import ssl
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.local.images.archive import ImageError

_TRUST = "/run/trust.crt"
_TRUSTING = ("NODE_EXTRA_CA_CERTS", "PIP_CERT", "SSL_CERT_FILE")
"""Where Node, pip, and Go and OpenSSL look for the authorities that this machine trusts."""
_KEPT = 2000
_PASSED_ON = (
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "NPM_CONFIG_REGISTRY", "npm_config_registry", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL",
    "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE",
)  # fmt: skip
"""How this machine reaches the registries: Docker too passes on what is of the network."""
_MOUNT = """
set -eu
root=$1 lower=$2 upper=$3 work=$4; shift 4
mount -t overlay overlay -o "redirect_dir=off,lowerdir=$lower,upperdir=$upper,workdir=$work" "$root"
"""
# /run is not kept: what stands there belongs to a machine, not to an image.
_INSIDE = f"""{_MOUNT}
trust=$1; shift
for folder in dev proc; do mount --rbind "/$folder" "$root/$folder"; done
mount -t tmpfs tmpfs "$root/run"
for file in resolv.conf hosts; do mount --bind "/etc/$file" "$root/etc/$file"; done
[ -z "$trust" ] || cp "$trust" "$root{_TRUST}"
exec chroot "$root" env -i "$@"
"""
_IN_DIRECTORY = 'set -e; mkdir -p "$0"; cd "$0"; exec "$@"'
_COPY = f"""{_MOUNT}
source=$1 mode=$2 target=$root$3; shift 3
if [ "${{source#*:}}" != "$source" ]; then
    from=$root.from
    mount -t overlay overlay -o "lowerdir=$source" "$from"
else
    from=$source
fi
case $target in */) mkdir -p "$target" ;; *) mkdir -p "$(dirname "$target")" ;; esac
for name in "$@"; do
    if [ -d "$from/$name" ]; then
        mkdir -p "$target"
        cp -R --preserve=mode,timestamps,links "$from/$name/." "$target"
    else
        cp --no-dereference --preserve=mode,timestamps "$from/$name" "$target"
        [ -z "$mode" ] || case $target in
            */) chmod "$mode" "$target$(basename "$name")" ;;
            *) chmod "$mode" "$target" ;;
        esac
    fi
done
"""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Layers that are only read (``below``, the lowest first), and the folder for a new one."""

    below: tuple[Path, ...]
    folder: Path

    @property
    def upper(self) -> Path:
        """What has been changed: the new layer."""
        return self.folder / "upper"

    def run(
        self, command: Sequence[str], *, environment: Mapping[str, str], directory: str
    ) -> None:
        """Run a command within, as root, in a directory that is made if need be.

        Raises ImageError.
        """
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        trust = ssl.get_default_verify_paths().cafile or ""
        trusting = dict.fromkeys(_TRUSTING if trust else (), _TRUST)
        variables = {**passed_on, **trusting, **environment}
        words = [f"{name}={value}" for name, value in variables.items()]
        self._do(_INSIDE, [trust, *words, "/bin/sh", "-c", _IN_DIRECTORY, directory, *command])

    def copy(
        self, sources: Sequence[str], target: str, *, layers: Sequence[Path], mode: str | None
    ) -> None:
        """Copy files, as root's, from a folder or from other layers. Raises ImageError."""
        self._do(_COPY, [_lower(layers), mode or "", target, *sources])

    def discard(self) -> None:
        """Remove everything but the new layer."""
        for name in ("root", "root.from", "work"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _do(self, script: str, arguments: Sequence[str]) -> None:
        root, work = self.folder / "root", self.folder / "work"
        for folder in (root, self.folder / "root.from", work, self.upper):
            folder.mkdir(parents=True, exist_ok=True)
        self.upper.chmod(0o755)
        done = subprocess.run(
            ["unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh",
             str(root), _lower(self.below), str(self.upper), str(work), *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise ImageError(_shortened((done.stdout + done.stderr).strip()))


def _shortened(text: str) -> str:
    """Return how a command's words begin and end: tools differ in where they say why."""
    if len(text) <= 2 * _KEPT:
        return text
    return f"{text[:_KEPT]}\n…\n{text[-_KEPT:]}"


def _lower(layers: Sequence[Path]) -> str:
    """Return layers as the kernel wants them named: the uppermost first."""
    return ":".join(str(layer) for layer in reversed(layers))
