"""What somebody sees who waits for a build: what is done of all, in place or line by line."""

import sys
import time
from types import SimpleNamespace

import pytest

from app.local.cluster import progress
from app.local.cluster.go_build import count_lines, is_download
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


def test_each_package_is_counted_and_what_else_go_says_is_kept() -> None:
    packages = {"internal/cpu", "k8s.io/api/core/v1", "k8s.io/kubernetes/pkg/apis/core"}
    said = [
        "internal/cpu\n",
        "k8s.io/api/core/v1\n",
        "# k8s.io/api/core/v1\n",
        "types.go:12:2: undefined: Pod\n",
    ]
    counted = Progress("packages", total=len(packages))
    assert count_lines(said, counted, packages.__contains__) == [
        "# k8s.io/api/core/v1",
        "types.go:12:2: undefined: Pod",
    ]
    assert counted == Progress("packages", done=2, total=3)


def test_each_module_is_counted_as_its_download_begins() -> None:
    said = ["go: downloading k8s.io/api v0.35.4\n", "go: k8s.io/api@v0.35.4: checksum mismatch\n"]
    counted = Progress("modules")
    assert count_lines(said, counted, is_download) == ["go: k8s.io/api@v0.35.4: checksum mismatch"]
    assert str(counted) == "1 modules"


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
