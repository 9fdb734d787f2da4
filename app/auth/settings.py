"""The settings for signing in by an OIDC issuer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from provisioner.domain.identities import Role
from provisioner.services.tokens import MAX_DAYS
from provisioner.storage.token_tree import IssuerTrust

# Only signatures by public keys. With HS256 anyone could sign with the issuer's public key.
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]

# Strict, because the origins become part of the Content-Security-Policy header.
_ORIGIN = re.compile(r"https?://[\w.-]+(:\d+)?")


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """An issuer, and how to read its tokens. ``SignInSettings`` describes each field."""

    issuer: str
    audience: str
    client_id: str | None
    scopes: tuple[str, ...]
    token_origins: tuple[str, ...]
    jwks_url: str | None
    algorithms: tuple[str, ...]
    name_claim: str
    display_name_claim: str
    clients: tuple[str, ...]
    roles_claim: str
    roles: Mapping[str, Role]
    leeway: timedelta


class SignInSettings(BaseSettings):
    """What the operator says about an OIDC issuer. ``app.settings.Settings`` inherits this.

    Lists are marked ``NoDecode``, because pydantic-settings would expect JSON in the environment.
    """

    model_config = SettingsConfigDict(env_prefix="STORE_PLATFORM_", frozen=True, extra="ignore")

    oidc_issuer: str | None = Field(
        None,
        description="URL of the issuer whose tokens sign people in, besides our own tokens. If"
        " unset, only our own do.",
    )
    oidc_audience: str | None = Field(
        None,
        description="The audience that the issuer's tokens must be for; required with an issuer.",
    )
    oidc_client_id: str | None = Field(
        None,
        description="The client as which the pages sign people in; if unset, they ask for a token.",
    )
    oidc_scopes: str = Field("openid", description="What the pages ask the issuer for.")
    oidc_token_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Where the issuer hands out tokens, if that is not at its own address, such as"
        " https://tokens.example.com; comma-separated. The pages may connect to no other origins.",
    )
    oidc_jwks_url: str | None = Field(
        None,
        description="URL of the issuer's keys; if unset, the issuer's discovery document says it.",
    )
    oidc_algorithms: Annotated[tuple[Algorithm, ...], NoDecode] = Field(
        ("RS256", "ES256"), description="The signatures that are accepted, comma-separated."
    )
    oidc_name_claim: str = Field(
        "sub",
        description="The claim with a caller's name, to which their stores belong. A name must"
        " never pass from one person to another; in `sub` it does not.",
    )
    oidc_roles_claim: str = Field(
        "roles",
        description="The claim with a caller's roles; dots lead into nested claims (`a.roles`).",
    )
    oidc_roles: Annotated[dict[str, Role], NoDecode] = Field(
        {"viewer": Role.VIEWER, "operator": Role.OPERATOR, "admin": Role.ADMIN},
        description="What the issuer's roles stand for: `theirs=viewer`, comma-separated. A person"
        " who has none of them cannot sign in.",
    )
    oidc_display_name_claim: str = Field(
        "preferred_username",
        description="The claim with the name by which a person is shown. It proves nothing: stores"
        " belong to the name in `oidc_name_claim`.",
    )
    oidc_clients: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="The clients whose tokens sign people in, comma-separated. A token must have at"
        " least one of the claims `azp`, `client_id`, `cid` and `appid`, and each that it has must"
        " name one of these clients. If unset, tokens of any client do.",
    )
    oidc_token_days: int = Field(
        0,
        ge=0,
        le=MAX_DAYS,
        description="How many days a token may live that was made by a person who signed in with"
        " the issuer; with 0 they cannot make any. Such a token still works when the issuer no"
        " longer lets its owner in, and ends when the issuer is no longer configured. A smaller"
        " number also ends existing tokens that are older.",
    )
    oidc_leeway_seconds: float = Field(
        30, ge=0, le=300, description="How far the issuer's clock may be from ours."
    )

    @field_validator("oidc_algorithms", "oidc_clients", "oidc_token_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(_parts(value)) if isinstance(value, str) else value

    @field_validator("oidc_roles", mode="before")
    @classmethod
    def _split_roles(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = (part.partition("=") for part in _parts(value))
        return {theirs.strip(): ours.strip().upper() for theirs, _, ours in pairs}

    @field_validator("oidc_issuer", "oidc_jwks_url")
    @classmethod
    def _private(cls, value: str | None) -> str | None:
        if not value:  # as a variable that is set to nothing
            return None
        # On this machine nobody is in between, so plain http is allowed there.
        parts = urlsplit(value)
        if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("must begin with https://, or anyone on the way could sign in")
        return value

    @field_validator("oidc_token_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError("must be origins, such as https://tokens.example.com")
        return value

    @field_validator("oidc_audience")
    @classmethod
    def _audience_with_issuer(cls, value: str | None, info: ValidationInfo) -> str | None:
        # ``info.data`` has only the fields declared above this one, so the issuer comes first. The
        # check runs for an unset audience too: pydantic-settings validates default values.
        if info.data.get("oidc_issuer") and not value:
            raise ValueError("is needed with an issuer: without it any token of theirs would do")
        return value

    def oidc(self) -> OidcSettings | None:
        """Return the settings that sign-in by an issuer needs, or None without an issuer."""
        if self.oidc_issuer is None or self.oidc_audience is None:
            return None
        return OidcSettings(
            issuer=self.oidc_issuer,
            audience=self.oidc_audience,
            client_id=self.oidc_client_id,
            scopes=tuple(self.oidc_scopes.split()),
            token_origins=self.oidc_token_origins,
            jwks_url=self.oidc_jwks_url,
            algorithms=self.oidc_algorithms,
            name_claim=self.oidc_name_claim,
            display_name_claim=self.oidc_display_name_claim,
            clients=self.oidc_clients,
            roles_claim=self.oidc_roles_claim,
            roles=self.oidc_roles,
            leeway=timedelta(seconds=self.oidc_leeway_seconds),
        )

    def issuer_trust(self) -> IssuerTrust | None:
        """Return the settings that the domain needs, or None without an issuer."""
        if self.oidc() is None or self.oidc_issuer is None:
            return None
        return IssuerTrust(self.oidc_issuer, timedelta(days=self.oidc_token_days))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
