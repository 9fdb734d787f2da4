"""Builds an image from a Dockerfile without Docker, instruction by instruction."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from app.local.cluster.progress import say, ticking
from app.local.images.archive import ImageError, ImageSettings, write_archive, write_layer
from app.local.images.bases import Base, base, stand_in
from app.local.images.context import Context
from app.local.images.dockerfile import Stage, copied, json_words, pairs, stages
from app.local.images.overlay import Overlay
from app.local.images.store import digest_of, folder, making, require_space

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_SHELL = ("/bin/sh", "-c")
_SHOWN = 90


@dataclass(frozen=True, slots=True)
class Recipe:
    """An image, and what it is made from: a stage of a Dockerfile, and its build's context."""

    reference: str
    dockerfile: Path
    context: Path
    target: str = ""
    needed_gigabytes: float = 1.0


def ensure_image(recipe: Recipe) -> Path:
    """Return the image as an archive, made now unless that was done from these very files.

    Raises ImageError, DockerfileError.
    """
    build = _Build(recipe)
    name = recipe.reference.rpartition("/")[2].replace(":", "-")
    kept = folder() / f"{name}-{digest_of(recipe.reference, build.digest(recipe.target))}.tar"
    with making(kept) as fresh:
        if fresh is not None:
            require_space(recipe.needed_gigabytes, f"Making the image {recipe.reference}")
            with ticking(f"Making the image {recipe.reference} (once)"):
                _write(fresh, build.stage(recipe.target), recipe.reference)
    return kept


def _write(archive: Path, image: Base, reference: str) -> None:
    with TemporaryDirectory(dir=archive.parent) as temporary:
        layers = []
        for index, layer in enumerate(image.layers):
            layers.append(Path(temporary) / f"{index}.tar")
            write_layer(layers[-1], layer)
        write_archive(archive, layers, reference=reference, settings=image.settings)


