"""The figures as pictures: how much of each goal was used, and how a cost grows.

They are plain SVG, without scripts, so that a README can show them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pygal
from pygal.style import CleanStyle

from tests.bench.report import Figure

_CAP_PERCENT = 200  # a bar beyond is cut: it would flatten the others


@dataclass(frozen=True, slots=True)
class Growth:
    """A cost at several sizes: ``points`` are (size, cost), ``unit`` that of the cost."""

    name: str
    unit: str
    points: tuple[tuple[int, float], ...]


_PLAIN = {"style": CleanStyle, "js": (), "width": 900, "no_prefix": True}


def goals_chart(figures: Sequence[Figure]) -> str:
    """Return an SVG with a bar for each figure: the share of its goal that was used."""
    chart = pygal.HorizontalBar(
        title="Used of each goal (100 % is the goal; shorter is better)",
        show_legend=False,
        range=(0, _CAP_PERCENT),
        height=80 + 34 * len(figures),
        print_values=True,
        truncate_label=-1,
        value_formatter=lambda percent: f"{percent:.0f} %",
        **_PLAIN,
    )
    figures = figures[::-1]  # it draws from below
    chart.x_labels = [figure.name for figure in figures]
    chart.y_labels = range(0, _CAP_PERCENT + 1, 50)
    met, missed = CleanStyle.colors[0], "#c0392b"
    bars = [
        {
            "value": min(max(figure.share * 100, 0.0), _CAP_PERCENT),
            "color": met if figure.is_met else missed,
        }
        for figure in figures
    ]
    chart.add("used", bars)
    return _svg(chart)


def growth_chart(title: str, growths: Sequence[Growth]) -> str:
    """Return an SVG with a line for each cost, both axes logarithmic: a slope of 1 is linear."""
    chart = pygal.XY(title=title, logarithmic=True, height=420, legend_at_bottom=True, **_PLAIN)
    chart.x_labels = sorted({size for growth in growths for size, _ in growth.points})
    for growth in growths:
        chart.add(f"{growth.name} ({growth.unit})", list(growth.points))
    return _svg(chart)


def _svg(chart: pygal.graph.graph.Graph) -> str:
    text: str = chart.render(is_unicode=True, disable_xml_declaration=False)
    return text
