"""The committed table of settings is the one that the settings make."""

from pathlib import Path

from app.cli.settings_table import settings_table
from app.settings import ROOT, Settings

COMMITTED = Path(ROOT) / "docs" / "settings.md"


def test_committed_table_is_current() -> None:
    assert COMMITTED.read_text() == settings_table(), "run `make settings`"


def test_every_setting_is_described_once() -> None:
    rows = [line.split("|") for line in settings_table().splitlines() if line.startswith("| `")]
    described = {row[1].strip(" `"): row[3].strip() for row in rows}
    assert set(described) == {f"STORE_PLATFORM_{name.upper()}" for name in Settings.model_fields}
    assert len(rows) == len(described)
    assert all(described.values())


def test_no_default_names_the_machine_it_was_written_on() -> None:
    assert str(ROOT) not in settings_table()
