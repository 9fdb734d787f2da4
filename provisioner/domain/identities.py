"""Callers of the API: their identity, their role, and the token that they signed in with."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from provisioner.domain.owners import COMMAND_LINE, Owner


class Role(StrEnum):
    """What a caller may do: read their own stores, also change them, or everything."""

    # In rising order: ``includes`` compares the positions.
    VIEWER = "VIEWER"
    OPERATOR = "OPERATOR"
    ADMIN = "ADMIN"

    def includes(self, other: "Role") -> bool:
        """Whether this role allows everything that ``other`` allows."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


@dataclass(frozen=True, slots=True)
class UsedToken:
    """The platform's own token that a caller signed in with.

    ``expires_at`` is the earliest end of the token and of those that it was made with, or None if
    none of them ends. ``is_owners_own`` is True when the owner made the token, or an operator made
    it on the command line, and the same is true of every token that it was made with.
    """

    id: str
    maker: Owner | None
    is_owners_own: bool
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is calling, and with which of the platform's own tokens.

    ``token`` is None for a caller who signed in through an issuer or uses the command line.
    ``email`` is the caller's address as the issuer tells it, and no part of who it is.
    ``is_email_proven``: the issuer says that it has found the address to be theirs.
    """

    owner: Owner
    role: Role
    token: UsedToken | None = None
    email: str | None = field(default=None, compare=False)
    is_email_proven: bool = field(default=False, compare=False)

    @property
    def proven_email(self) -> str | None:
        """The caller's address in small letters, if the issuer vouches for it."""
        return self.email.lower() if self.email and self.is_email_proven else None

    @property
    def sees_all_stores(self) -> bool:
        return self.role is Role.ADMIN

    @property
    def is_owner_in_person(self) -> bool:
        """Whether only the owner can know the credential of this sign-in."""
        # Whoever makes a token for another sees its secret, and could use it in the other's name.
        return self.token is None or self.token.is_owners_own

    @property
    def is_from_issuer(self) -> bool:
        """Whether the caller signed in with a token of the issuer, and not with one of ours."""
        return self.token is None and self.owner != COMMAND_LINE
