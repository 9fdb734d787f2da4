"""Figures, and the table that they are printed in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; ``goal`` is that of DESIGN §5.

    ``share`` is how much of what the goal allows was used: the goal is met up to 1.
    """

    name: str
    ours: str
    baseline: str
    compared: str
    goal: str
    share: float

    @property
    def is_met(self) -> bool:
        return self.share <= 1


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value below which ``percent`` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(percent / 100 * len(ordered)) - 1, 0)]


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table."""
    rows = [("figure", "ours", "baseline", "compared", "goal", "met")]
    rows += [
        (f.name, f.ours, f.baseline, f.compared, f.goal, "yes" if f.is_met else "NO")
        for f in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
