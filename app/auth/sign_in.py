"""Finds out who calls: whom a bearer token signs in, and until when."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from app.auth.issuer_keys import issuer_keys
from app.auth.oidc import InvalidJwtError, JwtVerifier
from app.auth.settings import OidcSettings
from app.auth.uses import Uses
from app.auth.watch import CredentialWatch
from provisioner.domain.clock import SystemClock
from provisioner.domain.identities import Identity
from provisioner.domain.owners import Owner
from provisioner.domain.ports import Clock
from provisioner.platform import Platform
from provisioner.storage.audit_log import SIGN_IN, AuditOutcome, AuditRecord
from provisioner.storage.capped_audit import CappedAudit
from provisioner.storage.token_tree import AccessToken
from provisioner.storage.tokens import PREFIX, TokenRepository

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Credential:
    """A sign-in: who it is, and until when it is valid at most.

    ``token_id`` is None for a token of an issuer, and ``expires_at`` is None for a token without an
    end. Implements ``resolvers.context.SignIn``.
    """

    identity: Identity
    watch: CredentialWatch = field(repr=False)
    token_id: str | None = None
    expires_at: datetime | None = None

    async def ended(self) -> None:
        """Return as soon as the credential is no longer valid."""
        await self.watch.ended(self.token_id, self.expires_at)


@dataclass(frozen=True, slots=True)
class SignInFailure:
    """Why a token was not accepted. Only the audit log gets this; the caller is told no reason.

    ``owner`` is whose token it was, where that is certain. ``token`` is set for one of our own.
    """

    code: str
    owner: Owner | None = None
    token: AccessToken | None = None


class Authenticator:
    """Signs callers in by their bearer tokens."""

    def __init__(
        self,
        tokens: TokenRepository,
        watch: CredentialWatch,
        audit: CappedAudit,
        clock: Clock,
        *,
        issuer: JwtVerifier | None = None,
    ) -> None:
        self._tokens = tokens
        self._uses = Uses(tokens)
        self._watch = watch
        self._audit = audit
        self._clock = clock
        self._issuer = issuer

    async def sign_in(self, token: str, *, address: str) -> Credential | None:
        """Return who signs in with a token, or None. A failure is written to the audit log."""
        result = await self._identify(token)
        if isinstance(result, Credential):
            return result
        await self._record(result, address)
        return None

    async def _record(self, failure: SignInFailure, address: str) -> None:
        try:
            await self._audit.record(
                AuditRecord(
                    action=SIGN_IN,
                    outcome=AuditOutcome.REFUSED,
                    address=address,
                    actor=failure.owner,
                    code=failure.code,
                    token_id=None if failure.token is None else failure.token.id,
                    token_maker=None if failure.token is None else failure.token.maker,
                )
            )
        except Exception:  # noqa: BLE001 - nothing was changed, so a line in the log is enough
            _log.exception("sign_in_failure_not_recorded", code=failure.code)

    async def _identify(self, token: str) -> Credential | SignInFailure:
        if not token.startswith(PREFIX):  # not one of ours, so the database need not be asked
            if self._issuer is None:
                return SignInFailure("TOKEN_UNKNOWN")
            return await self._identify_by(self._issuer, token)
        found = await self._tokens.find(token)
        if found is None:
            return SignInFailure("TOKEN_UNKNOWN")
        if (problem := found.problem(self._clock.now())) is not None:
            return SignInFailure(problem, found.token.owner, found.token)
        await self._uses.note(found.token)
        return Credential(found.identity, self._watch, found.token.id, found.expires_at)

    async def _identify_by(self, issuer: JwtVerifier, token: str) -> Credential | SignInFailure:
        try:
            identity, expires_at = await issuer.verify(token)
        except InvalidJwtError as error:
            return SignInFailure(error.code, error.owner)
        return Credential(identity, self._watch, expires_at=expires_at)


@asynccontextmanager
async def running_authenticator(
    platform: Platform, oidc: OidcSettings | None, *, trust: ssl.SSLContext
) -> AsyncIterator[Authenticator]:
    """Yield an authenticator, which works for as long as the context is open.

    ``trust`` says whose certificates the issuer may have.
    """
    clock, tokens = SystemClock(), platform.tokens
    watch = CredentialWatch(tokens, clock)
    # The stack ends things in reverse order: it cancels the watch, waits for its task, and then
    # closes the issuer's keys.
    async with AsyncExitStack() as stack:
        issuer = None
        if oidc is not None:
            keys = issuer_keys(issuer=oidc.issuer, jwks_url=oidc.jwks_url, trust=trust)
            issuer = JwtVerifier(oidc, await stack.enter_async_context(keys))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        task = group.create_task(watch.run(), name="credential watch")
        stack.callback(task.cancel)
        yield Authenticator(tokens, watch, platform.capped_audit, clock, issuer=issuer)
