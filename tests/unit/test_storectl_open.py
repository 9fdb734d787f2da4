"""``storectl open``: the browser gets a shop's address, and nothing else that it would open."""

import webbrowser

import pytest

from app.storectl import account, documents
from app.storectl.api import Api
from app.storectl.cli import cli
from app.storectl.ending import ended


class OneStore:
    """Answers for one store."""

    url = "http://my-shop.store.localhost"
    status = "READY"
    is_address_checked = True

    async def execute(self, document: str, **_: object) -> dict[str, object]:
        if document == documents.PLATFORM:
            return {"platform": {"isAddressChecked": self.is_address_checked}}
        store = {"name": "my-shop", "status": self.status, "url": self.url}
        return {"store": {**store, "adminUrl": f"{self.url}/app"}}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what the browser was asked to open."""
    asked: list[str] = []

    def opens(address: str) -> bool:
        asked.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", opens)
    return asked


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> OneStore:
    made = OneStore()
    monkeypatch.setattr(Api, "execute", made.execute)
    monkeypatch.setenv(account.TOKEN_VARIABLE, "sp_x")
    monkeypatch.setenv(account.URL_VARIABLE, "http://127.0.0.1:9")
    return made


def run(*arguments: str) -> int:
    return ended(lambda: cli(["open", "my-shop", *arguments], prog_name="storectl"))


@pytest.mark.usefixtures("store")
def test_the_shop_or_its_administration(opened: list[str]) -> None:
    assert (run(), run("--admin")) == (0, 0)
    assert opened == ["http://my-shop.store.localhost", "http://my-shop.store.localhost/app"]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "calc.exe", "javascript:alert(1)"])
def test_nothing_but_a_page(
    store: OneStore, opened: list[str], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store.url = url
    assert run() == 0
    assert opened == []
    assert "No browser was opened." in capsys.readouterr().err


@pytest.mark.parametrize(("status", "is_checked"), [("QUEUED", True), ("READY", False)])
def test_a_shop_that_does_not_open(
    store: OneStore,
    opened: list[str],
    status: str,
    is_checked: bool,  # noqa: FBT001
) -> None:
    store.status, store.is_address_checked = status, is_checked
    assert run() == 1
    assert opened == []


def test_a_paused_shop_says_how_it_opens(
    store: OneStore, opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    store.status = "SUSPENDED"
    assert run() == 1
    assert opened == []
    assert capsys.readouterr().err == (
        "my-shop is paused, so its shop does not open. Open it again with: storectl resume"
        " my-shop\n"
    )
