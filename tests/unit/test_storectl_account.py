"""Where storectl keeps who is signed in."""

import stat
from pathlib import Path

import pytest

from app.storectl import account
from app.storectl.account import Account
from app.storectl.addresses import normalised
from app.storectl.errors import NotSignedInError, UsageError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("STORE_PLATFORM_TOKEN", raising=False)
    monkeypatch.delenv("STORE_PLATFORM_URL", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("ws://127.0.0.1:8080/graphql", "http://127.0.0.1:8080"),
        ("wss://shops.example/graphql/", "https://shops.example"),
        ("https://shops.example/platform/graphiql", "https://shops.example/platform"),
        ("shops.example:8080", "http://shops.example:8080"),
    ],
)
def test_any_address_of_a_platform(given: str, url: str) -> None:
    assert normalised(given) == url


@pytest.mark.parametrize("given", ["", "ftp://shops.example", "http://", "http://me:pw@shops"])
def test_what_is_no_address(given: str) -> None:
    with pytest.raises(UsageError, match="is not the address of a platform"):
        normalised(given)


def test_kept_for_the_user_alone(home: Path) -> None:
    with pytest.raises(NotSignedInError):
        account.current()

    path = account.save(Account("http://shops", "sp_secret"))

    assert path.is_relative_to(home)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["account.json"]
    assert account.current() == Account("http://shops", "sp_secret")
    assert account.forget()
    assert not account.forget()


def test_a_broken_file_is_no_crash() -> None:
    account.save(Account("http://shops", "sp_secret")).write_text("[]")
    with pytest.raises(NotSignedInError, match="Run `storectl login`"):
        account.current()


def test_the_environment_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    account.save(Account("http://shops", "sp_kept"))
    monkeypatch.setenv("STORE_PLATFORM_TOKEN", "sp_given")
    assert account.current() == Account("http://shops", "sp_given")
    monkeypatch.setenv("STORE_PLATFORM_URL", "ws://other/graphql")
    assert account.current() == Account("http://other", "sp_given")


@pytest.mark.parametrize(
    ("url", "is_exposed"),
    [("http://127.0.0.1:8080", False), ("http://shops", True), ("https://shops", False)],
)
def test_a_token_in_the_clear(url: str, is_exposed: bool) -> None:  # noqa: FBT001
    assert Account(url, "t").is_token_exposed is is_exposed
