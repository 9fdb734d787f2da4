"""The command line tells what the operator has to mend, and nothing else."""

import sys
from pathlib import Path

import pytest

from app.cli import main as command_line
from app.cli.main import main
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import (
    ClusterRejectedError,
    ClusterUnreachableError,
    OtherClusterError,
    StorePlatformError,
)
from provisioner.domain.stores import Reason


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


@pytest.mark.parametrize(
    ("error", "exit_code", "said"),
    [
        (ClusterUnreachableError("No answer."), 75, "No answer. Try again later.\n"),
        (
            ClusterRejectedError(Reason(ReasonCode.CLUSTER_REFUSED, "It may not.")),
            2,
            "It may not.\n",
        ),
        (
            OtherClusterError(known="a", found="b"),
            2,
            f"{OtherClusterError(known='a', found='b')}\n",
        ),
    ],
)
def test_a_cluster_that_cannot_be_used(
    error: StorePlatformError,
    exit_code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(command_line, "cli", fail)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == exit_code
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"PORT": "99999"}, "STORE_PLATFORM_PORT: Input should be less than or equal to 65535"),
        (
            {"PORT": "8080", "CLOSED_SHOPS_PORT": "8080"},
            "STORE_PLATFORM_CLOSED_SHOPS_PORT: Value error, 8080 is STORE_PLATFORM_PORT already",
        ),
        # Two settings that are wrong together only
        (
            {"NAME_QUARANTINE_DAYS": "90", "DELETED_RETENTION_DAYS": "10"},
            "Value error, name_quarantine_days is 90, but the record that keeps",
        ),
    ],
)
def test_settings_that_are_wrong(
    settings: dict[str, str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"STORE_PLATFORM_{name}", value)
    monkeypatch.setattr(sys, "argv", ["app", "migrate"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(told)
    assert said.count("\n") == 1
