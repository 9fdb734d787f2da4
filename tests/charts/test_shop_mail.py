"""Where the mail of a shop of WooCommerce goes, and who may send it."""

import json

import pytest

from tests.charts.rendering import STORE, Helm, Objects, Values, secret_keys
from tests.charts.test_every_engine import are_valid_objects
from tests.charts.test_shop import SHOP, environment

pytestmark = pytest.mark.slow

SERVER = {"host": "mail.example.com", "port": 2525}
MAIL: Values = {"mail": {**SERVER, "from": "shop@example.com", "credentialsSecret": "store-mail"}}


def test_no_mail_without_a_server(shop: Objects) -> None:
    assert "SMTP_" not in json.dumps(shop)


def test_mail(helm: Helm) -> None:
    shop = helm.objects(MAIL)
    are_valid_objects(shop)
    for name in SHOP:
        given = environment(shop.containers[name])
        assert {key: value for key, value in given.items() if key.startswith("SMTP_")} == {
            "SMTP_HOST": "mail.example.com",
            "SMTP_PORT": "2525",
            "SMTP_SECURITY": "starttls",
            "SMTP_FROM": "shop@example.com",
        }
        references = {
            entry["name"]: entry["valueFrom"]["secretKeyRef"]
            for entry in shop.containers[name]["env"]
            if entry["name"].startswith("SMTP_") and "valueFrom" in entry
        }
        assert references == {
            "SMTP_USERNAME": {"name": "store-mail", "key": "username"},
            "SMTP_PASSWORD": {"name": "store-mail", "key": "password"},
        }
    assert "SMTP_" not in json.dumps(shop.templates["mysql"])


def test_mail_without_an_account_or_a_sender(helm: Helm) -> None:
    shop = helm.objects({"mail": SERVER})
    given = environment(shop.containers["wordpress"])
    assert given["SMTP_FROM"] == f"shop@{STORE['host']}"
    assert {secret for secret, _ in secret_keys(list(shop))} == {"store-credentials"}


@pytest.mark.parametrize(
    ("mail", "told"),
    [
        ({"host": "smtp://mail.example.com"}, "at '/mail/host'"),
        ({"host": "mail.example.com:25"}, "at '/mail/host'"),
        ({"port": 0}, "at '/mail/port'"),
        ({"security": "ssl"}, "at '/mail/security'"),
        ({"from": "nobody"}, "at '/mail/from'"),
        ({"password": "x"}, "at '/mail': additional properties 'password'"),
    ],
)
def test_refused_mail(helm: Helm, mail: Values, told: str) -> None:
    assert told in helm.refusal({"mail": mail})
