"""storectl offers stores to other owners, answers such offers, and renames stores."""

from pathlib import Path

import pytest

from provisioner.services.renames import ADVICE as RENAMED
from provisioner.services.transfers import ADVICE
from tests.e2e.service import Service
from tests.e2e.storectl import Storectl


@pytest.fixture
def giver(api: Service, tmp_path: Path) -> Storectl:
    made = Storectl(tmp_path, api, api.token("mira"))
    api.create(made.token, "my-shop")
    return made


@pytest.fixture
def taker(api: Service, tmp_path: Path) -> Storectl:
    return Storectl(tmp_path, api, api.token("noor"))


def test_an_offer_that_is_accepted(giver: Storectl, taker: Storectl) -> None:
    first, second = giver.ok("transfer", "offer", "my-shop", "noor", "--yes").splitlines()
    assert first.startswith("my-shop is offered to noor until 20")
    assert second == "Withdraw it with: storectl transfer withdraw my-shop"
    heads, row = taker.ok("transfer", "list").splitlines()
    assert heads.split() == ["STORE", "ENGINE", "OFFERED", "BY", "OFFERED", "UNTIL", "(UTC)"]
    assert row.split()[:3] == ["my-shop", "woocommerce", "mira"]
    assert taker.ok("transfer", "accept", "my-shop", "--yes") == f"my-shop is yours.\n{ADVICE}\n"
    assert taker.ok("transfer", "list") == "Nothing is offered.\n"
    assert giver.fails("status", "my-shop")[0] == 5
    assert taker.json("status", "my-shop")["owner"] == "noor"


def test_an_offer_that_is_declined_or_withdrawn(giver: Storectl, taker: Storectl) -> None:
    giver.ok("transfer", "offer", "my-shop", "noor", "--yes")
    assert taker.ok("transfer", "decline", "my-shop") == "You declined my-shop.\n"
    giver.ok("transfer", "offer", "my-shop", "noor", "--yes")
    said = giver.ok("transfer", "withdraw", "my-shop")
    assert said == "my-shop is not offered any more.\n"
    missing = "No store my-shop is offered to you. See: storectl transfer list"
    assert taker.fails("transfer", "accept", "my-shop", "--yes") == (5, missing)


def test_without_a_yes_nothing_is_given_away(giver: Storectl, taker: Storectl) -> None:
    assert giver.fails("transfer", "offer", "my-shop", "noor")[0] == 2  # there is no terminal
    assert taker.ok("transfer", "list") == "Nothing is offered.\n"
    giver.ok("transfer", "offer", "my-shop", "noor", "--yes")
    assert taker.fails("transfer", "accept", "my-shop")[0] == 2
    assert giver.json("status", "my-shop")["owner"] == "mira"


def test_a_store_is_renamed(giver: Storectl) -> None:
    said = giver.ok("rename", "my-shop", "Mira's Candles")
    assert said == f"my-shop has the title Mira's Candles.\n{RENAMED}\n"
    shown = [line.split(maxsplit=1) for line in giver.ok("status", "my-shop").splitlines()]
    assert ["Title", "Mira's Candles"] in shown
