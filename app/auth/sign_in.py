"""Who is calling: what a bearer token stands for, and until when."""

from dataclasses import dataclass
from datetime import datetime

from provisioner.clock import SystemClock
from provisioner.models import Identity
from provisioner.ports import Clock
from provisioner.tokens import TokenRepository


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who has signed in, with which of our tokens (if it is one), and until when at most."""

    identity: Identity
    token_id: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignInFailure:
    """Why a token was not accepted, for the audit log; the caller is told only that it was not.

    ``name`` is whose token it was, where that is certain.
    """

    code: str
    name: str | None = None


class Authenticator:
    """Tells whose a token is."""

    def __init__(self, tokens: TokenRepository, clock: Clock | None = None) -> None:
        self._tokens = tokens
        self._clock = clock or SystemClock()

    async def sign_in(self, token: str) -> SignIn | SignInFailure:
        """Return who signs in with a token, or why nobody does."""
        found = await self._tokens.find(token)
        if found is None:
            return SignInFailure("TOKEN_UNKNOWN")
        if (problem := found.problem(self._clock.now())) is not None:
            return SignInFailure(problem, found.owner)
        await self._tokens.note_use(found)
        return SignIn(found.identity, found.id, found.expires_at)
