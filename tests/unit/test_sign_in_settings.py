"""What an operator says of an issuer, and what is wrong with it."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from app.auth.settings import OidcSettings, SignInSettings
from provisioner.domain.identities import Role
from provisioner.storage.token_tree import IssuerTrust

URL = "https://id.example.com/shops"
ISSUER = {"oidc_issuer": URL, "oidc_audience": "store-platform"}


def oidc(**given: object) -> OidcSettings:
    settings = SignInSettings.model_validate({**ISSUER, **given}).oidc()
    assert settings is not None
    return settings


def test_what_an_issuer_and_an_audience_alone_mean() -> None:
    assert oidc() == OidcSettings(
        issuer=URL,
        audience="store-platform",
        client_id=None,
        scopes=("openid",),
        token_origins=(),
        jwks_url=None,
        algorithms=("RS256", "ES256"),
        name_claim="sub",
        display_name_claim="preferred_username",
        clients=(),
        roles_claim="roles",
        roles={"viewer": Role.VIEWER, "operator": Role.OPERATOR, "admin": Role.ADMIN},
        leeway=timedelta(seconds=30),
    )


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"oidc_audience": "store-platform"},
        {"oidc_issuer": ""},
        {"oidc_issuer": "", "oidc_audience": "store-platform"},
    ],
)
def test_without_an_issuer_only_our_own_tokens_count(given: dict[str, Any]) -> None:
    settings = SignInSettings.model_validate(given)
    assert (settings.oidc(), settings.issuer_trust()) == (None, None)


@pytest.mark.parametrize(("given", "days"), [({}, 0), ({"oidc_token_days": 7}, 7)])
def test_how_long_tokens_of_the_issuers_people_live(given: dict[str, Any], days: int) -> None:
    settings = SignInSettings.model_validate({**ISSUER, **given})
    assert settings.issuer_trust() == IssuerTrust(URL, timedelta(days=days))


def test_tokens_from_elsewhere() -> None:
    origins = "https://tokens.example.com, http://localhost:9000"
    assert oidc(oidc_token_origins=origins).token_origins == (
        "https://tokens.example.com",
        "http://localhost:9000",
    )


def test_every_signature_by_a_public_key_may_be_accepted() -> None:
    algorithms = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
    assert oidc(oidc_algorithms=", ".join(algorithms)).algorithms == algorithms


def test_the_issuers_roles() -> None:
    roles = oidc(oidc_roles="staff = viewer,,shop-admins=Admin,").roles
    assert roles == {"staff": Role.VIEWER, "shop-admins": Role.ADMIN}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_on_this_machine_plain_http_will_do(host: str) -> None:
    assert oidc(oidc_issuer=f"http://{host}:8080").issuer == f"http://{host}:8080"


@pytest.mark.parametrize("seconds", [0, 300])
def test_how_far_the_clocks_may_be_apart(seconds: int) -> None:
    assert oidc(oidc_leeway_seconds=seconds).leeway == timedelta(seconds=seconds)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_PLATFORM_OIDC_ISSUER", URL)
    monkeypatch.setenv("STORE_PLATFORM_OIDC_AUDIENCE", "store-platform")
    monkeypatch.setenv("STORE_PLATFORM_OIDC_CLIENTS", "dashboard, cli")
    settings = SignInSettings.model_validate({})
    assert settings.oidc() == oidc(oidc_clients=("dashboard", "cli"))


def test_settings_do_not_change() -> None:
    settings = SignInSettings.model_validate(ISSUER)
    with pytest.raises(ValidationError, match="Instance is frozen"):
        settings.oidc_audience = "another"
    assert settings.oidc_audience == "store-platform"


NO_TLS = "must begin with https://, or anyone on the way could sign in"
NO_AUDIENCE = "is needed with an issuer: without it any token of theirs would do"
NO_ORIGIN = "must be origins, such as https://tokens.example.com"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"oidc_issuer": "http://id.example.com"}, NO_TLS),
        ({"oidc_jwks_url": "http://id.example.com/keys"}, NO_TLS),
        ({"oidc_audience": None}, NO_AUDIENCE),
        ({"oidc_audience": ""}, NO_AUDIENCE),
        ({"oidc_token_origins": "https://tokens.example.com/token"}, NO_ORIGIN),
        ({"oidc_token_origins": "tokens.example.com"}, NO_ORIGIN),
        ({"oidc_token_origins": "https://a.example.com; script-src *"}, NO_ORIGIN),
    ],
)
def test_refusals(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        SignInSettings.model_validate({**ISSUER, **given})
    assert [error["msg"] for error in refusal.value.errors()] == [f"Value error, {said}"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("oidc_algorithms", "RS256, HS256"),
        ("oidc_roles", "staff=king"),
        ("oidc_leeway_seconds", 300.5),
        ("oidc_leeway_seconds", -1),
        ("oidc_token_days", -1),
    ],
)
def test_values_that_are_out_of_bounds(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        SignInSettings.model_validate({**ISSUER, name: value})
