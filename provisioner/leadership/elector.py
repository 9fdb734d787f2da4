"""Which replica works on stores: this one, for as long as it holds the lease.

The others look once a second whether the lease is free: they take over within its length when its
holder dies, and at once when it stops and gives it back. A holder that cannot renew it in time, be
it frozen or cut off from the database, stops its work a little before the lease ends, and competes
for it again like everyone.
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

_LOOK_SECONDS = (0.7, 1.3)
_RENEWALS = 5  # tried within the length of a lease
_MARGIN = 0.1  # of a lease, kept for stopping what is under way

SessionT = TypeVar("SessionT")
Begin = Callable[[Transactions, Fence], AbstractAsyncContextManager[SessionT]]


class Elector(Generic[SessionT]):
    """Leads whenever it is this replica's turn. ``lease`` is None where there is only one replica.

    ``begin`` opens a session, which is the work of one leader from its election to its end.
    ``on_begun`` is called with each session, ``on_ended`` after it, and once more does no harm.
    ``seconds`` is the lease's length.
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
        """The work that is under way here, or None: then another replica leads, or soon will."""
        return self._session

    async def settled(self) -> None:
        """Return once it is known whether this replica leads at first."""
        await self._settled.wait()

    async def run(self) -> NoReturn:
        """Lead whenever there is no other who does, for ever. A session that fails ends it."""
        while True:
            try:
                if self._lease is None:
                    await self._lead_alone()
                if (grant := await self._lease.take()) is not None:
                    await self._lead(self._lease, grant)
            except DatabaseUnavailableError as error:
                # Also where the session that begins could not read what there is to do.
                _log.warning("session_not_begun", reason=str(error.__cause__ or error))
            except OSError as error:  # no room for another process, or file: for the moment
                _log.warning("session_not_begun", reason=str(error))
            self._settled.set()
            await asyncio.sleep(random.uniform(*_LOOK_SECONDS))  # noqa: S311 - spreads load

    async def _lead_alone(self) -> NoReturn:
        async with self._begin(self._database, Fence()) as session:
            self._enter(session)
            await asyncio.Event().wait()  # until the service stops
            raise AssertionError

    async def _lead(self, lease: Lease, grant: Grant) -> None:
        try:
            with closing(Watchdog(grant.ends_at)) as watchdog:
                await self._lead_within(WatchedFence(grant.ends_at, watchdog), lease, grant)
        finally:
            await self._give_back(lease, grant)

    async def _lead_within(self, fence: Fence, lease: Lease, grant: Grant) -> None:
        _log.info("leading", epoch=grant.epoch)
        # Renewed until the last of the work has stopped, which may take helm's grace.
        keeping = asyncio.create_task(self._keep(lease, grant, fence), name="keep the lease")
        try:
            async with self._begin(Fenced(self._database, grant, fence), fence) as session:
                self._enter(session)
                await fence.ended()
                self._leave()
        finally:
            self._leave()
            keeping.cancel()
            await asyncio.wait({keeping})

    async def _keep(self, lease: Lease, grant: Grant, fence: Fence) -> None:
        """Renew the lease until that fails, then end the fence."""
        try:
            why = await self._until_lost(lease, grant, fence)
            _log.warning("leadership_lost", epoch=grant.epoch, reason=why)
        finally:
            fence.end()

    async def _until_lost(self, lease: Lease, grant: Grant, fence: Fence) -> str:
        """Renew the lease until that fails; return why."""
        margin = self._seconds * _MARGIN
        while True:
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
                _log.warning("lease_not_renewed", reason=str(error.__cause__), left=round(left, 1))

    async def _give_back(self, lease: Lease, grant: Grant) -> None:
        try:
            await lease.release(grant)
        except DatabaseUnavailableError:
            _log.warning("lease_not_given_back", epoch=grant.epoch)

    def _enter(self, session: SessionT) -> None:
        self._session = session
        self._on_begun(session)
        self._settled.set()

    def _leave(self) -> None:
        self._session = None
        self._on_ended()
