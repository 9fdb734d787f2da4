"""What the image has for a copy of a shop, to try things in: a must-use plug-in, and settings."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.images.php import IMAGE, Shop, ensure_php

COPY, MAIL, OWN_ADDRESS = (
    f"mu-plugins/{name}.php" for name in ("copy", "mail", "own-address")
)  # in the order in which WordPress loads them
IS_COPY = {"SHOP_IS_COPY": "true"}
SAID = "This is a copy of a shop, to try things in. It sends no mail and takes no payments."
NO_COPIES: list[dict[str, str]] = [{}, {"SHOP_IS_COPY": ""}, {"SHOP_IS_COPY": "false"}]
PLACES = ["wp_body_open", "wp_footer", "login_header", "all_admin_notices"]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(ensure_php(), tmp_path)
    made.store({"options": {"blog_public": "1"}})
    return made


@pytest.mark.parametrize("env", [{}, {"SMTP_HOST": "mail.example.com"}])
def test_mail_counts_as_sent(shop: Shop, env: dict[str, str]) -> None:
    # WordPress answers its caller what it gets here, and sends nothing
    then = "apply_filters('pre_wp_mail', null)"
    assert shop.value(COPY, MAIL, then=then, **IS_COPY, **env) is True


GATEWAYS = "['stripe' => 1, 'cod' => 2, 'ppcp-gateway' => 3, 'cheque' => 4, 'bacs' => 5]"


def test_only_what_moves_no_money_can_be_paid_with(shop: Shop) -> None:
    then = f"apply_filters('woocommerce_available_payment_gateways', {GATEWAYS})"
    assert shop.value(COPY, then=then, **IS_COPY) == {"cod": 2, "cheque": 4, "bacs": 5}


def test_no_plugin_that_comes_later_adds_another(shop: Shop) -> None:
    name = "woocommerce_available_payment_gateways"
    add = f"add_filter('{name}', fn ($offered) => $offered + ['stripe' => 1], 99999);"
    done = shop.run(COPY, then=f"{add} echo json_encode(apply_filters('{name}', []));", **IS_COPY)
    assert done.stdout == "[]"


def test_nothing_that_is_due_is_done(shop: Shop) -> None:
    due = "apply_filters('pre_get_ready_cron_jobs', null)"
    queue = "apply_filters('action_scheduler_allow_async_request_runner', true)"
    assert shop.value(COPY, then=f"[{due}, {queue}]", **IS_COPY) == [[], False]


def test_search_engines_are_asked_to_stay_away(shop: Shop) -> None:
    assert shop.value(COPY, then="get_option('blog_public')", **IS_COPY) == "0"


def banner(shop: Shop, *places: str, **env: str) -> str:
    """Return what is shown on a page where WordPress comes by these places."""
    done = shop.run(COPY, then="".join(f"do_action('{place}');" for place in places), **env)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("place", PLACES)
def test_every_page_says_so(shop: Shop, place: str) -> None:
    shown = re.fullmatch(r"<div ([^<>]*)>([^<>]*)</div>", banner(shop, place, **IS_COPY))
    assert shown
    assert shown[2] == SAID
    assert 'role="note"' in shown[1]


def test_it_is_said_once_on_a_page(shop: Shop) -> None:
    assert banner(shop, "wp_body_open", "wp_footer", **IS_COPY).count(SAID) == 1


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour such as #ffd75e, as WCAG defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_it_can_be_read_and_covers_nothing(shop: Shop) -> None:
    found = re.search(r'style="([^"]*)"', banner(shop, "wp_body_open", **IS_COPY))
    assert found
    style = dict(rule.split(":", 1) for rule in found[1].split(";"))
    light, dark = luminance(style["background"]), luminance(style["color"])
    assert (light + 0.05) / (dark + 0.05) >= 7  # WCAG's AAA; AA asks for 4.5
    # In the page's flow, and as wide as the page: a phone's too
    assert not style.keys() & {"position", "height", "white-space", "z-index", "top"}
    assert (style["width"], style["overflow-wrap"]) == ("auto", "anywhere")


@pytest.mark.parametrize("env", NO_COPIES)
def test_a_shop_that_is_no_copy_is_left_alone(shop: Shop, env: dict[str, str]) -> None:
    asked = (
        "apply_filters('pre_wp_mail', null)",
        f"apply_filters('woocommerce_available_payment_gateways', {GATEWAYS})['stripe']",
        "apply_filters('pre_get_ready_cron_jobs', null)",
        "apply_filters('action_scheduler_allow_async_request_runner', true)",
        "get_option('blog_public')",
    )
    then = f"[{', '.join(asked)}]"
    assert shop.value(COPY, then=then, **env) == [None, 1, None, True, "1"]
    assert banner(shop, *PLACES, **env) == ""


SETTINGS = ("WP_ENVIRONMENT_TYPE", "WP_HTTP_BLOCK_EXTERNAL", "WP_ACCESSIBLE_HOSTS")


def settings(shop: Shop, **env: str) -> dict[str, Any]:
    """Return what wp-config.php defines of a copy's settings, and of cron."""
    (shop.folder / "wp-settings.php").write_text("<?php ")
    named = json.dumps([*SETTINGS, "DISABLE_WP_CRON"])
    # Not with the WordPress that is played, which has the shop's address defined already
    code = (
        f"define('ABSPATH', '{shop.folder}/'); require '{IMAGE}/wp-config.php';"
        f"echo json_encode(array_intersect_key(get_defined_constants(), array_flip({named})));"
    )
    given = {"SHOP_URL": "http://my-shop.test", "WORDPRESS_DB_PASSWORD": "the-secret", **env}
    found: dict[str, Any] = json.loads(shop.php(code, **given))
    return found


@pytest.mark.parametrize(
    ("server", "host"), [("127.0.0.1:8080", "127.0.0.1"), ("woo-1-wordpress", "woo-1-wordpress")]
)
def test_it_calls_nobody_but_its_own_server(shop: Shop, server: str, host: str) -> None:
    assert settings(shop, SHOP_SERVER=server, **IS_COPY) == {
        "WP_ENVIRONMENT_TYPE": "staging",
        "WP_HTTP_BLOCK_EXTERNAL": True,
        "WP_ACCESSIBLE_HOSTS": host,
        "DISABLE_WP_CRON": True,
    }


@pytest.mark.parametrize("env", NO_COPIES)
def test_the_settings_of_a_shop_that_is_no_copy(shop: Shop, env: dict[str, str]) -> None:
    assert settings(shop, SHOP_SERVER="127.0.0.1:8080", **env) == {"DISABLE_WP_CRON": True}


def test_what_it_may_ask_is_what_its_own_address_leads_to(shop: Shop) -> None:
    """WordPress compares the host of what is asked with WP_ACCESSIBLE_HOSTS."""
    server = "woo-1-wordpress"
    asking = "wp_remote_request('http://my-shop.test/', []); return $GLOBALS['requests'];"
    ask = f"(function () {{ {asking} }})()"
    ((asked, _),) = shop.value(OWN_ADDRESS, then=ask, SHOP_SERVER=server, ANSWERS="{}")
    host = settings(shop, SHOP_SERVER=server, **IS_COPY)["WP_ACCESSIBLE_HOSTS"]
    assert asked == f"http://{host}/"


def test_the_image_has_what_its_header_needs() -> None:
    """shop.conf says by it that search engines leave a copy alone."""
    assert "a2enmod --quiet headers " in (IMAGE / "Dockerfile").read_text()
