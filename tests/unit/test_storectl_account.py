"""Where storectl keeps who is signed in."""

import os
import stat
from pathlib import Path

import pytest

from app.storectl import account, profiles
from app.storectl.account import Account
from app.storectl.addresses import normalised
from app.storectl.errors import LocalError, NotSignedInError, UsageError
from app.storectl.profiles import Profile

DEFAULT = Profile("default", is_chosen=False)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("STORE_PLATFORM_TOKEN", raising=False)
    monkeypatch.delenv("STORE_PLATFORM_URL", raising=False)
    monkeypatch.delenv("STORE_PLATFORM_PROFILE", raising=False)
    profiles.choose(None)
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

    path = account.save(Account("http://shops", "sp_secret"), DEFAULT)

    assert path.is_relative_to(home)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["account.json"]
    assert account.current() == Account("http://shops", "sp_secret")
    assert account.forget(DEFAULT)
    assert not account.forget(DEFAULT)


@pytest.mark.parametrize(
    "content",
    [b"[]", b"", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"url": "ftp://x", "token": "sp_x"}',
     b'{"url": "http://x", "token": ""}', b'{"url": "http://x", "token": 1}'],
)  # fmt: skip
def test_a_broken_file_is_no_crash(content: bytes) -> None:
    account.save(Account("http://shops", "sp_secret"), DEFAULT).write_bytes(content)
    with pytest.raises(NotSignedInError, match=r"is damaged\. Run `storectl login`"):
        account.current()


def test_the_environment_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    account.save(Account("http://shops", "sp_kept"), DEFAULT)
    monkeypatch.setenv("STORE_PLATFORM_TOKEN", "sp_given")
    assert account.current() == Account("http://shops", "sp_given")
    monkeypatch.setenv("STORE_PLATFORM_URL", "ws://other/graphql")
    assert account.current() == Account("http://other", "sp_given")


def test_a_token_is_in_no_representation() -> None:
    assert repr(Account("http://shops", "sp_secret")) == "Account(url='http://shops')"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622])
def test_a_file_that_others_can_read_or_write_is_not_used(mode: int) -> None:
    path = account.save(Account("http://shops", "sp_secret"), DEFAULT)
    path.chmod(mode)
    with pytest.raises(LocalError, match=f"Run `chmod 600 {path}`") as refused:
        account.current()
    assert "sp_secret" not in str(refused.value)
    path.chmod(0o600)
    assert account.current().token == "sp_secret"


def test_a_file_of_another_user_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    account.save(Account("http://theirs", "sp_theirs"), DEFAULT)
    mine = os.fstat

    def of_somebody_else(descriptor: int) -> os.stat_result:
        seen = list(mine(descriptor))
        seen[stat.ST_UID] = 12345
        return os.stat_result(seen)

    monkeypatch.setattr("app.storectl.files.os.fstat", of_somebody_else)
    with pytest.raises(LocalError, match="belongs to another user, so it is not used"):
        account.current()


@pytest.mark.parametrize(
    ("url", "is_exposed"),
    [("http://127.0.0.1:8080", False), ("http://shops", True), ("https://shops", False)],
)
def test_a_token_in_the_clear(url: str, is_exposed: bool) -> None:  # noqa: FBT001
    assert Account(url, "t").is_token_exposed is is_exposed
