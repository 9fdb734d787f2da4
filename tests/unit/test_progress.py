"""What somebody sees who waits for a build: what is done of all, in place or line by line."""

import sys
import time
from types import SimpleNamespace

import pytest

from app.local.cluster import progress
from app.local.cluster.progress import Progress, ticking


@pytest.mark.parametrize(
    ("done", "total", "shown"),
    [
        (0, 2310, "[--------------------] 0 of 2,310 packages"),
        (1234, 2310, "[##########----------] 1,234 of 2,310 packages"),
        (2309, 2310, "[###################-] 2,309 of 2,310 packages"),
        (2310, 2310, "[####################] 2,310 of 2,310 packages"),
        (1234, 0, "1,234 packages"),
    ],
)
def test_progress_is_a_bar_with_what_is_done_of_all(done: int, total: int, shown: str) -> None:
    assert str(Progress("packages", done, total)) == shown


@pytest.fixture
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at the progress come at once, by a clock that stands still."""
    monkeypatch.setattr(progress, "_LINE_SECONDS", 0.01)
    monkeypatch.setattr(progress, "_REDRAW_SECONDS", 0.01)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: 7.0))


@pytest.mark.usefixtures("_quick_looks")
@pytest.mark.parametrize(
    ("done", "total", "shown"),
    [(0, 0, "0 s so far"), (0, 4, "0 s so far"), (3, 4, "[###############-----] 3 of 4 packages")],
)
def test_without_a_terminal_each_look_is_a_line(
    capsys: pytest.CaptureFixture[str], done: int, total: int, shown: str
) -> None:
    first, *looks, last = _said(capsys, done, total)
    assert first == "Building helm …"
    assert set(looks) == {f"  … Building helm: {shown}"}
    assert last == "  Building helm: done in 0 s"


@pytest.mark.usefixtures("_quick_looks")
def test_on_a_terminal_progress_stays_in_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    first, line = _said(capsys, 3, 4)
    _, *looks, last = line.split("\r\x1b[2K")
    assert first == "Building helm …"
    assert set(looks) == {"  [###############-----] 3 of 4 packages"}
    assert last == "  Building helm: done in 0 s"


def _said(capsys: pytest.CaptureFixture[str], done: int, total: int) -> list[str]:
    """Return the lines that are written while somebody waits and looks at least once."""
    said = ""
    with ticking("Building helm") as counted:
        counted.unit, counted.done, counted.total = "packages", done, total
        while "so far" not in said and "packages" not in said:
            said += capsys.readouterr().err
            time.sleep(0.01)
    return (said + capsys.readouterr().err).removesuffix("\n").split("\n")
