"""What a Dockerfile says, stage by stage: enough for ours, which have no here-documents."""

import json
import re
import shlex
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLATFORM = ROOT / "Dockerfile"
SHOP = ROOT / "charts" / "woocommerce" / "image" / "Dockerfile"
DOCKERFILES = (PLATFORM, SHOP)


@dataclass(frozen=True, slots=True)
class Copied:
    """One COPY. ``stage`` is where from, None for the build's context."""

    stage: str | None
    sources: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: its base, and its instructions in order as (name, arguments)."""

    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def last(self, name: str) -> str:
        """Return the arguments of the last instruction of a name."""
        return [arguments for found, arguments in self.instructions if found == name][-1]

    def words(self, name: str) -> list[str]:
        """Return the words of the last ENTRYPOINT, CMD or HEALTHCHECK, in their JSON form."""
        arguments = self.last(name)
        words: list[str] = json.loads(arguments[arguments.index("[") :])
        return words

    @property
    def environment(self) -> dict[str, str]:
        pairs = [shlex.split(a) for name, a in self.instructions if name == "ENV"]
        return dict(word.split("=", 1) for words in pairs for word in words)

    @property
    def copies(self) -> list[Copied]:
        return [_copied(a) for name, a in self.instructions if name == "COPY"]


def _copied(arguments: str) -> Copied:
    words = arguments.split()
    stage = next((w.removeprefix("--from=") for w in words if w.startswith("--from=")), None)
    *sources, target = [word for word in words if not word.startswith("--")]
    return Copied(stage, tuple(sources), target)


def bases(file: Path) -> dict[str, str]:
    """Return what may be given to a build before its first stage, with what it is else."""
    before = re.split(r"^FROM ", file.read_text(), maxsplit=1, flags=re.MULTILINE)[0]
    return dict(re.findall(r"^ARG (\w+)=(\S+)$", before, re.MULTILINE))


def resolved(file: Path) -> str:
    """Return a file's text with its bases in their places, as a build has it that is given none."""
    text = file.read_text()
    for name, value in bases(file).items():
        text = text.replace(f"FROM ${{{name}}}", f"FROM {value}")
    return text


def stages(file: Path) -> dict[str, Stage]:
    """Return the stages of a file by name, the last one's being "" if it has none."""
    lines = [line for line in resolved(file).splitlines() if not line.startswith("#")]
    found: dict[str, Stage] = {}
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, arguments = line.strip().partition(" ")
        if name == "FROM":
            base, _, alias = arguments.partition(" AS ")
            found[alias] = Stage(base)
        elif name and found:
            found[list(found)[-1]].instructions.append((name, arguments.strip()))
    return found


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
