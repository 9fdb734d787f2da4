"""Profiles: several platforms, whose addresses and tokens never meet."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from app.storectl import account, profiles
from app.storectl.account import Account
from app.storectl.cli import cli
from app.storectl.ending import ended
from app.storectl.errors import LocalError, NotSignedInError, UsageError
from app.storectl.profiles import Profile

TEST, LIVE = Account("http://test", "sp_test"), Account("https://live", "sp_live")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("TOKEN", "URL", "PROFILE"):
        monkeypatch.delenv(f"STORE_PLATFORM_{name}", raising=False)
    profiles.choose(None)
    return tmp_path / "storectl"


@pytest.fixture
def two(home: Path) -> Path:
    """The account of before there were profiles, and a profile beside it."""
    account.save(TEST, Profile("default", is_chosen=False))
    account.save(LIVE, Profile("live", is_chosen=True))
    return home


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run storectl in this process; return its exit code and what it printed."""

    def run_it(*arguments: str) -> tuple[int, str, str]:
        code = ended(lambda: cli(list(arguments), prog_name="storectl"))
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run_it


def files(home: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()
    }


def test_each_has_a_private_file_of_its_own(two: Path) -> None:
    assert set(files(two)) == {"account.json", "profiles/live.json"}
    for path in two.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert profiles.names() == ["default", "live"]


@pytest.mark.usefixtures("two")
def test_what_names_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    assert account.current() == TEST
    profiles.use("live")
    assert account.current() == LIVE
    monkeypatch.setenv("STORE_PLATFORM_PROFILE", "default")
    assert account.current() == TEST
    profiles.choose("live")
    assert account.current() == LIVE


@pytest.mark.usefixtures("two")
def test_an_address_never_gets_the_token_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    # An address alone changes nothing
    monkeypatch.setenv("STORE_PLATFORM_URL", "http://elsewhere")
    assert account.current() == TEST
    monkeypatch.setenv("STORE_PLATFORM_PROFILE", "live")
    assert account.current() == LIVE
    # Both are a pair of their own, whatever the profile in use
    monkeypatch.setenv("STORE_PLATFORM_TOKEN", "sp_given")
    assert account.current() == Account("http://elsewhere", "sp_given")
    # A profile that is named for this command counts whole
    profiles.choose("live")
    assert account.current() == LIVE
    # A token alone is for the platform of the profile
    profiles.choose(None)
    monkeypatch.delenv("STORE_PLATFORM_URL")
    assert account.current() == Account("https://live", "sp_given")


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("way", ["option", "variable", "in use"])
@pytest.mark.parametrize("token", [None, "sp_given"])
def test_a_profile_that_is_not_there_is_not_replaced_by_another(
    monkeypatch: pytest.MonkeyPatch, way: str, token: str | None
) -> None:
    if token:
        monkeypatch.setenv("STORE_PLATFORM_TOKEN", token)
    if way == "option":
        profiles.choose("lost")
    elif way == "variable":
        monkeypatch.setenv("STORE_PLATFORM_PROFILE", "lost")
    else:
        account.save(TEST, Profile("lost", is_chosen=True))
        profiles.use("lost")
        account.forget(Profile("lost", is_chosen=True))
    with pytest.raises(NotSignedInError) as refused:
        account.current()
    assert str(refused.value) == (
        "There is no profile lost. There are: default, live. Choose one with --profile or"
        " `storectl profiles use`, or run `storectl login --profile lost`."
    )


@pytest.mark.parametrize(
    "name", ["", ".", "../account", "a/b", "Live", "-x", "é", "a b", "a" * 41, "x\n"]
)
def test_what_cannot_be_a_name(run: Run, two: Path, name: str) -> None:
    before = files(two)
    for command in (["--profile", name, "whoami"], ["profiles", "use", "--", name],
                    ["profiles", "remove", "--", name]):  # fmt: skip
        code, out, said = run(*command)
        assert (code, out) == (2, "")
        assert "cannot be the name of a profile" in said
    assert files(two) == before


