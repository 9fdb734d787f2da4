"""Reads Dockerfiles: as much of the language as ours use, which have no here-documents."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

INSTRUCTIONS = frozenset(
    {
        "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "RUN", "SHELL",
        "STOPSIGNAL", "USER", "WORKDIR",
    }
)  # fmt: skip
"""What may stand in a stage."""


class DockerfileError(Exception):
    """A Dockerfile has what is not understood here; the message has the file and the line."""


@dataclass(frozen=True, slots=True)
class Copied:
    """One COPY. ``stage`` is where from, None for the build's context."""

    stage: str | None
    sources: tuple[str, ...]
    target: str
    mode: str | None = None


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
        return json_words(self.last(name))

    @property
    def environment(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, arguments in self.instructions:
            if name == "ENV":
                found.update(pairs(arguments))
        return found

    @property
    def copies(self) -> list[Copied]:
        return [copied(a) for name, a in self.instructions if name == "COPY"]


def pairs(arguments: str) -> dict[str, str]:
    """Return the variables of an ENV."""
    return dict(word.split("=", 1) for word in shlex.split(arguments))


def json_words(arguments: str) -> list[str]:
    """Return the words of an instruction in JSON form, whose options may stand before them."""
    words: list[str] = json.loads(arguments[arguments.index("[") :])
    return words


def copied(arguments: str) -> Copied:
    """Return what a COPY copies."""
    words = arguments.split()
    options = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
    *sources, target = [word for word in words if not word.startswith("--")]
    return Copied(options.get("from"), tuple(sources), target, options.get("chmod"))


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
    """Return the stages of a file by name, the last one's being "" if it has none.

    Raises DockerfileError.
    """
    lines = [line for line in resolved(file).splitlines() if not line.startswith("#")]
    found: dict[str, Stage] = {}
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, arguments = line.strip().partition(" ")
        if name == "FROM":
            base, _, alias = arguments.partition(" AS ")
            found[alias] = Stage(base)
        elif name and found:
            if name not in INSTRUCTIONS:
                raise DockerfileError(f"{file}: {name!r} is not understood here, in: {line}")
            found[list(found)[-1]].instructions.append((name, arguments.strip()))
    return found
