"""Records when tokens are used, as long as this does not hold up callers.

The record is a write, while the rest of a request may only read. It can fail on a full disk, or
wait while another process holds the database's lock. The caller then goes on without the record,
and for a while no other is tried.
"""

import asyncio
import time

import structlog

from provisioner.storage.token_tree import AccessToken
from provisioner.storage.tokens import TokenRepository

_log = structlog.get_logger(__name__)

_PATIENCE_SECONDS = 0.5  # for which a caller waits for the write
_PAUSE_SECONDS = 30.0  # without writes after one that failed or took too long


class Uses:
    """Records the uses of the tokens that callers sign in with."""

    def __init__(self, tokens: TokenRepository) -> None:
        self._tokens = tokens
        # asyncio holds tasks by weak references only, so a write in the background is kept here.
        self._under_way: set[asyncio.Task[None]] = set()
        self._not_before = 0.0

    async def note(self, token: AccessToken) -> None:
        """Record that a token is used now. Never raises, and waits half a second at most."""
        if time.monotonic() < self._not_before:
            return
        task = asyncio.create_task(self._tokens.note_use(token), name="note a token's use")
        self._under_way.add(task)
        task.add_done_callback(self._on_end)
        # ``asyncio.wait`` does not cancel the write, which goes on in the background.
        done, _ = await asyncio.wait({task}, timeout=_PATIENCE_SECONDS)
        if not done:
            self._pause("The write takes too long.")

    def _on_end(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        # Asking for the exception also keeps asyncio from reporting it as never retrieved.
        if not task.cancelled() and (error := task.exception()) is not None:
            self._pause(str(error))

    def _pause(self, reason: str) -> None:
        self._not_before = time.monotonic() + _PAUSE_SECONDS
        _log.warning("token_use_not_noted", reason=reason)
