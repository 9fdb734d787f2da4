"""Elects the leader: this replica works on stores for as long as it holds the lease.

The other replicas check about once a second whether the lease is free. When its holder dies, one of
them takes over as soon as the lease has ended. When the holder stops, it gives the lease back, and
another takes over within a second. A holder that cannot renew the lease in time, because it is
frozen or cut off from the database, stops its work a little before the lease ends. Then it competes
for the lease again like the others.
"""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from typing import Generic, NoReturn, TypeVar

import structlog

from provisioner.domain.errors import DatabaseUnavailableError, LeaseLostError
from provisioner.domain.fence import Fence
from provisioner.leadership.fence import WatchedFence
from provisioner.leadership.lease import Fenced, Grant, Lease
from provisioner.leadership.watchdog import Watchdog
from provisioner.storage.database import Database, Transactions

_log = structlog.get_logger(__name__)

_LOOK_SECONDS = (0.7, 1.3)  # a random pause in this range, so that replicas do not ask in step
_RENEWALS = 5  # how often a renewal is tried within the length of a lease: some of them may fail
_MARGIN = 0.1  # this part of a lease is kept at its end for stopping the work that is under way

SessionT = TypeVar("SessionT")
Begin = Callable[[Transactions, Fence], AbstractAsyncContextManager[SessionT]]


class Elector(Generic[SessionT]):
    """Competes for the lease, and runs a session whenever this replica holds it.

    A session is the work of one leader from its election to its end; ``begin`` opens one.
    ``on_begun`` is called with each new session. ``on_ended`` is called when it ends, possibly
    twice. ``lease`` is None where there is only one replica, which then always leads. ``seconds``
    is the length of the lease.
    """

    def __init__(
        self,
        database: Database,
        lease: Lease | None,
        *,
        seconds: float,
        begin: Begin[SessionT],
        on_begun: Callable[[SessionT], None],
        on_ended: Callable[[], None],
    ) -> None:
        self._database = database
        self._lease = lease
        self._seconds = seconds
        self._begin = begin
        self._on_begun = on_begun
        self._on_ended = on_ended
        self._settled = asyncio.Event()
        self._session: SessionT | None = None

    @property
    def session(self) -> SessionT | None:
        """The session that runs in this replica, or None while it does not lead."""
        return self._session

    async def settled(self) -> None:
        """Wait until the first try to lead has succeeded or failed."""
        await self._settled.wait()

    async def run(self) -> NoReturn:
        """Lead whenever no other replica does, for ever.

        An error that the work of a session raises ends this task, and so the service.
        """
        while True:
            try:
                if self._lease is None:
                    await self._lead_alone()
                if (grant := await self._lease.take()) is not None:
                    await self._lead(self._lease, grant)
            except DatabaseUnavailableError as error:
                # From the lease, or from a session that could not read its work as it began.
                _log.warning("session_not_begun", reason=str(error.__cause__ or error))
            except OSError as error:
                # The machine has no room for the watchdog's process, or for an open file. That may
                # pass, so it must not end the service.
                _log.warning("session_not_begun", reason=str(error))
            self._settled.set()
            await asyncio.sleep(random.uniform(*_LOOK_SECONDS))  # noqa: S311 - spreads load

    async def _lead_alone(self) -> NoReturn:
        async with self._begin(self._database, Fence()) as session:
            self._enter(session)
            await asyncio.Event().wait()  # until this task is cancelled, when the service stops
            raise AssertionError  # never reached, but the type checker cannot know that

    async def _lead(self, lease: Lease, grant: Grant) -> None:
        try:
            with closing(Watchdog(grant.ends_at)) as watchdog:
                await self._lead_within(WatchedFence(grant.ends_at, watchdog), lease, grant)
        finally:
            # Only now, when no helm of this session runs any more: the next leader begins at once.
            await self._give_back(lease, grant)

    async def _lead_within(self, fence: Fence, lease: Lease, grant: Grant) -> None:
        _log.info("leading", epoch=grant.epoch)
        # The lease is renewed until the last of the work has stopped. At the service's end a helm
        # gets its grace period, and no other replica may work on its release meanwhile.
        keeping = asyncio.create_task(self._keep(lease, grant, fence), name="keep the lease")
        try:
            async with self._begin(Fenced(self._database, grant, fence), fence) as session:
                self._enter(session)
                await fence.ended()
                self._leave()
        finally:
            # Again, for a session that failed or was cancelled before the line above.
            self._leave()
            keeping.cancel()
            await asyncio.wait({keeping})

    async def _keep(self, lease: Lease, grant: Grant, fence: Fence) -> None:
        """Renew the lease until that fails, then end the fence."""
        try:
            why = await self._until_lost(lease, grant, fence)
            _log.warning("leadership_lost", epoch=grant.epoch, reason=why)
        finally:
            # Whatever ended the renewals, without them the right to work ends too.
            fence.end()

    async def _until_lost(self, lease: Lease, grant: Grant, fence: Fence) -> str:
        """Renew the lease until that fails; return why it failed, as a sentence."""
        margin = self._seconds * _MARGIN
        while True:
            # The pause between renewals ends early when a write of the session has found another
            # epoch (see ``lease.Fenced``): then the lease is lost already.
            try:
                async with asyncio.timeout(self._seconds / _RENEWALS):
                    await fence.ended()
                return str(LeaseLostError())
            except TimeoutError:
                left = fence.ends_at - margin - time.monotonic()
            if left <= 0:
                return "The lease could not be renewed in time."
            try:
                fence.extend((await lease.renew(grant, within_seconds=left)).ends_at)
            except LeaseLostError as error:
                return str(error)
            except DatabaseUnavailableError as error:
                # The lease still lasts for ``left`` seconds: the next try may succeed.
                _log.warning(
                    "lease_not_renewed", reason=str(error.__cause__ or error), left=round(left, 1)
                )

    async def _give_back(self, lease: Lease, grant: Grant) -> None:
        try:
            await lease.release(grant)
        except DatabaseUnavailableError:
            # No harm: the others wait until the lease ends by itself.
            _log.warning("lease_not_given_back", epoch=grant.epoch)

    def _enter(self, session: SessionT) -> None:
        self._session = session
        self._on_begun(session)
        self._settled.set()

    def _leave(self) -> None:
        self._session = None
        self._on_ended()
