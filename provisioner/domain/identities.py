"""Who calls, and what they may do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from provisioner.domain.owners import COMMAND_LINE, Owner


class Role(StrEnum):
    """What a caller may do: read their stores, also change them, or everything."""

    VIEWER = "VIEWER"
    OPERATOR = "OPERATOR"
    ADMIN = "ADMIN"

    def includes(self, other: "Role") -> bool:
        """Whether who has this role may do all that ``other`` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


@dataclass(frozen=True, slots=True)
class UsedToken:
    """The token of ours that a caller has signed in with.

    ``expires_at`` is when it, or one that it was made with, ends. It is the owner's own when they
    made it themselves, or had it from the command line, and so on up to the first.
    """

    id: str
    maker: Owner | None
    is_owners_own: bool
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is calling, and with which token of ours; None for an issuer's or the command line."""

    owner: Owner
    role: Role
    token: UsedToken | None = None

    @property
    def sees_all_stores(self) -> bool:
        return self.role is Role.ADMIN

    @property
    def is_owner_in_person(self) -> bool:
        """Whether nobody but the owner can have got what they sign in with."""
        return self.token is None or self.token.is_owners_own

    @property
    def is_from_issuer(self) -> bool:
        """Whether an issuer vouches for this very sign-in."""
        return self.token is None and self.owner != COMMAND_LINE
