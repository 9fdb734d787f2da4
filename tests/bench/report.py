"""Figures, and the table that they are printed in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; ``goal`` is that of DESIGN §5.

    ``share`` is how much of what the goal allows was used: the goal is met up to 1. ``spread`` says
    how far the rounds lay apart.
    """

    name: str
    ours: str
    baseline: str
    compared: str
    goal: str
    share: float
    spread: str = "one round"

    @property
    def is_met(self) -> bool:
        return self.share <= 1


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value below which ``percent`` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(percent / 100 * len(ordered)) - 1, 0)]


def median_round(rounds: Sequence[Figure]) -> Figure:
    """Return the figure of the median round by share, with the best and the worst beside it.

    Of an even number of rounds it is the worse of the two in the middle.
    """
    if len(rounds) == 1:
        return rounds[0]
    ordered = sorted(rounds, key=lambda figure: figure.share)
    best, worst = (figure.compared or figure.ours for figure in (ordered[0], ordered[-1]))
    return replace(ordered[len(rounds) // 2], spread=f"{best} to {worst}, {len(rounds)} rounds")


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table."""
    rows = [("figure", "ours", "baseline", "compared", "spread", "goal", "met")]
    rows += [
        (f.name, f.ours, f.baseline, f.compared, f.spread, f.goal, "yes" if f.is_met else "NO")
        for f in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
