"""The engine of the tests on real nodes: the WooCommerce chart, and an image that can be had here.

The image is made of Debian's packages and the files of the chart's own image that fit. See
``engine.yaml`` for what it is not.
"""

import hashlib
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock

from app.local import debian
from app.local.cluster.paths import cache
from app.local.cluster.progress import ticking
from app.local.images.archive import ImageSettings, add_bytes, write_archive

REFERENCE = "localhost/wordpress:debian"

_SUITE = "bookworm"
_PACKAGES = (
    "apache2", "libapache2-mod-php", "mariadb-server", "php-cli", "php-mysql", "php-xml",
    "wordpress", "wordpress-theme-twentytwentythree",
)  # fmt: skip
_FOLDER = Path(__file__).parent
_IMAGE = _FOLDER / "image"
_CHART = _FOLDER.parents[1] / "charts" / "woocommerce"
_FILES = {
    _CHART / "image" / "wp-config.php": "usr/src/wordpress/wp-config.php",
    _CHART / "image" / "shop.conf": "etc/apache2/sites-available/000-default.conf",
    _CHART / "image" / "sync-content": "usr/local/bin/sync-content",
    _IMAGE / "serve-shop": "usr/local/bin/serve-shop",
    _IMAGE / "serve-database": "usr/local/bin/serve-database",
    _IMAGE / "setup-wordpress": "usr/local/bin/setup-wordpress",
}
_FILES |= {
    plugin: f"usr/src/mu-plugins/{plugin.name}"
    for plugin in sorted((_CHART / "image" / "mu-plugins").glob("*.php"))
}
"""What is put over Debian's files, and where."""


def write_engine(charts: Path, faulty: Mapping[str, Mapping[str, Any]]) -> None:
    """Make the engine's folder below ``charts``: the chart, described anew.

    ``faulty`` versions are the one that works with other values of the web server.
    """
    engine = yaml.safe_load((_FOLDER / "engine.yaml").read_text())
    (works,) = engine["versions"]
    for name, wordpress in faulty.items():
        values = {**works["values"], "wordpress": {**works["values"]["wordpress"], **wordpress}}
        engine["versions"].append({"name": name, "values": values})
    shutil.copytree(_CHART, charts / "wordpress")
    (charts / "wordpress" / "engine.yaml").write_text(yaml.safe_dump(engine))


def ensure_image() -> Path:
    """Return the image as an archive, made now unless that was done from these very files.

    Raises debian.PackageError.
    """
    base = _base()
    archive = _kept("wordpress", base.name, *(file.read_bytes() for file in _FILES))
    with FileLock(f"{archive}.lock"):
        if not archive.exists():
            with ticking("Making the WordPress image"):
                _write(archive, base)
    return archive


def _write(archive: Path, base: Path) -> None:
    fresh, files = archive.with_suffix(".making"), archive.with_suffix(".files")
    with tarfile.open(files, "w") as tar:
        for source, target in _FILES.items():
            add_bytes(tar, target, source.read_bytes(), mode=source.stat().st_mode & 0o755)
    settings = ImageSettings(command=("serve-shop",), user="33")  # Debian's www-data
    write_archive(fresh, [base, files], reference=REFERENCE, settings=settings)
    files.unlink()
    fresh.rename(archive)


def _base() -> Path:
    """Return a file system with Debian's packages, as a tar file."""
    prepare = _IMAGE / "prepare"
    base = _kept("debian", _SUITE, *_PACKAGES, prepare.read_bytes())
    with FileLock(f"{base}.lock"):
        if not base.exists():
            _install(base, prepare)
    return base


def _install(base: Path, prepare: Path) -> None:
    if not shutil.which("mmdebstrap"):
        debian.install(["mmdebstrap"], purpose="the image of the tests on real nodes")
    fresh = base.with_name(f"making-{base.name}")
    command = [
        "mmdebstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}",
        '--aptopt=APT::Install-Recommends "false"',
        "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
        f"--customize-hook={prepare}", _SUITE, str(fresh),
    ]  # fmt: skip
    with ticking("Installing WordPress and MariaDB into an image (once; some minutes)"):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        fresh.unlink(missing_ok=True)
        raise debian.PackageError(f"mmdebstrap failed:\n{done.stderr[-2000:]}")
    fresh.rename(base)


def _kept(name: str, *made_from: str | bytes) -> Path:
    """Return where something is kept: under a digest of what it is made from."""
    digest = hashlib.sha256()
    for part in made_from:
        digest.update(part if isinstance(part, bytes) else part.encode())
    path = cache() / "images" / f"{name}-{digest.hexdigest()[:12]}.tar"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
