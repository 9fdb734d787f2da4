"""What an operator says of an issuer, and what is wrong with it."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.auth.settings import SignInSettings

ISSUER = {"oidc_issuer": "https://id.example.com/shops", "oidc_audience": "store-platform"}


def test_tokens_from_elsewhere() -> None:
    origins = "https://tokens.example.com, http://localhost:9000"
    settings = SignInSettings.model_validate({**ISSUER, "oidc_token_origins": origins}).oidc()
    assert settings is not None
    assert settings.token_origins == ("https://tokens.example.com", "http://localhost:9000")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"oidc_issuer": "http://id.example.com"}, "must begin with https://"),
        ({"oidc_audience": None}, "is needed with an issuer"),
        ({"oidc_token_origins": "https://tokens.example.com/token"}, "must be origins"),
        ({"oidc_token_origins": "tokens.example.com"}, "must be origins"),
        ({"oidc_token_origins": "https://a.example.com; script-src *"}, "must be origins"),
    ],
)
def test_refusals(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        SignInSettings.model_validate({**ISSUER, **given})
