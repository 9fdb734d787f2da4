"""How a program is built: what Go says is counted, and a failure is told with its last lines."""

from pathlib import Path

import pytest

from app.local.cluster import go_build
from app.local.cluster.go_build import BuildError, Source, build, count_lines, is_download
from app.local.cluster.progress import Progress

GO = """#!/bin/sh
echo "$*" >> "$(dirname "$0")/asked"
case $1 in
list)
  echo "go: downloading k8s.io/api v0.35.4" >&2
  echo internal/cpu
  echo k8s.io/api/core/v1
  ;;
build)
  echo internal/cpu >&2
  echo k8s.io/api/core/v1 >&2
  while [ "$1" != -o ]; do shift; done
  echo program > "$2"
  if [ -n "$FAULT" ]; then echo "$FAULT" >&2; exit 1; fi
  ;;
esac
"""


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where a Go that only says what it would do puts a program."""
    go = tmp_path / "go"
    go.write_text(GO)
    go.chmod(0o755)
    monkeypatch.setattr(go_build, "go_program", lambda: go)
    monkeypatch.delenv("FAULT", raising=False)
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin" / "tool-v1"


def _build(target: Path) -> None:
    build("tool v1", Source(target.parent, "example.com/tool", {"main.version": "v1"}), target)


def test_a_program_is_kept_when_it_is_whole(target: Path) -> None:
    _build(target)
    assert [file.name for file in target.parent.iterdir()] == ["tool-v1"]
    assert target.read_text() == "program\n"


@pytest.mark.parametrize("tags", ["", "small,plain"])
def test_what_is_counted_is_built_with_the_same_tags(target: Path, tags: str) -> None:
    source = Source(target.parent, "example.com/tool", {}, tags)
    build("tool v1", source, target)
    asked = (target.parents[1] / "asked").read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["list", "build"]
    assert [f"-tags {tags} " in line for line in asked] == [bool(tags)] * 2


def test_a_failed_build_leaves_nothing_and_says_why(
    monkeypatch: pytest.MonkeyPatch, target: Path
) -> None:
    monkeypatch.setenv("FAULT", "types.go:12:2: undefined: Pod")
    with pytest.raises(BuildError) as failed:
        _build(target)
    assert str(failed.value) == ("tool v1 could not be built:\ntypes.go:12:2: undefined: Pod")
    assert list(target.parent.iterdir()) == []


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
