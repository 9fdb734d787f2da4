"""What signs a WooCommerce shop's administrator in by a link, run by real PHP."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.sign_in_links import mac_of
from tests.images.php import Shop, ensure_php

PLUGIN = "mu-plugins/sign-in.php"
SECRET = "of-the-database"
NONCE = "0123456789abcdef" * 2
PLAYED = """ob_start();
function status_header($status) { echo "$status "; }
function nocache_headers() {}
function admin_url() { return 'http://my-shop.test/wp-admin/'; }
function wp_set_auth_cookie($id, $is_remembered) {
    State::change('users', 'signed_in', [$id, $is_remembered]);
}
function wp_safe_redirect($url, $status) { echo "$status $url"; }
$wpdb = new class {
    public $options = 'wp_options';
    function esc_like($text) { return $text; }
    function prepare($sql, ...$values) { return [$sql, ...$values]; }
    function query($given) {
        if (!str_starts_with($given[0], 'INSERT IGNORE')) { return 0; }
        if (isset(State::read()['options'][$given[1]])) { return 0; }
        State::change('options', $given[1], $given[2]);
        return 1;
    }
};
$_SERVER['REQUEST_METHOD'] = getenv('METHOD');
$_POST = json_decode(getenv('POST'), true);
add_action('wp_login', fn ($name, $user) => State::change('users', 'told', $user->ID));
do_action('login_form_store-platform');
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(ensure_php(), tmp_path)
    made.store({"users": {"password": "x"}, "options": {}})
    return made


def token(*, seconds: int = 60, nonce: str = NONCE, secret: str = SECRET) -> str:
    said = f"{int(time.time()) + seconds}.{nonce}"
    return f"{said}.{mac_of(secret, said)}"


def asked(shop: Shop, post: Any = None, method: str = "POST") -> str:
    """Return the answer: its status, and its page or where it leads."""
    done = shop.run(
        PLUGIN, then=PLAYED, METHOD=method, POST=json.dumps(post), WORDPRESS_DB_PASSWORD=SECRET
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_page_posts_what_stands_after_the_sign(shop: Shop) -> None:
    page = asked(shop, method="GET")
    assert page.startswith("200 <!doctype html>")
    assert 'history.replaceState(null, "", location.pathname + location.search)' in page
    assert shop.state["options"] == {}


def test_a_link_signs_the_administrator_in_once(shop: Shop) -> None:
    given = {"token": token()}
    assert asked(shop, given) == "303 http://my-shop.test/wp-admin/"
    # Plug-ins that ask for a second factor are told
    assert shop.state["users"] == {"password": "x", "signed_in": [1, False], "told": 1}
    shop.store({**shop.state, "users": {"password": "x"}})
    assert asked(shop, given).startswith("403 ")
    assert shop.state["users"] == {"password": "x"}


def test_whatever_is_wrong_is_answered_in_the_same_way(shop: Shop) -> None:
    wrong = [
        None, {}, {"token": ""}, {"token": ["x"]}, {"token": f"{token()}\n"},
        {"token": token(seconds=-1)}, {"token": token(seconds=3600)},
        {"token": token(secret="another")},
    ]  # fmt: skip
    answers = {asked(shop, given) for given in wrong}
    (answer,) = answers
    assert answer.startswith("403 ")
    assert shop.state == {"users": {"password": "x"}, "options": {}}
    assert asked(shop, {"token": token()}).startswith("303 ")
    assert asked(shop, {"token": token()}) == answer


def test_without_an_administrator_nobody_is_signed_in(shop: Shop) -> None:
    shop.store({"users": {}, "options": {}})
    assert asked(shop, {"token": token()}).startswith("403 ")
    assert not shop.state["users"]
