"""What a release is: its version, where it goes to, and where it is made."""

from dataclasses import dataclass
from pathlib import Path

from app.local.release.images import Builder, Registry
from app.local.release.runner import Runner


@dataclass(frozen=True, slots=True)
class Plan:
    """One release, as all its steps see it."""

    version: str
    registry: Registry
    runner: Runner
    """Runs in the repository's root."""
    helm: str = "helm"

    @property
    def root(self) -> Path:
        return self.runner.folder

    @property
    def tag(self) -> str:
        """Return the name of the release's tag in git."""
        return f"v{self.version}"

    @property
    def changelog(self) -> Path:
        return self.root / "CHANGELOG.md"

    @property
    def folder(self) -> Path:
        """Return the folder that everything is made in, which git ignores."""
        return self.root / "build" / "release" / self.version

    @property
    def source(self) -> Path:
        """Return the folder of what the tag has; its charts get the digests."""
        return self.folder / "source"

    @property
    def charts(self) -> Path:
        return self.folder / "charts"

    @property
    def packages(self) -> Path:
        return self.folder / "packages"

    @property
    def notes(self) -> Path:
        """Return the file of what the changelog says of the version."""
        return self.folder / "notes.md"

    @property
    def builder(self) -> Builder:
        runner = Runner(self.source, is_dry=self.runner.is_dry)
        return Builder(runner, self.registry, self.folder / "images")
