"""What .dockerignore lets through is what a build is given, and what its digest is made of."""

from pathlib import Path

import pytest

from app.local.images.bases import stand_in
from app.local.images.context import Context

IGNORED = "# A comment\n*\n!kept\n!deep/in/kept\nkept/not\n**/__pycache__\n"
FILES = (
    "left/out", "kept/one", "kept/not/this", "kept/__pycache__/two.pyc", "deep/in/kept/three",
    "deep/in/left", "top",
)  # fmt: skip
GIVEN = {"kept/one", "deep/in/kept/three"}


@pytest.fixture
def context(tmp_path: Path) -> Context:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / ".dockerignore").write_text(IGNORED)
    return Context(tmp_path)


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_build_is_given_what_is_not_ignored(context: Context) -> None:
    with context.given() as folder:
        assert files_below(folder) == GIVEN
    assert not folder.exists()
    assert files_below(context.folder) == {*FILES, ".dockerignore"}


def test_the_digest_is_of_the_same_files(context: Context) -> None:
    found = [path.relative_to(context.folder) for path in context.files(".")]
    assert {str(path) for path in found if (context.folder / path).is_file()} == GIVEN
    assert found == sorted(found)
    assert [path.name for path in context.files("kept")] == ["kept", "one"]


def test_without_such_a_file_it_is_the_folder_itself(context: Context) -> None:
    (context.folder / ".dockerignore").unlink()
    with Context(context.folder).given() as folder:
        assert folder == context.folder
    assert folder.exists()


@pytest.mark.parametrize(
    ("base", "name"),
    [
        ("docker.io/library/python:3.11.14-slim-bookworm", "python"),
        ("docker.io/library/python:3.12.1-slim-bookworm", None),
        ("docker.io/nginxinc/nginx-unprivileged:1.28.0-alpine-slim", "nginx"),
        ("docker.io/library/nginx:1.28.0", None),
    ],
)
def test_what_stands_in_for_a_base(base: str, name: str | None) -> None:
    file = stand_in(base)
    assert (file.parent.name if file else None) == name
    assert file is None or file.is_file()
