"""Notes when tokens are used, as long as that holds nobody up.

It is a write, and may fail or wait where everything else that is asked for only reads: on a full
disk, or while another process holds the database's lock. Then a caller goes on without it, and for
a while nobody tries again.
"""

import asyncio
import time

import structlog

from provisioner.storage.token_tree import AccessToken
from provisioner.storage.tokens import TokenRepository

_log = structlog.get_logger(__name__)

_PATIENCE_SECONDS = 0.5
_PAUSE_SECONDS = 30.0


class Uses:
    """What is noted of the tokens that callers sign in with."""

    def __init__(self, tokens: TokenRepository) -> None:
        self._tokens = tokens
        self._under_way: set[asyncio.Task[None]] = set()
        self._not_before = 0.0

    async def note(self, token: AccessToken) -> None:
        """Note that a token was used now. Never fails."""
        if time.monotonic() < self._not_before:
            return
        task = asyncio.create_task(self._tokens.note_use(token), name="note a token's use")
        self._under_way.add(task)
        task.add_done_callback(self._on_end)
        done, _ = await asyncio.wait({task}, timeout=_PATIENCE_SECONDS)
        if not done:
            self._pause("It takes long.")

    def _on_end(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._pause(str(error))

    def _pause(self, reason: str) -> None:
        self._not_before = time.monotonic() + _PAUSE_SECONDS
        _log.warning("token_use_not_noted", reason=reason)
