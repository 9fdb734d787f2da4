"""Verifies JSON Web Tokens (RFC 7519) of an OIDC issuer, and tells whom they sign in.

The checks follow RFC 8725. The operator and the key decide on the algorithm, never the token. If
the token decided, anyone could use the issuer's public key as the secret of HS256, or choose the
algorithm "none", which has no signature.

Issuers sign other things with the same keys: see ``jwt_kinds``.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
from jwt.exceptions import (
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidAlgorithmError,
    InvalidAudienceError,
    InvalidIssuerError,
    InvalidSignatureError,
    MissingRequiredClaimError,
    PyJWTError,
)

from app.auth.issuer_keys import IssuerKeys
from app.auth.jwt_kinds import is_for_something_else, is_kind_accepted, is_of_client
from app.auth.settings import OidcSettings
from provisioner.domain.emails import is_email
from provisioner.domain.identities import Identity, Role
from provisioner.domain.owners import Owner, normal_name

_MAX_TOKEN = 16_384  # characters, more than any issuer's token has
# 2100-01-01. A token may end later than a ``datetime`` can express; then it ends here.
_LATEST = 4_102_444_800
_CODES: Mapping[type[PyJWTError], str] = {
    ExpiredSignatureError: "JWT_EXPIRED",
    ImmatureSignatureError: "JWT_NOT_YET_VALID",
    InvalidAlgorithmError: "JWT_ALGORITHM_REFUSED",
    InvalidAudienceError: "JWT_AUDIENCE_WRONG",
    InvalidIssuerError: "JWT_ISSUER_WRONG",
    InvalidSignatureError: "JWT_SIGNATURE_WRONG",
    MissingRequiredClaimError: "JWT_CLAIM_MISSING",
}


class InvalidJwtError(Exception):
    """A token does not sign anybody in.

    ``code`` says why, for the audit log. ``owner`` is whose token it is, where that is proven.
    """

    def __init__(self, code: str, owner: Owner | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.owner = owner


class JwtVerifier:
    """Verifies tokens of one issuer."""

    def __init__(self, settings: OidcSettings, keys: IssuerKeys) -> None:
        self._settings = settings
        self._keys = keys

    async def verify(self, token: str) -> tuple[Identity, datetime]:
        """Return who signs in with a token, and until when at most. Raises InvalidJwtError."""
        claims = await self._claims(token)
        owner = self._owner(claims)
        role = self._role(claims)
        if role is None:
            raise InvalidJwtError("JWT_WITHOUT_ROLE", owner)
        expires = min(int(claims["exp"]), _LATEST)
        # The leeway applies to the end as it does when the token is checked.
        ends_at = datetime.fromtimestamp(expires, UTC) + self._settings.leeway
        # Only what the issuer says proves anything: many let people enter any address.
        is_proven = claims.get("email_verified") is True
        email = _email_of(claims)
        return Identity(owner, role, email=email, is_email_proven=is_proven), ends_at

    async def _claims(self, token: str) -> Mapping[str, Any]:
        settings = self._settings
        try:
            if len(token) > _MAX_TOKEN:
                raise InvalidJwtError("JWT_MALFORMED")
            header = jwt.get_unverified_header(token)
            # Checked before the key is looked up, because that may cost a request to the issuer.
            if header.get("alg") not in settings.algorithms:
                raise InvalidJwtError("JWT_ALGORITHM_REFUSED")
            if not is_kind_accepted(header):
                raise InvalidJwtError("JWT_TYPE_WRONG")
            key = await self._keys.find(header.get("kid"))
            if key is None:
                raise InvalidJwtError("JWT_KEY_UNKNOWN")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=settings.algorithms,
                audience=settings.audience,
                issuer=settings.issuer,
                leeway=settings.leeway,
                # PyJWT would otherwise accept a token without an end, and only warn of a short key.
                options={
                    "require": ["exp", "iss", "aud"],
                    "enforce_minimum_key_length": True,
                },
            )
        except PyJWTError as error:
            raise InvalidJwtError(_CODES.get(type(error), "JWT_MALFORMED")) from error
        if is_for_something_else(claims, accepts_id_tokens=settings.audience == settings.client_id):
            raise InvalidJwtError("JWT_TYPE_WRONG")
        if settings.clients and not is_of_client(claims, settings.clients):
            raise InvalidJwtError("JWT_CLIENT_WRONG")
        return claims

    def _owner(self, claims: Mapping[str, Any]) -> Owner:
        """Return whose token it is. Raises InvalidJwtError when the name cannot be used."""
        settings = self._settings
        name = claims.get(settings.name_claim)
        # A name that is not in its normal form is refused, not normalised: otherwise two people
        # could become one owner.
        if not isinstance(name, str) or normal_name(name) != name:
            raise InvalidJwtError("JWT_NAME_UNUSABLE")
        shown = claims.get(settings.display_name_claim)
        shown = normal_name(shown) if isinstance(shown, str) else None
        return Owner(settings.issuer, name, shown or "")

    def _role(self, claims: Mapping[str, Any]) -> Role | None:
        """Return the highest of our roles that the token's roles stand for, or None."""
        # A dotted name leads into nested claims, such as Keycloak's `realm_access.roles`.
        found: Any = claims
        for part in self._settings.roles_claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        # Either a list, or a text with spaces in between, as the claim `scope` is.
        theirs = found.split() if isinstance(found, str) else found
        if not isinstance(theirs, list):
            return None
        known = self._settings.roles
        ours = {known[name] for name in theirs if isinstance(name, str) and name in known}
        return max(ours, key=list(Role).index, default=None)


def _email_of(claims: Mapping[str, Any]) -> str | None:
    """Return the person's address, unless the issuer says that it is not known to be theirs.

    Source: OpenID Connect Core 1.0, section 5.1. Many issuers do not say anything.
    """
    email = claims.get("email")
    is_doubted = claims.get("email_verified") is False
    return email if isinstance(email, str) and is_email(email) and not is_doubted else None
