"""Our Dockerfiles, and what their builds are given."""

from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLATFORM = ROOT / "Dockerfile"
SHOP = ROOT / "charts" / "woocommerce" / "image" / "Dockerfile"
MEDUSA = ROOT / "charts" / "medusa" / "image" / "Dockerfile"
MAIL = ROOT / "app" / "local" / "mail" / "Dockerfile"
DOCKERFILES = (PLATFORM, SHOP, MEDUSA, MAIL)


def is_ignored(path: Path) -> bool:
    """Tell whether .dockerignore keeps a file, or a folder that it is in, from a build.

    The last pattern that matches counts; one that begins with "!" takes back what others keep away.
    """
    relative = path.relative_to(ROOT)
    parts = [relative, *relative.parents[:-1]]
    is_kept_away = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if pattern and pattern[0] != "#" and any(_matches(part, pattern) for part in parts):
            is_kept_away = not line.startswith("!")
    return is_kept_away


def _matches(part: Path, pattern: str) -> bool:
    return fnmatch(str(part), pattern) or fnmatch(part.name, pattern.removeprefix("**/"))
