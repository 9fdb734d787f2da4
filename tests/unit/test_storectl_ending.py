"""storectl ends with a sentence and an exit code, whatever is wrong with its surroundings."""

import errno
import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.storectl import account, errors
from app.storectl.account import Account
from app.storectl.addresses import normalised
from app.storectl.api import Api
from app.storectl.cli import cli
from app.storectl.ending import DEBUG_VARIABLE, ended
from app.storectl.errors import EXIT_CODES, UsageError
from app.storectl.prompts import interruptible
from app.storectl.proxies import proxy_for

BOM = "\ufeff"
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with an environment; return its exit code and what it said on stderr."""
    for name in [key for key in os.environ if key.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    async def execute(*_: object, **__: object) -> dict[str, Any]:
        return {"viewer": {"name": "anna", "role": "ADMIN", "quota": {}}}

    def run(*command: str, answers: bool = False, **environment: str) -> tuple[int, str]:
        if answers:
            monkeypatch.setattr(Api, "execute", execute)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        code = ended(lambda: cli(command, prog_name="storectl"))
        said = capsys.readouterr().err
        assert "Traceback" not in said
        return code, said

    monkeypatch.setenv(account.TOKEN_VARIABLE, "sp_x")
    monkeypatch.setenv(account.URL_VARIABLE, "http://127.0.0.1:9")
    return run


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("ALL_PROXY", "socks5://me:pw@h:1", "ALL_PROXY names a proxy of the kind 'socks5'"),
        ("http_proxy", "gopher://h:1", "http_proxy names a proxy of the kind 'gopher'"),
        (
            "HTTP_PROXY",
            "http://me:pw@h:x",
            "The value of HTTP_PROXY is not the address of a proxy.",
        ),
        ("HTTP_PROXY", "http://[", "The value of HTTP_PROXY is not the address of a proxy."),
    ],
)
def test_a_proxy_that_cannot_be_used(run: Run, variable: str, value: str, says: str) -> None:
    for command in (["list"], ["status", "store_x", "--watch"]):
        code, said = run(*command, **{variable: value})
        assert code == 2
        assert said.startswith(says)
        assert "or put the platform's host into NO_PROXY" in said
        assert "pw" not in said


@pytest.mark.parametrize(
    ("excepted", "url", "is_direct"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080", True),
        ("other, 127.0.0.0/8", "http://127.0.0.1:8080", True),
        ("::1", "http://[::1]:8080", True),
        (".example.com", "https://shops.example.com", True),
        ("example.com", "https://example.com", True),
        ("example.com:443", "https://shops.example.com:444", False),
        ("example.com:444", "https://shops.example.com:444", True),
        ("ample.com", "https://example.com", False),
        ("*", "https://shops.example.com", True),
        ("", "https://shops.example.com", False),
    ],
)
def test_no_proxy_holds(excepted: str, url: str, is_direct: bool) -> None:  # noqa: FBT001
    environment = {"ALL_PROXY": "proxy:3128", "NO_PROXY": excepted}
    assert proxy_for(url, environment) == (None if is_direct else "http://proxy:3128")


def test_the_scheme_decides_which_proxy() -> None:
    environment = {"http_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1", "ALL_PROXY": "c:1"}
    assert proxy_for("http://shops", environment) == "http://a:1"
    assert proxy_for("https://shops", environment) == "http://b:1"
    assert proxy_for("http://shops", {}) is None


@pytest.mark.parametrize(
    "url",
    ["http://[", "http://", "http://shops:99999", "http://shops:0", "http://shops:x", "http://a b",
     "http://xn--a", "http://bü\u200bcher..example", "file:///etc", "http://[::1%25x]", "http://[1]",
     f"http://{'a' * 300}", "http://shops\\evil", "http://" + "ü" * 64],
)  # fmt: skip
def test_an_address_that_is_none(run: Run, url: str) -> None:
    for code, said in (
        run("list", STORE_PLATFORM_URL=url),
        run("login", url, STORE_PLATFORM_URL=""),
    ):
        assert code == 2
        assert said.endswith(
            " is not the address of a platform. Use an address like http://127.0.0.1:8080.\n"
        )


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("localhost:8080", "http://localhost:8080"),
        ("https://Bücher.example/a b", "https://xn--bcher-kva.example/a%20b"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_addresses_in_ascii(given: str, url: str) -> None:
    assert normalised(given) == url


@pytest.mark.parametrize("kept", ["sp_secret", f"{BOM}sp_secret\r\n", " sp_secret\n\n"])
def test_what_an_editor_leaves_around_a_token(kept: str) -> None:
    assert account.plain_token(kept) == "sp_secret"


@pytest.mark.parametrize("token", ["sp_ü", "sp\nx", "sp x", "sp_\udcef", "sp_\x00", "\u200bsp_x"])
def test_a_token_that_is_none(run: Run, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="The token has characters that no token contains"):
        account.plain_token(token)
    if "\x00" not in token:  # which no environment can hold
        assert run("list", STORE_PLATFORM_TOKEN=token)[0] == 2
    given = io.TextIOWrapper(io.BytesIO(token.encode("utf-8", "surrogateescape")))
    monkeypatch.setattr(sys, "stdin", given)
    assert run("login", "--token-stdin")[0] == (4 if "\n" in token else 2)  # its first line is one


@pytest.mark.parametrize("given", [b"\xff\xfes\x00p\x00", b"", b"\xef\xbb\xbf\n"])
def test_no_token_on_standard_input(
    run: Run, given: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    assert run("login", "--token-stdin")[0] == 2


def test_no_standard_input_at_all(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert run("login", "--token-stdin") == (2, "The token is empty.\n")
    assert run("login", STORE_PLATFORM_TOKEN="")[0] == 2


def fails_with(number: int) -> Callable[..., Any]:
    def fail(path: object, *_: object, **__: object) -> Any:
        raise OSError(number, os.strerror(number), str(path))

    return fail


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_folder_that_cannot_be_written(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "open", fails_with(number))
    code, said = run("login", answers=True)
    assert code == 6
    assert said == (
        f"You are not signed in: {tmp_path}/storectl/account.json cannot be written:"
        f" {os.strerror(number)}. Make the folder writable, set XDG_CONFIG_HOME to another, or use"
        " STORE_PLATFORM_TOKEN and STORE_PLATFORM_URL.\n"
    )
    assert list(tmp_path.rglob("account*")) == []


def test_a_file_in_the_folders_place(run: Run, tmp_path: Path) -> None:
    (tmp_path / "storectl").write_text("")
    code, said = run("login", answers=True)
    assert (code, "cannot be written: " in said) == (6, True)
    assert run("list", STORE_PLATFORM_TOKEN="")[0] == 3
    assert run("logout") == (0, "")


def test_a_file_that_cannot_be_read_or_removed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "storectl" / "account.json").mkdir(parents=True)  # as root may read anything else
    code, said = run("whoami", STORE_PLATFORM_TOKEN="")
    assert (code, "account.json cannot be read: Is a directory." in said) == (6, True)
    monkeypatch.setattr(Path, "unlink", fails_with(errno.EACCES))
    code, said = run("logout")
    assert (code, said.startswith("You are still signed in: ")) == (6, True)


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"url": 1, "token": 2}', '{"url": "http://[", "token": "x"}', "\x00", "[" * 100000,
     '{"url": "http://shops", "token": "sp\\nx"}'],
)  # fmt: skip
def test_a_damaged_file(run: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "storectl").mkdir()
    file = tmp_path / "storectl" / "account.json"
    file.write_text(content)
    file.chmod(0o600)
    code, said = run("whoami", STORE_PLATFORM_TOKEN="")
    assert code == 3
    assert said.endswith("account.json is damaged. Run `storectl login` to write it again.\n")
    assert run("login", answers=True, STORE_PLATFORM_TOKEN="sp_x")[0] == 0


def test_no_home(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # nothing is known of the user
    code, said = run("whoami", STORE_PLATFORM_TOKEN="")
    assert (code, said) == (6, "There is no home folder. Set HOME or XDG_CONFIG_HOME to one.\n")


def test_what_nobody_foresaw(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise ZeroDivisionError("one \x1b[31m of many")

    assert ended(fails) == 70
    said = capsys.readouterr().err
    assert said == (
        r"storectl failed with an unexpected error (ZeroDivisionError: one \x1b[31m of many). Check"
        " whether the platform runs another version. STORECTL_DEBUG=1 shows where it happened.\n"
    )
    monkeypatch.setenv(DEBUG_VARIABLE, "1")
    assert ended(fails) == 70
    assert capsys.readouterr().err.startswith("Traceback (most recent call last):\n")


def test_ctrl_c_while_a_question_is_asked() -> None:
    before = signal.signal(signal.SIGINT, lambda *_: None)  # as asyncio: noted, and no more
    try:
        with pytest.raises(KeyboardInterrupt), interruptible():
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)  # has no effect again
    finally:
        signal.signal(signal.SIGINT, before)


def test_every_exit_code_is_documented() -> None:
    kinds = [kind for kind in vars(errors).values()
             if isinstance(kind, type) and issubclass(kind, errors.StorectlError)]  # fmt: skip
    used = {kind.exit_code for kind in kinds} | {0, errors.FAULT, errors.INTERRUPTED}
    assert used == {code for code, _ in EXIT_CODES}


@pytest.mark.usefixtures("run")
def test_the_account_of_the_environment_needs_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", fails_with(errno.EACCES))
    assert account.current() == Account("http://127.0.0.1:9", "sp_x")
