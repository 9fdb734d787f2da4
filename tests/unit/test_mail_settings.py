"""The mail server comes from the environment, and reaches the domain whole or not at all."""

import pytest
from pydantic import ValidationError

from app.settings import Settings
from provisioner.domain.mail import MailSecurity, MailServer

WORD = "a mail account's password"


def given(monkeypatch: pytest.MonkeyPatch, **settings: str) -> MailServer | None:
    for name, value in settings.items():
        monkeypatch.setenv(f"STORE_PLATFORM_SMTP_{name.upper()}", value)
    return Settings.read().platform().work.mail


def test_by_default_shops_send_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch) is None
    assert given(monkeypatch, port="25", username="shops", password=WORD) is None


def test_a_server_that_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    server = given(monkeypatch, host="mail.test")
    assert server == MailServer("mail.test", 587, MailSecurity.STARTTLS)
    assert server.credentials == {}


def test_a_server_with_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    server = given(
        monkeypatch, host="mail.test", port="465", security="tls", username="shops",
        password=WORD, **{"from": "{name}@shops.test"},
    )  # fmt: skip
    assert server == MailServer(
        "mail.test", 465, MailSecurity.TLS, "{name}@shops.test", "shops", WORD
    )
    assert server.credentials == {"username": "shops", "password": WORD}
    assert WORD not in repr(server)
    assert WORD not in repr(Settings.read())


@pytest.mark.parametrize(
    ("name", "wrong", "told"),
    [
        ("host", "mail.test:587", "smtp_host"),
        ("host", "smtp://mail.test", "smtp_host"),
        ("port", "0", "smtp_port"),
        ("security", "ssl", "smtp_security"),
        ("from", "{shop}@shops.test", "may name nothing but {name} and {host}"),
        ("from", "{name.first}@shops.test", "may name nothing but {name} and {host}"),
        ("from", "{name@shops.test", "may name nothing but {name} and {host}"),
        ("from", "{name}", "is no address: write it like {name}@shops.example.com"),
        ("from", "{name}@", "is no address"),
        ("from", "Shop <{name}@shops.test>", "is no address"),
        ("from", "a@b@shops.test", "is no address"),
        ("username", "shops", "smtp_username and smtp_password go together"),
        ("password", WORD, "smtp_username and smtp_password go together"),
    ],
)
def test_what_is_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, wrong: str, told: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        given(monkeypatch, **{"host": "mail.test", name: wrong})
    assert told in str(refused.value)
    assert WORD not in str(refused.value)
