"""Which images the engines need that can be made without Docker, by the name of the engine.

What an image is called stands in the engine's chart, where the pods take it from.
"""

from pathlib import Path

import yaml

from app.local.images.building import Recipe, ensure_image

CHARTS = Path(__file__).resolve().parents[3] / "charts"
_MEDUSA = CHARTS / "medusa"
_POSTGRES = Path(__file__).with_name("postgres")
POSTGRES = "localhost/postgres:15-debian"


def recipes(engine: str) -> tuple[Recipe, ...]:
    """Return the recipes of an engine's images; none if they cannot be made here."""
    if engine != "medusa":
        return ()
    file = _MEDUSA / "image" / "Dockerfile"
    return (
        Recipe(reference("medusa", "medusa"), file, _MEDUSA, "server", needed_gigabytes=5),
        Recipe(reference("medusa", "storefront"), file, _MEDUSA, "storefront"),
        Recipe(POSTGRES, _POSTGRES / "Dockerfile", _POSTGRES),
    )


def ensure_images(engine: str) -> tuple[Path, ...]:
    """Return an engine's images as archives, making first what is not kept.

    Raises ImageError, DockerfileError.
    """
    return tuple(map(ensure_image, recipes(engine)))


def reference(engine: str, component: str) -> str:
    """Return the image of a component by default, as a node calls it."""
    values = yaml.safe_load((CHARTS / engine / "values.yaml").read_text())
    image = values[component]["image"]
    return f"docker.io/{image['repository']}:{image['tag']}"
