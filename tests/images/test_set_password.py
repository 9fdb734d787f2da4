"""What gives a WooCommerce shop's administrator another password, run by real PHP.

WordPress is played; that it does so itself is what the tests on real nodes are for.
"""

from pathlib import Path

import pytest

from tests.images.php import Shop, ensure_php

NEW = "the-next-secret"
KILLED = 137


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(ensure_php(), tmp_path)
    made.store({"users": {"password": "the-secret", "sessions": ["of-somebody"]}})
    return made


def test_the_administrator_has_it_and_no_session(shop: Shop) -> None:
    done = shop.run("set-password.php", NEXT_PASSWORD=NEW)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == 'The administrator "admin" has the new password.\n'
    assert shop.state["users"] == {"password": NEW}


@pytest.mark.parametrize("change", [1, 2])
def test_one_that_was_killed_is_done_again(shop: Shop, change: int) -> None:
    assert shop.run("set-password.php", NEXT_PASSWORD=NEW, KILL_AT=str(change)).returncode == KILLED
    assert shop.run("set-password.php", NEXT_PASSWORD=NEW).returncode == 0
    assert shop.state["users"] == {"password": NEW}


def test_an_administrator_who_was_removed_is_made_again(shop: Shop) -> None:
    shop.store({"users": {}})
    assert shop.run("set-password.php", NEXT_PASSWORD=NEW).returncode == 0
    assert shop.state["users"] == {"password": NEW, "role": "administrator"}


def test_one_that_cannot_be_made_is_told_without_the_password(shop: Shop) -> None:
    shop.store({"users": {"refused": True}})
    done = shop.run("set-password.php", NEXT_PASSWORD=NEW)
    assert done.returncode == 1
    assert "could not be made: No more users." in done.stderr
    assert NEW not in done.stdout + done.stderr


def test_without_a_new_password_nothing_is_done(shop: Shop) -> None:
    before = shop.state
    assert shop.run("set-password.php").returncode == 1
    assert shop.state == before
