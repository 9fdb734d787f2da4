"""A store gets another title; its name, its address and all else stay."""

from collections.abc import Callable
from typing import Any

import pytest

from provisioner.services.renames import ADVICE
from tests.api.conftest import Records
from tests.api.test_audit import entries_of
from tests.e2e.service import Service

Read = Callable[[], Records]
RENAME = """mutation ($input: RenameStoreInput!) { renameStore(input: $input) {
  store { name title url status } advice errors { code field } } }"""
STORE = """query ($id: ID!) { store(id: $id) { name title url version
  events { edges { node { kind subject status message } } } } }"""


def rename(api: Service, token: str, store_id: str, title: str) -> dict[str, Any]:
    given = {"id": store_id, "title": title}
    found: dict[str, Any] = api.execute(token, RENAME, input=given)["renameStore"]
    return found


def refused(payload: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(error["code"], error["field"]) for error in payload["errors"]]


@pytest.fixture
def owner(api: Service) -> str:
    return api.token("tilda")


@pytest.fixture
def shop(api: Service, owner: str) -> str:
    made: str = api.create(owner, "the-shop")["store"]["id"]
    return made


@pytest.mark.both_databases
def test_a_store_is_renamed(api: Service, owner: str, shop: str) -> None:
    before = api.execute(owner, STORE, id=shop)["store"]
    assert (before["name"], before["title"]) == ("the-shop", "the-shop")
    payload = rename(api, owner, shop, "  Tilda's \N{LATIN SMALL LETTER O WITH DIAERESIS}le ")
    assert payload["store"] == {
        "name": "the-shop", "title": "Tilda's öle", "url": before["url"], "status": "QUEUED",
    }  # fmt: skip
    assert (payload["advice"], payload["errors"]) == (ADVICE, [])
    after = api.execute(owner, STORE, id=shop)["store"]
    assert (after["name"], after["title"], after["url"]) == (
        "the-shop", "Tilda's öle", before["url"],
    )  # fmt: skip
    assert after["events"]["edges"][-1]["node"] == {
        "kind": "RENAME", "subject": "title", "status": "RENAMED",
        "message": 'tilda gave the store the title "Tilda\'s öle".',
    }  # fmt: skip
    renamed = entries_of(api, storeId=shop)[1]
    assert (renamed["action"], renamed["arguments"]["id"]) == ("renameStore", shop)
    # The same again is no change, and its name takes the title back.
    assert rename(api, owner, shop, "Tilda's öle")["errors"] == []
    assert api.execute(owner, STORE, id=shop)["store"]["version"] == after["version"]
    assert rename(api, owner, shop, "the-shop")["store"]["title"] == "the-shop"
    assert api.sql("SELECT title FROM stores") == [(None,)]


@pytest.mark.parametrize("title", ["", " ", "x" * 81, "a\nb", "a\u202eb", "\x07"])
def test_what_is_no_title(api: Service, records: Read, owner: str, shop: str, title: str) -> None:
    before = records()
    assert refused(rename(api, owner, shop, title)) == [("TITLE_INVALID", "title")]
    assert records() == before


def test_what_is_refused_changes_nothing(
    api: Service, records: Read, owner: str, shop: str
) -> None:
    before = records()
    assert refused(rename(api, api.token("rival"), shop, "Mine")) == [("NOT_FOUND", "id")]
    assert records() == before
    api.delete(owner, shop)
    before = records()
    assert refused(rename(api, owner, shop, "Gone")) == [("NOT_RENAMABLE", "id")]
    assert records() == before
