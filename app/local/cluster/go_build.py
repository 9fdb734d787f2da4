"""Builds a Go program from published modules, and counts what is done of it."""

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from app.local.cluster.progress import Progress, say, ticking
from app.local.cluster.toolchain import go_program

_ERROR_LINES = 15
_FLAGS = (
    # Without -trimpath: it would compile a package anew for each go.mod that replaces the version.
    "-buildvcs=false",
    # The linker drops what debuggers read (-w); not writing it at all saves a quarter of the time.
    "-gcflags=all=-dwarf=false",
)


class BuildError(Exception):
    """A program could not be built; the message has the compiler's last lines."""


@dataclass(frozen=True, slots=True)
class Source:
    """A main package, and where its modules are pinned."""

    folder: Path
    """Has the go.mod and the go.sum, which pin everything."""
    package: str
    variables: Mapping[str, str]
    """Strings that are set in the program, such as its version."""
    tags: str = ""
    """Build tags, separated by commas."""

    @property
    def flags(self) -> tuple[str, ...]:
        return (*_FLAGS, "-tags", self.tags) if self.tags else _FLAGS


def build(title: str, source: Source, target: Path) -> None:
    """Build a program, telling how far it is. Raises BuildError.

    What Go has compiled before, for another program or an earlier version, comes from Go's cache
    and is not counted.
    """
    with ticking(f"Fetching the modules of {title}") as progress:
        packages = _uncompiled(source, progress)
    fresh = target.with_suffix(".building")
    set_variables = " ".join(f"-X {name}={value}" for name, value in source.variables.items())
    command = [
        "build", "-v", *source.flags, "-ldflags", f"-s -w {set_variables}", "-o", str(fresh),
        source.package,
    ]  # fmt: skip
    with ticking(f"Building {title} (once)") as progress:
        progress.unit, progress.total = "packages", len(packages)
        try:
            _go(command, source.folder, progress, packages.__contains__)
        except BuildError as error:
            fresh.unlink(missing_ok=True)
            raise BuildError(f"{title} could not be built:\n{error}") from error
    fresh.rename(target)
    say(f"  kept as {target}")


def count_lines(
    lines: Iterable[str], progress: Progress, is_counted: Callable[[str], bool]
) -> list[str]:
    """Count what a Go command has come to, by the lines it writes; return the other lines.

    ``go build -v`` names each package when its turn comes, and ``go list`` says what it downloads;
    everything else is an error.
    """
    others = []
    for line in map(str.rstrip, lines):
        if is_counted(line):
            progress.done += 1
        else:
            others.append(line)
    return others


def is_download(line: str) -> bool:
    return line.startswith("go: downloading ")


def _uncompiled(source: Source, progress: Progress) -> frozenset[str]:
    """Download the modules, and return the packages that are yet to be compiled."""
    progress.unit = "modules"
    stale = "{{if .Stale}}{{.ImportPath}}{{end}}"
    command = ["list", "-deps", *source.flags, "-f", stale, source.package]
    return frozenset(_go(command, source.folder, progress, is_download).split())


def _go(
    arguments: Sequence[str],
    folder: Path,
    progress: Progress,
    is_counted: Callable[[str], bool],
) -> str:
    """Run a Go command, counting lines of its stderr; return its stdout. Raises BuildError."""
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    with (
        TemporaryFile("w+") as output,
        subprocess.Popen(
            [go_program(), *arguments], cwd=folder, env=environment,
            stdout=output, stderr=subprocess.PIPE, text=True,
        ) as process,
    ):  # fmt: skip
        assert process.stderr is not None  # noqa: S101 - a pipe, as asked for
        errors = count_lines(process.stderr, progress, is_counted)
        if process.wait() != 0:
            raise BuildError("\n".join(errors[-_ERROR_LINES:]))
        output.seek(0)
        return output.read()
