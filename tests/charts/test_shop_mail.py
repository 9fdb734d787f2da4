"""Where the mail of a shop of WooCommerce goes, and who may send it."""

import json

import pytest

from tests.charts.rendering import STORE, Helm, Objects, Values, secret_keys
from tests.charts.test_every_engine import are_valid_objects
from tests.charts.test_shop import SHOP, environment

pytestmark = pytest.mark.slow

MAIL: Values = {"mail": {"host": "mail.example.com", "port": 2525, "from": "shop@example.com"}}


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
        of_the_secret = {"name": "store-credentials", "optional": True}
        assert references == {
            "SMTP_USERNAME": {**of_the_secret, "key": "smtp-username"},
            "SMTP_PASSWORD": {**of_the_secret, "key": "smtp-password"},
        }
    assert "SMTP_" not in json.dumps(shop.templates["mysql"])
    elsewhere = helm.objects({**MAIL, "store": {**STORE, "credentialsSecret": "elsewhere"}})
    assert {secret for secret, _ in secret_keys(list(elsewhere))} == {"elsewhere"}


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
