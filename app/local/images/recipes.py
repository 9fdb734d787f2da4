"""Which images can be made without Docker: the platform's own, and those that engines need.

What an image is called stands in the chart, where the pods take it from.
"""

from pathlib import Path

import yaml

from app.local.cluster.paths import GO_MODULES
from app.local.images.building import Recipe, ensure_image

_ROOT = Path(__file__).resolve().parents[3]
CHARTS = _ROOT / "charts"
PLATFORM = "store-platform"
"""The chart of the platform itself."""
BACKUPS = "backups"
"""What backups of shops are made with, whichever their engine; no chart is called so."""
_MEDUSA = CHARTS / "medusa"
_POSTGRES = Path(__file__).with_name("postgres")
POSTGRES = "localhost/postgres:15-debian"
_RESTIC = Path(__file__).with_name("restic")
RESTIC = "localhost/restic:0.18.1"
"""restic and rest-server in one image."""


def recipes(chart: str) -> tuple[Recipe, ...]:
    """Return the recipes of a chart's images, or of BACKUPS; none if they cannot be made here."""
    if chart == BACKUPS:
        dockerfile = _RESTIC / "Dockerfile"
        return (Recipe(RESTIC, dockerfile, GO_MODULES, needed_gigabytes=3),)
    if chart == PLATFORM:
        return tuple(
            Recipe(reference(chart, name), _ROOT / "Dockerfile", _ROOT, name, needed_gigabytes=3)
            for name in ("api", "dashboard")
        )
    if chart != "medusa":
        return ()
    file = _MEDUSA / "image" / "Dockerfile"
    return (
        Recipe(reference("medusa", "medusa"), file, _MEDUSA, "server", needed_gigabytes=5),
        Recipe(reference("medusa", "storefront"), file, _MEDUSA, "storefront"),
        Recipe(POSTGRES, _POSTGRES / "Dockerfile", _POSTGRES),
    )


def ensure_images(chart: str) -> tuple[Path, ...]:
    """Return a chart's images as archives, making first what is not kept.

    Raises ImageError, DockerfileError.
    """
    return tuple(map(ensure_image, recipes(chart)))


def reference(chart: str, component: str) -> str:
    """Return the image of a component by default, as a node calls it."""
    image = yaml.safe_load((CHARTS / chart / "values.yaml").read_text())[component]["image"]
    version = yaml.safe_load((CHARTS / chart / "Chart.yaml").read_text())["appVersion"]
    return f"docker.io/{image['repository']}:{image['tag'] or version}"
