"""Notices within seconds when a credential is no longer valid.

This is for websockets and streams, which stay open after the sign-in: ``await
context.sign_in.ended()`` returns as soon as the credential has expired or was revoked. A timer
notices that it expires. One query every two seconds notices revocations, also those by the command
line or another replica. The query covers all credentials that have something open.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

import structlog

from provisioner.domain.ports import Clock
from provisioner.storage.tokens import TokenRepository

_log = structlog.get_logger(__name__)

_EVERY_SECONDS = 2.0


@dataclass(slots=True)
class _Open:
    """A token that has something open: how many things, and the event that ends them all."""

    uses: int = 0
    revoked: asyncio.Event = field(default_factory=asyncio.Event)


class CredentialWatch:
    """Watches the credentials of all open websockets and streams."""

    def __init__(
        self, tokens: TokenRepository, clock: Clock, *, every_seconds: float = _EVERY_SECONDS
    ) -> None:
        self._tokens = tokens
        self._clock = clock
        self._every_seconds = every_seconds
        self._open: dict[str, _Open] = {}

    async def ended(self, token_id: str | None, expires_at: datetime | None) -> None:
        """Return once the credential is no longer valid. Cancel the call when it is not needed.

        ``token_id`` is None for a credential that cannot be revoked, only expire. ``expires_at`` is
        None for one that does not expire.
        """
        seconds = None if expires_at is None else (expires_at - self._clock.now()).total_seconds()
        with self._registered(token_id) as revoked:
            try:
                async with asyncio.timeout(seconds):
                    await revoked.wait()
            except TimeoutError:
                return

    async def run(self) -> NoReturn:
        """Look for revoked tokens for ever. A look that fails is logged, and the next is soon."""
        while True:
            await asyncio.sleep(self._every_seconds)
            try:
                await self.check()
            except Exception:  # noqa: BLE001 - see the docstring
                _log.exception("credential_check_failed")

    async def check(self) -> None:
        """End what is open with tokens that were revoked or deleted."""
        if not self._open:
            return
        # A copy, because tokens may come and go while the database answers. A token that comes
        # meanwhile was not asked about, so it would look as if it were revoked.
        looked_at = dict(self._open)
        valid = await self._tokens.unrevoked(looked_at)
        for token_id in looked_at.keys() - valid:
            looked_at[token_id].revoked.set()

    @contextmanager
    def _registered(self, token_id: str | None) -> Iterator[asyncio.Event]:
        if token_id is None:
            yield asyncio.Event()  # nobody ever sets it
            return
        entry = self._open.setdefault(token_id, _Open())
        entry.uses += 1
        try:
            yield entry.revoked
        finally:
            # The last to leave removes the entry, so that the query asks only about what is open.
            entry.uses -= 1
            if entry.uses == 0:
                del self._open[token_id]
