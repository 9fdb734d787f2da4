"""RESULTS.md: what a whole run measured, on which machine and when, with its pictures beside it."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.charts import Growth, goals_chart, growth_chart
from tests.bench.report import Figure, table

FOLDER = Path(__file__).parent


def write(
    figures: Sequence[Figure], growths: Mapping[str, Sequence[Growth]], folder: Path = FOLDER
) -> Path:
    """Write RESULTS.md and its pictures into a folder; return the page. Each growth has a title."""
    (folder / "goals.svg").write_text(goals_chart(figures))
    parts = [
        "# Results",
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}, on {machine()}.",
        "![How much of each goal was used](goals.svg)",
        table(figures),
    ]
    for number, (title, lines) in enumerate(growths.items()):
        name = f"growth-{number}.svg"
        (folder / name).write_text(growth_chart(title, lines))
        parts += [f"## {title}", f"![{title}]({name})", "\n".join(map(_row, lines))]
    page = folder / "RESULTS.md"
    page.write_text("\n\n".join(parts) + "\n")
    return page


def machine() -> str:
    """Tell what the figures hold for: processor, cores, memory, kernel, Python."""
    processor = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({processor[1] if processor else platform.machine()}),"
        f" {memory:.0f} GiB of memory, {platform.system()} {platform.release()},"
        f" Python {platform.python_version()}"
    )


def _row(growth: Growth) -> str:
    points = ", ".join(f"{cost:.3g} {growth.unit} at {size:,}" for size, cost in growth.points)
    return f"- {growth.name}: {points}"
