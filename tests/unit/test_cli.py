"""The command line tells what the operator has to mend, and nothing else."""

import sys
from pathlib import Path

import pytest

from app.cli.main import main


@pytest.mark.parametrize(
    "command",
    [["migrate"], ["token", "list"], ["database", "copy"], ["database", "backup", "--to", "."]],
)
def test_a_database_that_does_not_answer(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    url = "postgresql://me:s3cret@127.0.0.1:1/shops"
    monkeypatch.setenv("STORE_PLATFORM_DATABASE_URL", url)
    monkeypatch.setenv("STORE_PLATFORM_COPY_TO", url + "2")
    monkeypatch.setattr(sys, "argv", ["app", *command])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("The database at 127.0.0.1:1/shops cannot be used: ")
    assert said.count("\n") == 1
    assert "s3cret" not in said
