"""What a build is given of its context: every file that the context's .dockerignore lets through.

Source of the rules: Docker's reference of Dockerfiles, "dockerignore file"; the last pattern that
matches counts, and one that begins with "!" takes back what others keep away.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

_RULES = ".dockerignore"


@dataclass(frozen=True)
class Context:
    """The folder that a Dockerfile's COPY copies from."""

    folder: Path

    @cached_property
    def _patterns(self) -> tuple[str, ...]:
        file = self.folder / _RULES
        lines = file.read_text().splitlines() if file.exists() else []
        return tuple(line for line in lines if line and line[0] != "#")

    def is_ignored(self, path: Path) -> bool:
        """Tell whether a file, or a folder that it is in, is kept from the build."""
        relative = path.relative_to(self.folder)
        parts = [relative, *relative.parents[:-1]]
        is_kept_away = False
        for line in self._patterns:
            if any(_matches(part, line.removeprefix("!")) for part in parts):
                is_kept_away = not line.startswith("!")
        return is_kept_away

    def files(self, source: str) -> Iterator[Path]:
        """Yield a source of a COPY and all that is below it, always in the same order."""
        top = self.folder / source
        yield top
        if top.is_dir() and not top.is_symlink():
            for path in sorted(top.iterdir()):
                if self._is_wanted(path):
                    yield from self.files(str(path.relative_to(self.folder)))

    @contextmanager
    def given(self) -> Iterator[Path]:
        """Give a folder with nothing but what the build is given; it is gone afterwards."""
        if not self._patterns:
            yield self.folder
            return
        with TemporaryDirectory(prefix="store-platform-context-") as copy:
            shutil.copytree(
                self.folder, copy, symlinks=True, ignore=self._unwanted, dirs_exist_ok=True
            )
            yield Path(copy)

    def _unwanted(self, folder: str, names: list[str]) -> set[str]:
        return {name for name in names if not self._is_wanted(Path(folder, name))}

    def _is_wanted(self, path: Path) -> bool:
        """Tell whether a path is given to the build, or is a folder that has something that is."""
        if not self.is_ignored(path):
            return True
        below = f"!{path.relative_to(self.folder)}/"
        return any(line.startswith(below) for line in self._patterns)


def _matches(part: Path, pattern: str) -> bool:
    return fnmatch(str(part), pattern) or fnmatch(part.name, pattern.removeprefix("**/"))
