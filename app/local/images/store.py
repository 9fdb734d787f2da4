"""Keeps what was made, under a digest of what it was made from, and never a half of it."""

import errno
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from app.local.cluster.paths import cache
from app.local.images.archive import ImageError

_GIGABYTE = 10**9
_NO_SPACE = ("No space left on device", "ENOSPC")


def folder() -> Path:
    """Return where images and their parts are kept."""
    return cache() / "images"


def digest_of(*parts: str | bytes) -> str:
    """Return a digest of the parts; where one ends and the next begins counts."""
    digest = hashlib.sha256()
    for part in parts:
        content = part if isinstance(part, bytes) else part.encode()
        digest.update(len(content).to_bytes(8) + content)
    return digest.hexdigest()[:12]


@contextmanager
def making(kept: Path) -> Iterator[Path | None]:
    """Give a path to make something at, or None if it is made already.

    It takes its place when the block ends well, and is removed otherwise; others who want the same
    wait. Raises ImageError in place of an error that says the disk is full.
    """
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh = kept.with_name(f"making-{kept.name}")
    with FileLock(f"{kept}.lock"):
        if kept.exists():
            yield None
            return
        _remove(fresh)  # of a making that was cut short
        try:
            yield fresh
            fresh.rename(kept)
        except (ImageError, OSError) as error:
            if is_disk_full(error):
                raise ImageError(
                    f"The disk with {kept.parent} is full: {kept.name} could not be made."
                    " Free some space, or name another folder with STORE_PLATFORM_CACHE."
                ) from error
            raise
        finally:
            _remove(fresh)


def is_disk_full(error: ImageError | OSError) -> bool:
    """Tell whether an error is one for want of space, of ours or of a program that was run."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return True
    return any(words in str(error) for words in _NO_SPACE)


def require_space(gigabytes: float, purpose: str) -> None:
    """Refuse to begin what would fill the disk. Raises ImageError."""
    folder().mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder()).free / _GIGABYTE
    if free < gigabytes:
        raise ImageError(
            f"{purpose} needs {gigabytes:g} GB in {folder()}, where {free:.1f} GB are free."
            " Free some, or name another folder with STORE_PLATFORM_CACHE."
        )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
