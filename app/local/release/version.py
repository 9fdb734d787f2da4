"""The platform's version: pyproject.toml has it, and the places below repeat it.

The repetitions are files that others read as they are: charts, Dockerfiles, a guide to copy from.
``make version VERSION=…`` writes all of them, and a test names each that differs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.local.release.errors import ReleaseError

_VERSION = r"\d+\.\d+\.\d+"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file has the version, once or several times."""

    file: str
    before: str
    """A regular expression for what stands before it, on the same line or on those above."""

    def versions(self, text: str) -> list[str]:
        """Return the versions that stand there. Raises ReleaseError if there is none."""
        found = [match["version"] for match in self._pattern.finditer(text)]
        if not found:
            raise ReleaseError(
                f"{self.file} has no version after {self.before!r}. Mend the file, or say in"
                " app/local/release/version.py where its version is now."
            )
        return found

    def replace(self, text: str, version: str) -> str:
        """Return the text with another version there."""
        return self._pattern.sub(lambda match: f"{match['before']}{version}", text)

    @property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(f"(?P<before>{self.before})(?P<version>{_VERSION})", re.MULTILINE)


SOURCE = Place("pyproject.toml", r'^version = "')
COPIES = (
    Place("app/__init__.py", r'^__version__ = "'),
    Place("charts/store-platform/Chart.yaml", "^version: "),
    Place("charts/store-platform/Chart.yaml", '^appVersion: "'),
    Place("charts/medusa/Chart.yaml", "^version: "),
    Place("charts/woocommerce/Chart.yaml", "^version: "),
    Place(
        "charts/medusa/values.yaml", r"repository: store-platform/medusa-storefront\n.*\n +tag: "
    ),
    Place("Dockerfile", "store-platform/(?:api|dashboard):"),
    Place("charts/medusa/image/Dockerfile", "store-platform/medusa-storefront:"),
    Place("Makefile", "store-platform/(?:api|dashboard|medusa-storefront):"),
    Place("docs/kubernetes.md", r"\b(?:api|dashboard|medusa-storefront):"),
)


def current(root: Path) -> str:
    """Return the version that pyproject.toml has."""
    return SOURCE.versions((root / SOURCE.file).read_text())[0]


def differences(root: Path) -> Iterator[str]:
    """Yield each file that has another version than pyproject.toml, and which."""
    version = current(root)
    for place in COPIES:
        for found in place.versions((root / place.file).read_text()):
            if found != version:
                yield f"{place.file} has {found} after {place.before!r}"


def set_version(root: Path, version: str) -> None:
    """Write the version into pyproject.toml and all places.

    Raises ReleaseError, and changes nothing, if it is no version or a place is not found.
    """
    if re.fullmatch(_VERSION, version) is None:
        raise ReleaseError(f"{version!r} is no version. Give three numbers, such as 0.2.0.")
    texts: dict[str, str] = {}
    for place in (SOURCE, *COPIES):
        text = texts.get(place.file) or (root / place.file).read_text()
        place.versions(text)
        texts[place.file] = place.replace(text, version)
    for file, text in texts.items():
        (root / file).write_text(text)
