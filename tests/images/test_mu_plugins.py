"""The image's must-use plug-ins, run by real PHP with a WordPress that is played."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.images.php import IMAGE, Shop, ensure_php

MAIL, OWN_ADDRESS = "mu-plugins/mail.php", "mu-plugins/own-address.php"
STATE: dict[str, Any] = {
    "options": {"blogname": "Tea &amp; Co", "admin_email": "admin@my-shop.test"},
}
SMTP = {
    "SMTP_HOST": "mail.example.com", "SMTP_PORT": "2525", "SMTP_SECURITY": "starttls",
    "SMTP_FROM": "shop@example.com",
}  # fmt: skip
MAILER = """
namespace PHPMailer\\PHPMailer {
    #[\\AllowDynamicProperties]
    class PHPMailer {
        const ENCRYPTION_STARTTLS = 'tls', ENCRYPTION_SMTPS = 'ssl';
        public $Mailer = 'mail', $server;
        function __construct() { $this->server = new Server(); }
        function isSMTP() { $this->Mailer = 'smtp'; }
        function getSMTPInstance() { return $this->server; }
    }
    class Server {
        public $Timelimit = 300, $is_connected = false;
        function connected() { return $this->is_connected; }
    }
}
namespace { class WP_Error { function get_error_message() { return 'no answer'; } } }
"""
SERVER = "http://127.0.0.1:8080"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(ensure_php(), tmp_path)
    made.store(STATE)
    return made


def mailer(shop: Shop, **env: str) -> dict[str, Any]:
    """Return how the mailer is set before a message is sent."""
    (shop.folder / "mailer.php").write_text(f"<?php {MAILER}")
    load = f"(function () {{ require '{shop.folder}/mailer.php';"
    made = "$mailer = new PHPMailer\\PHPMailer\\PHPMailer(); do_action('phpmailer_init', $mailer);"
    found: dict[str, Any] = shop.value(MAIL, then=f"{load} {made} return $mailer; }})()", **env)
    return found


@pytest.mark.parametrize(
    ("security", "secure"), [("starttls", "tls"), ("tls", "ssl"), ("none", ""), ("", "")]
)
def test_mail_goes_to_the_server_that_was_given(shop: Shop, security: str, secure: str) -> None:
    login = {"SMTP_USERNAME": "shop", "SMTP_PASSWORD": "the-secret"}
    made = mailer(shop, **{**SMTP, **login, "SMTP_SECURITY": security})
    assert (made["Mailer"], made["Host"], made["Port"]) == ("smtp", "mail.example.com", 2525)
    assert (made["SMTPSecure"], made["SMTPAutoTLS"]) == (secure, False)
    assert (made["SMTPAuth"], made["Username"], made["Password"]) == (True, "shop", "the-secret")


def test_a_server_that_asks_for_no_name_is_told_none(shop: Shop) -> None:
    assert mailer(shop, **SMTP)["SMTPAuth"] is False


def test_no_answer_is_waited_for_long(shop: Shop) -> None:
    made = mailer(shop, **SMTP)
    assert made["Timeout"] <= 5
    assert made["server"]["Timelimit"] <= 5


@pytest.mark.parametrize(
    ("env", "is_tried"), [({}, False), ({"SMTP_HOST": ""}, False), (SMTP, True)]
)
def test_nothing_is_sent_without_a_server(
    shop: Shop, env: dict[str, str], *, is_tried: bool
) -> None:
    # WordPress goes on with the message if it gets back what it gave
    assert shop.value(MAIL, then="apply_filters('pre_wp_mail', null)", **env) is (
        None if is_tried else False
    )


@pytest.mark.parametrize("is_connected", [True, False])
def test_one_request_waits_for_a_silent_server_once(shop: Shop, *, is_connected: bool) -> None:
    (shop.folder / "mailer.php").write_text(f"<?php {MAILER}")
    fail = (
        f"(function () {{ require '{shop.folder}/mailer.php'; global $phpmailer;"
        " $phpmailer = new PHPMailer\\PHPMailer\\PHPMailer();"
        f" $phpmailer->server->is_connected = {str(is_connected).lower()};"
        " do_action('wp_mail_failed', new WP_Error()); return apply_filters('pre_wp_mail', null);"
        " })()"
    )
    done = shop.run(MAIL, then=f"echo json_encode({fail});", **SMTP)
    assert done.stdout == ("null" if is_connected else "false")
    assert done.stderr.endswith("A message was not sent: no answer\n")


@pytest.mark.parametrize(
    ("env", "given", "sender"),
    [
        (SMTP, "wordpress@my-shop.test", "shop@example.com"),
        (SMTP, "sales@my-shop.test", "sales@my-shop.test"),
        ({**SMTP, "SMTP_FROM": ""}, "wordpress@my-shop.test", "wordpress@my-shop.test"),
        ({}, "wordpress@my-shop.test", "wordpress@my-shop.test"),
    ],
)
def test_the_sender_of_wordpress(shop: Shop, env: dict[str, str], given: str, sender: str) -> None:
    assert shop.value(MAIL, then=f"apply_filters('wp_mail_from', '{given}')", **env) == sender


@pytest.mark.parametrize(("given", "name"), [("WordPress", "Tea & Co"), ("Sales", "Sales")])
def test_the_senders_name_is_the_shops(shop: Shop, given: str, name: str) -> None:
    assert shop.value(MAIL, then=f"apply_filters('wp_mail_from_name', '{given}')") == name


@pytest.mark.parametrize(
    ("env", "stored", "sender"),
    [
        (SMTP, "admin@my-shop.test", "shop@example.com"),
        (SMTP, "", "shop@example.com"),
        (SMTP, "sales@my-shop.test", "sales@my-shop.test"),
        ({}, "admin@my-shop.test", "admin@my-shop.test"),
    ],
)
def test_the_sender_of_woocommerce_until_the_merchant_chooses_one(
    shop: Shop, env: dict[str, str], stored: str, sender: str
) -> None:
    name = "woocommerce_email_from_address"
    shop.store({"options": {**STATE["options"], name: stored}})
    assert shop.value(MAIL, then=f"get_option('{name}')", **env) == sender


def requests(
    shop: Shop, url: str, *, request: str = "['redirection' => 5]", **env: str
) -> list[Any]:
    """Return what is asked, of whom, when WordPress asks for a URL."""
    answers = json.dumps({f"{SERVER}/moved": "/new", f"{SERVER}/away": "https://else.test/"})
    ask = (
        f"(function () {{ wp_remote_request('{url}', {request}); return $GLOBALS['requests']; }})()"
    )
    env = {"SHOP_SERVER": "127.0.0.1:8080", "ANSWERS": answers, **env}
    found: list[Any] = shop.value(OWN_ADDRESS, then=ask, **env)
    return found


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://my-shop.test", "/"),
        ("http://my-shop.test/wp-json/wp/v2?context=edit", "/wp-json/wp/v2?context=edit"),
        ("http://my-shop.test?rest_route=/", "/?rest_route=/"),
        ("https://my-shop.test/wp-cron.php", "/wp-cron.php"),
        ("HTTP://My-Shop.test/", "/"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_its_own_address_is_its_own_server(shop: Shop, url: str, path: str, scheme: str) -> None:
    ((asked, request),) = requests(shop, url, SHOP_URL=f"{scheme}://my-shop.test")
    assert asked == f"{SERVER}{path}"
    # As the ingress would ask, or WordPress leads to the address with https
    assert request["headers"] == {"Host": "my-shop.test", "X-Forwarded-Proto": scheme}
    assert request["reject_unsafe_urls"] is False


@pytest.mark.parametrize(
    "url",
    [
        "http://else.test/", "http://my-shop.test.else.test/", "http://my-shop.test@else.test/",
        "http://my-shop.test:8080/", "http://my-shop.testing/", "http://else.test/http://my-shop.test/",
        "ftp://my-shop.test/",
    ],
)  # fmt: skip
def test_any_other_address_is_asked_as_ever(shop: Shop, url: str) -> None:
    assert requests(shop, url) == [[url, {"redirection": 5}]]


def test_without_its_server_it_is_asked_as_ever(shop: Shop) -> None:
    url = "http://my-shop.test/"
    assert requests(shop, url, SHOP_SERVER="") == [[url, {"redirection": 5}]]


@pytest.mark.parametrize("headers", ["['Accept' => 'a/b']", '"Accept: a/b\\r\\n"'])
def test_what_is_asked_for_stays(shop: Shop, headers: str) -> None:
    given = f"['method' => 'POST', 'body' => 'x', 'headers' => {headers}]"
    ((_, request),) = requests(shop, "http://my-shop.test/", request=given)
    assert (request["method"], request["body"]) == ("POST", "x")
    assert {name.lower(): value for name, value in request["headers"].items()} == {
        "host": "my-shop.test", "x-forwarded-proto": "http", "accept": "a/b",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "redirects", "asked"),
    [
        ("/moved", 5, [f"{SERVER}/moved", f"{SERVER}/new"]),
        ("/moved", 0, [f"{SERVER}/moved"]),
        ("/away", 1, [f"{SERVER}/away", "https://else.test/"]),
    ],
)
def test_where_it_leads_is_followed(
    shop: Shop, path: str, redirects: int, asked: list[str]
) -> None:
    given = f"['redirection' => {redirects}, 'method' => 'POST', 'body' => 'x']"
    found = requests(shop, f"http://my-shop.test{path}", request=given)
    assert [url for url, _ in found] == asked
    assert [request["method"] for _, request in found] == ["POST", "GET"][: len(found)]


@pytest.mark.parametrize(
    ("route", "answer"),
    [
        ("/wc-admin/launch-your-store/initialize-coming-soon", True),
        ("/wc-admin/launch-your-store/update-survey-status", None),
        ("/wp/v2/settings", None),
    ],
)
def test_no_wizard_closes_the_shop(shop: Shop, route: str, answer: bool | None) -> None:  # noqa: FBT001
    # WordPress carries out what is not answered before
    request = f"new class {{ function get_route() {{ return '{route}'; }} }}"
    then = f"apply_filters('rest_pre_dispatch', null, null, {request})"
    assert shop.value("mu-plugins/stay-open.php", then=then) is answer


def test_must_use_plugins_of_the_volume_are_loaded_too(shop: Shop) -> None:
    (shop.folder / "mu-plugins").mkdir()
    for name in ("one", "two"):
        (shop.folder / "mu-plugins" / f"{name}.php").write_text(f"<?php const {name} = 1;")
    found = shop.value("mu-plugins/of-the-volume.php", then="[one, two, isset($of_the_volume)]")
    assert found == [1, 1, False]


def test_they_are_in_the_image_where_wordpress_looks_for_them() -> None:
    assert "COPY mu-plugins mu-plugins/" in (IMAGE / "Dockerfile").read_text()
    settings = (IMAGE / "wp-config.php").read_text()
    assert "define('WPMU_PLUGIN_DIR', dirname(__DIR__) . '/mu-plugins');" in settings
