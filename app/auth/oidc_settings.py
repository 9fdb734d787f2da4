"""What the operator says of an OIDC issuer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from provisioner.models import Role


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """An issuer, and how its tokens are read. Settings describes each field."""

    issuer: str
    audience: str
    client_id: str | None
    scopes: tuple[str, ...]
    jwks_url: str | None
    algorithms: tuple[str, ...]
    name_claim: str
    roles_claim: str
    roles: Mapping[str, Role]
    leeway: timedelta
