"""The settings for names come from the environment, and reach the domain."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from app.settings import Settings
from provisioner.domain.names import RESERVED_NAMES
from provisioner.storage.kept_names import NameRules


def given(monkeypatch: pytest.MonkeyPatch, **settings: str) -> NameRules:
    for name, value in settings.items():
        monkeypatch.setenv(f"STORE_PLATFORM_{name.upper()}", value)
    return Settings.read().platform().names


def test_by_default_a_name_is_kept_as_long_as_its_record(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch) == NameRules(RESERVED_NAMES, timedelta(days=90))


def test_names_more_and_less(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = given(monkeypatch, reserved_names="tea, -blog,, coffee-house")
    assert rules.reserved == (RESERVED_NAMES | {"tea", "coffee-house"}) - {"blog"}
    assert given(monkeypatch, reserved_names="-*,tea").reserved == {"tea"}
    assert given(monkeypatch, reserved_names="").reserved == RESERVED_NAMES


@pytest.mark.parametrize("wrong", ["Tea", "tea.example.com", "tea,--", "*", "-tea-", "a b"])
def test_what_is_no_name(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    with pytest.raises(ValidationError, match="is no name: use lower-case letters") as refused:
        given(monkeypatch, reserved_names=wrong)
    assert [error["loc"] for error in refused.value.errors()] == [("reserved_names",)]


@pytest.mark.parametrize(
    ("kept", "retention", "days"),
    [("30", "90", 30), ("400", "0", 400), (None, "10", 10), (None, "0", 90), ("0", "0", None)],
)
def test_how_long_a_name_is_kept(
    monkeypatch: pytest.MonkeyPatch, kept: str | None, retention: str, days: int | None
) -> None:
    settings = {"deleted_retention_days": retention}
    if kept is not None:
        settings["name_quarantine_days"] = kept
    rules = given(monkeypatch, **settings)
    assert rules.kept_for == (None if days is None else timedelta(days=days))


def test_no_name_is_promised_for_longer_than_its_record_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ValidationError, match="raise deleted_retention_days, or lower it"):
        given(monkeypatch, name_quarantine_days="91", deleted_retention_days="90")
