"""What a caller can do with access tokens.

Everybody sees and makes their own, admins everyone's; another's token is "not found". Nobody gives
away more than they have themselves.
"""

from datetime import timedelta

from provisioner.errors import Refusal, RefusedError
from provisioner.models import Identity, Role
from provisioner.paging import Page
from provisioner.ports import Clock
from provisioner.tokens import AccessToken, IssuedToken, TokenRepository

MAX_OWNER, MAX_DESCRIPTION, MAX_DAYS = 128, 200, 3650
"""In characters, and days that a token may live."""
MAX_TOKENS = 100
"""Tokens that an owner may have at a time: more of them are forgotten, not used."""


class TokenService:
    """Access tokens, for a known caller."""

    def __init__(self, tokens: TokenRepository, clock: Clock) -> None:
        self._tokens = tokens
        self._clock = clock

    async def create(
        self,
        caller: Identity,
        *,
        role: Role,
        owner: str | None = None,
        description: str = "",
        expires_in_days: int | None = None,
    ) -> IssuedToken:
        """Create a token for the caller, or, by an admin, for another owner.

        Raises RefusedError with everything that is wrong, each with code and field.
        """
        wanted_owner = caller.name if owner is None else owner
        refusals = (
            _refuse_owner(caller, wanted_owner),
            _refuse_role(caller, role),
            _refuse_description(description),
            _refuse_days(expires_in_days),
        )
        if found := [refusal for refusal in refusals if refusal is not None]:
            raise RefusedError(*found)
        if await self._tokens.count_live(wanted_owner) >= MAX_TOKENS:
            raise RefusedError(_too_many(wanted_owner))
        lifetime = None if expires_in_days is None else timedelta(days=expires_in_days)
        return await self._tokens.issue(
            wanted_owner,
            role,
            description=description,
            expires_at=None if lifetime is None else self._clock.now() + lifetime,
        )

    async def get(self, caller: Identity, token_id: str) -> AccessToken:
        """Return a token. Raises RefusedError (NOT_FOUND), also when it is another's."""
        found = await self._tokens.get(token_id)
        if found is None or not (found.owner == caller.name or caller.role is Role.ADMIN):
            raise RefusedError(_NOT_FOUND)
        return found

    async def revoke(self, caller: Identity, token_id: str) -> AccessToken:
        """Revoke a token; again changes nothing. Raises RefusedError (NOT_FOUND)."""
        await self.get(caller, token_id)
        revoked = await self._tokens.revoke(token_id)
        if revoked is None:
            raise RefusedError(_NOT_FOUND)
        return revoked

    async def page(
        self, caller: Identity, *, first: int, after: str | None, with_revoked: bool
    ) -> Page[AccessToken]:
        """Return a page of the tokens that the caller may see, newest first."""
        return await self._tokens.page(
            owner=None if caller.role is Role.ADMIN else caller.name,
            first=first,
            after=after,
            with_revoked=with_revoked,
        )


_NOT_FOUND = Refusal("NOT_FOUND", "There is no such token; it may have another owner.", "id")


def _refuse_owner(caller: Identity, owner: str) -> Refusal | None:
    if owner != caller.name and caller.role is not Role.ADMIN:
        message = "Only an admin makes tokens for others; leave `owner` out to have one yourself."
        return Refusal("FORBIDDEN", message, "owner")
    if not 1 <= len(owner) <= MAX_OWNER or not owner.isprintable() or owner != owner.strip():
        message = (
            f"An owner is a name of 1 to {MAX_OWNER} printable characters that neither begins nor"
            " ends with a space."
        )
        return Refusal("OWNER_INVALID", message, "owner")
    return None


def _refuse_role(caller: Identity, role: Role) -> Refusal | None:
    if caller.role.includes(role):
        return None
    message = f"Your role is {caller.role.lower()}: a token of yours can have that role at most."
    return Refusal("FORBIDDEN", message, "role")


def _refuse_description(description: str) -> Refusal | None:
    if len(description) <= MAX_DESCRIPTION and (description.isprintable() or not description):
        return None
    message = f"Say what the token is for in up to {MAX_DESCRIPTION} printable characters."
    return Refusal("DESCRIPTION_INVALID", message, "description")


def _refuse_days(days: int | None) -> Refusal | None:
    if days is None or 1 <= days <= MAX_DAYS:
        return None
    message = f"Let it expire after 1 to {MAX_DAYS} days; leave it out for a token that does not."
    return Refusal("EXPIRY_INVALID", message, "expiresInDays")


def _too_many(owner: str) -> Refusal:
    message = f"{owner} has {MAX_TOKENS} tokens already; revoke one that is no longer used."
    return Refusal("TOKEN_LIMIT_REACHED", message)