def test_the_list_shows_no_token(run: Run, two: Path) -> None:
    (two / "profiles" / "broken.json").write_text("sp_half")
    (two / "profiles" / "broken.json").chmod(0o600)
    (two / "profiles" / "open.json").write_text('{"url": "http://open", "token": "sp_open"}')
    (two / "profiles" / "open.json").chmod(0o644)
    (two / "profiles" / "notes.txt").write_text("foreign")
    (two / "profiles" / "NOT ONE.json").write_text("foreign")

    code, listed, said = run("profiles", "list")

    assert (code, said) == (0, "")
    lines = [line.split(maxsplit=2) for line in listed.splitlines()]
    assert lines[0] == ["NAME", "ADDRESS"]
    assert lines[1][:2] == ["broken", "The"]
    assert "broken.json is damaged. Run `storectl login --profile broken` to write" in listed
    assert lines[2:4] == [["*", "default", "http://test"], ["live", "https://live"]]
    assert f"Run `chmod 600 {two / 'profiles' / 'open.json'}`" in listed
    assert "sp_" not in listed
    code, listed, _ = run("profiles", "list", "--json")
    assert code == 0
    assert json.loads(listed)[1:3] == [
        {"name": "default", "url": "http://test", "problem": None, "isUsed": True},
        {"name": "live", "url": "https://live", "problem": None, "isUsed": False},
    ]
    assert "sp_" not in listed


def test_use_and_remove_the_one_in_use(run: Run, two: Path) -> None:
    assert run("profiles", "use", "live") == (0, "The profile live is used from now on.\n", "")
    assert stat.S_IMODE((two / "current").stat().st_mode) == 0o600
    assert account.current() == LIVE

    code, out, said = run("profiles", "remove", "live")

    assert (code, said) == (0, "")
    assert out == (
        "The profile live is removed.\n"
        "It was in use. Choose another with `storectl profiles use`: default.\n"
    )
    assert set(files(two)) == {"account.json", "current"}
    # No other platform takes its place
    code, out, said = run("whoami")
    assert (code, out) == (3, "")
    assert said.startswith("There is no profile live. There are: default.")
    run("profiles", "use", "default")
    assert account.current() == TEST


def test_remove_another_or_the_last(run: Run, two: Path) -> None:
    assert run("profiles", "remove", "live") == (0, "The profile live is removed.\n", "")
    assert account.current() == TEST
    assert run("profiles", "remove", "default") == (0, "The profile default is removed.\n", "")
    assert files(two) == {}
    assert run("profiles", "list") == (0, "There are no profiles.\n", "")
    assert run("whoami") == (3, "", "You are not signed in. Run `storectl login` first.\n")
    assert run("--profile", "live", "whoami") == (
        3, "", "You are not signed in. Run `storectl login --profile live` first.\n",
    )  # fmt: skip


@pytest.mark.parametrize("command", ["use", "remove"])
def test_an_unknown_name_is_told_those_that_exist(run: Run, two: Path, command: str) -> None:
    before = files(two)
    code, out, said = run("profiles", command, "lost")
    assert (code, out) == (3, "")
    assert said.startswith("There is no profile lost. There are: default, live.")
    assert files(two) == before


def test_sign_out_of_one(run: Run, two: Path) -> None:
    assert run("--profile", "live", "logout") == (0, "Signed out.\n", "")
    assert set(files(two)) == {"account.json"}


def test_a_pointer_that_is_broken_or_open_to_others(two: Path) -> None:
    pointer = two / "current"
    pointer.write_text("../../elsewhere")
    pointer.chmod(0o600)
    with pytest.raises(LocalError, match=r"is damaged\. Run `storectl profiles use NAME`"):
        account.current()
    pointer.write_text("live")
    pointer.chmod(0o666)
    with pytest.raises(LocalError, match="Run `chmod 600"):
        account.current()
    profiles.use("live")
    assert account.current() == LIVE


def test_the_first_profile_of_all_is_used_at_once() -> None:
    account.save(LIVE, Profile("live", is_chosen=True))
    profiles.use_if_only("live")
    assert account.current() == LIVE
    account.save(TEST, Profile("test", is_chosen=True))
    profiles.use_if_only("test")
    assert account.current() == LIVE


def test_a_wrong_name_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_PLATFORM_PROFILE", "../x")
    with pytest.raises(UsageError, match="cannot be the name of a profile"):
        account.current()
