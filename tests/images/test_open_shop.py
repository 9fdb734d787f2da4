"""What makes a WordPress into a shop, run by real PHP with a WordPress that is played.

That WordPress and WooCommerce themselves do so is what the tests on real nodes are for.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.images.php import IMAGE, Shop, ensure_php

AGAIN, SOMEBODY_ELSES, KILLED = 75, 77, 137
EMPTY: dict[str, Any] = {
    "options": {},
    "transients": {},
    "posts": {"hello-world": {"type": "post"}, "sample-page": {"type": "page"}},
    "users": {"password": "the-secret"},
}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(ensure_php(), tmp_path)
    made.store(EMPTY)
    return made


def open_shop(shop: Shop, **env: str) -> int:
    """Run the script, once more if it asks for that, as setup-shop does."""
    for _ in range(2):
        done = shop.run("open-shop.php", **env)
        assert done.stderr == ""
        if done.returncode != AGAIN:
            break
    return done.returncode


def test_a_shop_is_made_in_two_starts(shop: Shop) -> None:
    done = shop.run("open-shop.php")
    assert (done.returncode, done.stderr) == (AGAIN, "")
    assert done.stdout.splitlines() == ["core update-db", "plugin activate woocommerce"]
    done = shop.run("open-shop.php")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["core update-db", "wc update"]


def test_what_a_new_shop_is(shop: Shop) -> None:
    assert open_shop(shop) == 0
    options = shop.state["options"]
    # Orders have tables of their own, and the shop's routine does not run once more
    assert options["woocommerce_custom_orders_table_enabled"] == "yes"
    assert options["woocommerce_newly_installed"] == "no"
    # Nothing leads the merchant to the wizard, and the shop stays open
    assert options["woocommerce_onboarding_profile"] == {"skipped": True, "completed": True}
    assert options["woocommerce_coming_soon"] == "no"
    assert not shop.state["transients"]
    # The shop is what comes first, and nothing is there but the shop's
    assert (options["show_on_front"], options["page_on_front"]) == ("page", "shop")
    assert options["permalink_structure"] == "/%postname%/"
    product = {"name": "Sample product", "slug": "sample-product", "sku": "sample"}
    assert shop.state["posts"] == {
        **{page: {"type": "page"} for page in ("shop", "cart", "checkout")},
        "sample-product": {
            "type": "product", **product, "regular_price": "10", "status": "publish",
        },
    }  # fmt: skip
    assert options["woocommerce_cod_settings"] == {"enabled": "yes"}
    assert shop.state["users"]["role"] == "administrator"


@pytest.mark.parametrize("start", [1, 2])
def test_wherever_it_is_killed_the_next_run_makes_the_same_shop(shop: Shop, start: int) -> None:
    assert open_shop(shop) == 0
    expected, kills = shop.state, 0
    while True:
        shop.store(EMPTY)
        for _ in range(1, start):
            shop.run("open-shop.php")
        if shop.run("open-shop.php", KILL_AT=str(kills + 1)).returncode != KILLED:
            break
        kills += 1
        assert open_shop(shop) == 0
        assert shop.state == expected, f"killed before change {kills}"
    assert kills > 5


def test_what_the_merchant_changed_stays(shop: Shop) -> None:
    open_shop(shop)
    theirs = shop.state
    theirs["options"] |= {"show_on_front": "posts", "woocommerce_coming_soon": "yes"}
    theirs["posts"] = {"their-page": {"type": "page"}}
    theirs["users"]["password"] = "changed by the merchant"
    shop.store(theirs)
    done = shop.run("open-shop.php")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["core update-db", "wc update"]
    assert shop.state == theirs


def test_a_merchant_who_puts_woocommerce_out_of_use(shop: Shop) -> None:
    open_shop(shop)
    theirs = shop.state
    theirs["options"]["is_active"] = False
    shop.store(theirs)
    done = shop.run("open-shop.php")
    assert (done.returncode, done.stdout) == (0, "core update-db\n")
    assert shop.state == theirs


def test_what_somebody_else_installed_is_not_touched(shop: Shop) -> None:
    theirs = {**EMPTY, "users": {"password": "theirs"}}
    shop.store(theirs)
    done = shop.run("open-shop.php")
    assert (done.returncode, done.stdout, done.stderr) == (SOMEBODY_ELSES, "", "")
    assert shop.state == theirs


def test_setup_shop_knows_how_it_ends() -> None:
    text = (IMAGE / "open-shop.php").read_text()
    ends = set(re.findall(r"^const \w+ = (\d+);", text, re.MULTILINE))
    assert ends == {str(AGAIN), str(SOMEBODY_ELSES)}
    script = (IMAGE / "setup-shop").read_text()
    assert f'"$ended" -eq {AGAIN} ' in script
    assert f"    {SOMEBODY_ELSES})" in script
