"""The charts render by default what they rendered when somebody last looked at it."""

from pathlib import Path

import pytest

from tests.charts.snapshots import GIVEN, rendered, snapshot


@pytest.mark.parametrize("chart", GIVEN, ids=lambda chart: chart.name)
def test_the_default_rendering_is_the_one_that_is_kept(chart: Path, tmp_path: Path) -> None:
    """Write it anew with ``python -m tests.charts.snapshots``, and look at what changed."""
    assert rendered(chart, tmp_path) == snapshot(chart).read_text()
