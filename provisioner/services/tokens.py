"""The operations on access tokens: create, read, list and revoke.

Callers can see and make their own tokens, and admins everyone's. A token of somebody else is "not
found". Nobody can make a token that allows more, or lives longer, than what they signed in with.
Nobody can revoke a token that allows more than they may do themselves.
"""

from datetime import datetime, timedelta

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.identities import Identity, Role
from provisioner.domain.owners import MAX_NAME, Owner, local, normal_name
from provisioner.domain.ports import Clock
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.paging import Page
from provisioner.storage.token_tree import AccessToken
from provisioner.storage.tokens import IssuedToken, TokenRepository

MAX_DESCRIPTION, MAX_DAYS = 200, 3650
"""The longest description, in characters, and the longest life of a token, in days."""


class TokenService:
    """Makes, shows and revokes access tokens for a known caller."""

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
        audit: AuditedAction,
    ) -> IssuedToken:
        """Create a token for the caller, or, if the caller is an admin, for another local owner.

        The token ends at the latest when the caller's own sign-in does: with the token that the
        caller used, or, for a sign-in with an issuer, after the time in the settings. Raises
        RefusedError with a refusal for everything that is wrong.
        """
        self._require_may_make(caller)
        wanted_owner = _owner(caller, owner)
        latest, now = self.latest_end(caller), self._clock.now()
        refusals = (
            wanted_owner if isinstance(wanted_owner, Refusal) else None,
            _refuse_role(caller, role),
            _refuse_description(description),
            _refuse_days(expires_in_days, now, latest),
        )
        found = [refusal for refusal in refusals if refusal is not None]
        if found or isinstance(wanted_owner, Refusal):
            raise RefusedError(*found)
        return await self._tokens.issue(
            wanted_owner,
            role,
            description=description,
            expires_at=latest if expires_in_days is None else now + timedelta(days=expires_in_days),
            maker=caller.owner,
            parent_id=None if caller.token is None else caller.token.id,
            audit=audit,
        )

    async def get(self, caller: Identity, token_id: str) -> AccessToken:
        """Return a token.

        Raises RefusedError (NOT_FOUND), also for a token that the caller may not see.
        """
        found = await self._tokens.get(token_id)
        if found is None or not (found.owner == caller.owner or caller.role is Role.ADMIN):
            raise RefusedError(_NOT_FOUND)
        return found

    async def revoke(self, caller: Identity, token_id: str, *, audit: AuditedAction) -> AccessToken:
        """Revoke a token and all tokens that were made with it; repeating it changes nothing.

        Raises RefusedError: NOT_FOUND, or FORBIDDEN when the token allows more than the caller may
        do.
        """
        found = await self.get(caller, token_id)
        # One check is enough: the tokens below never allow more than the one they were made with.
        if not caller.role.includes(found.role):
            raise RefusedError(_may_do_more(caller, found))
        revoked = await self._tokens.revoke(token_id, audit=audit)
        if revoked is None:
            raise RefusedError(_NOT_FOUND)
        return revoked

    async def page(
        self, caller: Identity, *, first: int, after: str | None, with_revoked: bool
    ) -> Page[AccessToken]:
        """Return a page of the tokens that the caller may see, newest first."""
        return await self._tokens.page(
            owner=None if caller.role is Role.ADMIN else caller.owner,
            first=first,
            after=after,
            with_revoked=with_revoked,
        )

    def latest_end(self, caller: Identity) -> datetime | None:
        """Return the latest end of a token that the caller makes; None means no end."""
        if caller.token is not None:
            return caller.token.expires_at
        issuer = self._tokens.issuer
        if not caller.is_from_issuer or issuer is None:
            return None
        return self._clock.now() + issuer.token_lifetime

    def _require_may_make(self, caller: Identity) -> None:
        if caller.role is Role.VIEWER:
            raise RefusedError(_VIEWERS_MAKE_NONE)
        issuer = self._tokens.issuer
        if caller.is_from_issuer and (issuer is None or not issuer.token_lifetime):
            raise RefusedError(_ISSUERS_MAKE_NONE)


_NOT_FOUND = Refusal(
    RefusalCode.NOT_FOUND, "There is no such token; it may have another owner.", "id"
)


_VIEWERS_MAKE_NONE = Refusal(
    RefusalCode.FORBIDDEN,
    "Your role is viewer, which cannot make tokens. Ask an admin for the operator role.",
)
_ISSUERS_MAKE_NONE = Refusal(
    RefusalCode.FORBIDDEN,
    "Whoever signs in with the issuer cannot make tokens here. Sign in with a token of the"
    " platform, or ask an operator to allow it (oidc_token_days).",
)


def _may_do_more(caller: Identity, token: AccessToken) -> Refusal:
    message = (
        f"The token's role is {token.role.lower()}, and yours is {caller.role.lower()}: sign in"
        " with a token of that role, or ask an admin."
    )
    return Refusal(RefusalCode.FORBIDDEN, message, "id")


def _owner(caller: Identity, name: str | None) -> Owner | Refusal:
    """Return the owner of the new token, or why the caller may not make one for this owner."""
    if name is None or local(name) == caller.owner:
        return caller.owner
    if caller.role is not Role.ADMIN:
        message = "Only an admin can make tokens for others; leave `owner` out to make your own."
        return Refusal(RefusalCode.FORBIDDEN, message, "owner")
    normal = normal_name(name)
    if normal is None:
        message = (
            f"An owner's name has 1 to {MAX_NAME} printable characters, with letters of one script"
            " only: no Cyrillic `a` in a Latin name."
        )
        return Refusal(RefusalCode.OWNER_INVALID, message, "owner")
    return local(normal)


def _refuse_role(caller: Identity, role: Role) -> Refusal | None:
    if caller.role.includes(role):
        return None
    message = f"Your role is {caller.role.lower()}: a token of yours can have that role at most."
    return Refusal(RefusalCode.FORBIDDEN, message, "role")


def _refuse_description(description: str) -> Refusal | None:
    if len(description) <= MAX_DESCRIPTION and description.isprintable():
        return None
    message = f"Say what the token is for in up to {MAX_DESCRIPTION} printable characters."
    return Refusal(RefusalCode.DESCRIPTION_INVALID, message, "description")


def _refuse_days(days: int | None, now: datetime, latest: datetime | None) -> Refusal | None:
    if days is None:
        return None
    if not 1 <= days <= MAX_DAYS:
        message = (
            f"Let it expire after 1 to {MAX_DAYS} days; leave it out for a token that lives as long"
            " as what you sign in with."
        )
        return Refusal(RefusalCode.EXPIRY_INVALID, message, "expiresInDays")
    if latest is not None and now + timedelta(days=days) > latest:
        message = (
            "A token ends no later than what it is made with: this one can live until"
            f" {latest.isoformat(timespec='seconds')}. Leave the days out to let it live so long."
        )
        return Refusal(RefusalCode.EXPIRY_INVALID, message, "expiresInDays")
    return None
