"""What the charts render by default, kept to be compared: a change of a template shows all it does.

``python -m tests.charts.snapshots`` writes it anew.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.local.cluster.tools import ensure_helm
from tests.charts.rendering import ENGINES, PLATFORM, STORE, Helm

FOLDER = Path(__file__).with_name("snapshots")
GIVEN: dict[Path, Mapping[str, Any]] = {
    **{engine: {"store": STORE} for engine in ENGINES},
    PLATFORM: {},
}


def snapshot(chart: Path) -> Path:
    """Return the file with what a chart is to render."""
    return FOLDER / f"{chart.name}.yaml"


def rendered(chart: Path, home: Path) -> str:
    """Return what a chart renders with nothing but what must be given, and no trailing spaces."""
    text = Helm(ensure_helm(), home, chart, GIVEN[chart]).text()
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def main() -> None:
    """Write the snapshots."""
    with TemporaryDirectory() as home:
        for chart in GIVEN:
            snapshot(chart).write_text(rendered(chart, Path(home)))


if __name__ == "__main__":
    main()
