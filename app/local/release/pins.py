"""Writes into charts which images a release has: the registry, and each image's digest."""

import re
from pathlib import Path

from app.local.release.errors import ReleaseError
from app.local.release.images import Image, Registry

_EXAMPLE = "ghcr.io/example/"
"""The registry of values-prod.yaml, where a reader is to put their own."""


def pin(source: Path, image: Image, registry: Registry, digest: str) -> None:
    """Name an image by its digest in its chart, and in the version that an engine offers.

    Raises ReleaseError if the chart does not name it as expected.
    """
    chart = source / "charts" / image.chart
    tag = image.tag(source)
    values = chart / "values.yaml"
    values.write_text(pinned_values(values.read_text(), image, registry, digest))
    engine = chart / "engine.yaml"
    if engine.exists():
        asked = f"{image.component}: {{image: {{tag: {tag}"
        text = engine.read_text().replace(f"{asked}}}}}", f"{asked}@{digest}}}}}")
        engine.write_text(text)


def pinned_values(text: str, image: Image, registry: Registry, digest: str) -> str:
    """Return the text of a values.yaml with an image's repository and digest.

    A chart without a value for the digest takes it behind the tag. Raises ReleaseError.
    """
    pattern = (
        rf"(?P<key>repository: )store-platform/{re.escape(image.name)}\n"
        r'(?P<between>(?: *(?:#.*|tag: "")\n)*)(?P<space> *)(?P<value>digest: ""|tag: [^"\s@]+)\n'
    )
    found = re.findall(pattern, text)
    if len(found) != 1:
        raise ReleaseError(
            f"charts/{image.chart}/values.yaml has {len(found)} places for the digest of"
            f" store-platform/{image.name}; one is expected, with its tag or digest below it."
        )
    return re.sub(pattern, lambda match: _pinned(match, registry.repository(image), digest), text)


def name_registry(source: Path, registry: Registry) -> None:
    """Have the platform's values for production take the images from the registry."""
    values = source / "charts" / "store-platform" / "values-prod.yaml"
    values.write_text(values.read_text().replace(_EXAMPLE, f"{registry.address}/"))


def _pinned(match: re.Match[str], repository: str, digest: str) -> str:
    value = f"digest: {digest}" if "digest" in match["value"] else f"{match['value']}@{digest}"
    return f"{match['key']}{repository}\n{match['between']}{match['space']}{value}\n"
