"""The settings for backups: what they lead to, and what is wrong with them."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from app.backup_settings import BackupSettings

KEY = "0123456789abcdef0123456789abcdef"
GOOD = {
    "STORE_PLATFORM_BACKUP_REPOSITORY": "rest:http://backups.store-platform.svc:8000",
    "STORE_PLATFORM_BACKUP_KEY": KEY,
    "STORE_PLATFORM_BACKUP_ACCOUNTS": "store-platform/accounts",
}


def read(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> BackupSettings:
    for name, value in {**GOOD, **changes}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    return BackupSettings.model_validate({})


def test_without_a_repository_no_backups_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, STORE_PLATFORM_BACKUP_REPOSITORY=None).backups() is None


def test_where_and_how_often_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    backups = read(monkeypatch).backups()
    assert backups is not None
    assert (backups.accounts, backups.port) == (("store-platform", "accounts"), 8000)
    assert backups.interval == timedelta(hours=24)
    assert backups.repository_of("abc") == "rest:http://backups.store-platform.svc:8000/abc/"
    assert KEY not in repr(backups)


def test_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, is_in_cluster in ((None, True), ("false", False)):
        backups = read(monkeypatch, STORE_PLATFORM_BACKUP_IN_CLUSTER=said).backups()
        assert backups is not None
        assert backups.is_in_cluster == is_in_cluster


def test_no_interval_makes_them_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    backups = read(monkeypatch, STORE_PLATFORM_BACKUP_INTERVAL_HOURS="0").backups()
    assert backups is not None
    assert backups.interval is None


@pytest.mark.parametrize(
    ("address", "port"), [("rest:https://b.example.com", 443), ("rest:http://b.example.com/", 80)]
)
def test_the_port_is_the_schemes_unless_it_is_said(
    monkeypatch: pytest.MonkeyPatch, address: str, port: int
) -> None:
    backups = read(monkeypatch, STORE_PLATFORM_BACKUP_REPOSITORY=address).backups()
    assert backups is not None
    assert backups.port == port


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("REPOSITORY", "http://backups:8000", "it begins with rest:http://"),
        ("REPOSITORY", "rest:http:///", "no address of a rest-server"),
        ("KEY", "short", "backup_key must have at least 32 random characters"),
        ("KEY", None, "backup_key must have at least 32 random characters"),
        ("ACCOUNTS", "accounts", "namespace and name of a Secret"),
        ("ACCOUNTS", None, "backup_accounts must be set"),
    ],
)
def test_what_is_wrong_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None, said: str
) -> None:
    with pytest.raises(ValidationError, match=said) as found:
        read(monkeypatch, **{f"STORE_PLATFORM_BACKUP_{name}": value})
    assert "short" not in str(found.value)