class _Build:
    """One build: its stages are made when they are asked for, and kept for the next build."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._context = Context(recipe.context)
        self._made: dict[str, Base] = {}

    @cached_property
    def _stages(self) -> Mapping[str, Stage]:
        return stages(self._recipe.dockerfile)

    def digest(self, name: str) -> str:
        """Return a digest of all that a stage is made from."""
        stage = self._stages[name]
        return digest_of(
            self._digest_below(stage.base),
            json.dumps(stage.instructions),
            *(self.digest(c.stage) for c in stage.copies if c.stage is not None),
            *(part for c in stage.copies if c.stage is None for part in self._content(c.sources)),
        )

    def _digest_below(self, base: str) -> str:
        if base in self._stages:
            return self.digest(base)
        made_here = _stand_in(base)
        return base if made_here is None else made_here.digest("")

    def _content(self, sources: tuple[str, ...]) -> Iterator[str | bytes]:
        for source in sources:
            top = self._recipe.context / source
            if not top.exists():
                raise ImageError(f"{self._recipe.dockerfile}: COPY of {source}: there is no {top}.")
            for path in self._context.files(source):
                yield f"{path.relative_to(self._recipe.context)} {path.lstat().st_mode:o}"
                if path.is_file():
                    yield path.read_bytes()

    def stage(self, name: str) -> Base:
        """Return a stage, making it now unless it was made from these very files."""
        if name not in self._made:
            self._made[name] = self._do(name)
        return self._made[name]

    def _do(self, name: str) -> Base:
        stage = self._stages[name]
        below = self._below(stage.base)
        kept = folder() / f"stage-{name or 'last'}-{self.digest(name)}"
        with making(kept) as fresh:
            for source in [c.stage for c in stage.copies if c.stage is not None and fresh]:
                self.stage(source)
            work = _Instructions(self, stage, below, fresh)
            settings = work.carry_out()
        return Base((*below.layers, kept / "upper"), settings)

    def _below(self, name: str) -> Base:
        """Return what a stage is FROM: another stage, or a base image."""
        if name in self._stages:
            return self.stage(name)
        made_here = _stand_in(name)
        return base(name) if made_here is None else made_here.stage("")

    @contextmanager
    def layers(self, source: str | None) -> Iterator[tuple[Path, ...]]:
        """Give what COPY copies from: another stage's layers, or the build's context."""
        if source is not None:
            yield self.stage(source).layers
            return
        with self._context.given() as folder:
            yield (folder,)


def _stand_in(name: str) -> _Build | None:
    """Return the build of what stands in for a base image, if it has a Dockerfile here."""
    file = stand_in(name)
    return None if file is None else _Build(Recipe(name, file, file.parent))


class _Instructions:
    """A stage's instructions, carried out in order; without a folder only the settings change."""

    def __init__(self, build: _Build, stage: Stage, below: Base, target: Path | None) -> None:
        self._build = build
        self._stage = stage
        self._overlay = Overlay(below.layers, target) if target else None
        self._arguments: dict[str, str] = {}
        self._shell: tuple[str, ...] = _SHELL
        self._settings = below.settings

    def carry_out(self) -> ImageSettings:
        """Do all of it, and return how what was made is run."""
        for number, (name, arguments) in enumerate(self._stage.instructions, 1):
            if self._overlay and name in ("RUN", "COPY"):
                total = len(self._stage.instructions)
                say(f"  {number}/{total} {name} {arguments}"[:_SHOWN])
            try:
                self._one(name, arguments)
            except ImageError as error:
                raise ImageError(f"{name} {arguments[:_SHOWN]} failed:\n{error}") from error
        if self._overlay:
            self._overlay.upper.mkdir(parents=True, exist_ok=True)
            self._overlay.discard()
        return self._settings

    def _one(self, name: str, arguments: str) -> None:
        if name == "RUN":
            self._run(arguments)
        elif name == "COPY":
            self._copy(self._expanded(arguments))
        elif name == "ARG":
            key, _, value = self._expanded(arguments).partition("=")
            self._arguments[key] = value
        elif name == "SHELL":
            self._shell = tuple(json_words(arguments))
        elif name not in ("EXPOSE", "HEALTHCHECK"):  # which Kubernetes does not look at
            self._settings = self._changed(name, arguments)

    def _changed(self, name: str, arguments: str) -> ImageSettings:
        settings = self._settings
        match name:
            case "ENV":
                new = pairs(self._expanded(arguments))
                return replace(settings, environment={**settings.environment, **new})
            case "WORKDIR":
                directory = str(Path(settings.directory) / self._expanded(arguments))
                return replace(settings, directory=directory)
            case "USER":
                return replace(settings, user=arguments)
            case "ENTRYPOINT":
                return replace(settings, entrypoint=tuple(json_words(arguments)), command=())
            case "CMD":
                return replace(settings, command=tuple(json_words(arguments)))
            case "STOPSIGNAL":
                return replace(settings, stop_signal=arguments)
        raise ImageError(f"{name} is not understood here.")

    def _run(self, command: str) -> None:
        if self._settings.user != "0":
            raise ImageError("RUN after USER is not understood here: commands are root's.")
        if self._overlay:
            self._overlay.run(
                [*self._shell, command],
                environment={"HOME": "/root", **self._settings.environment, **self._arguments},
                directory=self._settings.directory,
            )

    def _copy(self, arguments: str) -> None:
        if self._overlay:
            what = copied(arguments)
            target = str(Path(self._settings.directory) / what.target)
            if what.target.endswith("/") or len(what.sources) > 1:
                target += "/"
            with self._build.layers(what.stage) as layers:
                self._overlay.copy(what.sources, target, layers=layers, mode=what.mode)

    def _expanded(self, text: str) -> str:
        known = {**self._arguments, **self._settings.environment}
        return _VARIABLE.sub(lambda found: known.get(found[1] or found[2], ""), text)
