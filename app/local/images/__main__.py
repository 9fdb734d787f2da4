"""``python -m app.local.images CHART…``: make the images of charts, and print where they are."""

import argparse
import sys

from app.local.cluster.progress import say
from app.local.images.archive import ImageError
from app.local.images.building import ensure_image
from app.local.images.dockerfile import DockerfileError
from app.local.images.recipes import recipes


def main() -> int:
    """Return the exit code: 0 made, 1 not."""
    parser = argparse.ArgumentParser(prog="python -m app.local.images", description=__doc__)
    parser.add_argument(
        "charts", metavar="CHART", nargs="+", help="a folder of charts/, or backups"
    )
    charts: list[str] = parser.parse_args().charts
    for chart in charts:
        if not recipes(chart):
            say(f"There is no image of {chart!r} that can be made without Docker.")
            return 1
    try:
        for recipe in [recipe for chart in charts for recipe in recipes(chart)]:
            print(f"{recipe.reference} {ensure_image(recipe)}", flush=True)
    except (ImageError, DockerfileError) as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
