"""What the service has promised, and who was told what: the ledger of a storm or a soak."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gql.transport.exceptions import TransportError
from websockets.exceptions import WebSocketException

from provisioner.domain.owners import MERCHANTS
from tests.chaos.follower import Follower
from tests.e2e.service import Service

if TYPE_CHECKING:
    from tests.chaos.backups import SeenBackup

UNANSWERED = (TransportError, WebSocketException, OSError, TimeoutError)
"""What a client sees of a service that is killed."""

_SETTLE_SECONDS = 600
# What is still to be done. Shops of the platform's own are made for checks, and removed again.
_UNSETTLED = f"""
    SELECT id, status, target, task, restore, upgrade FROM stores
    WHERE (status <> target AND NOT (status IN ('FAILED', 'SUSPENDED') AND target = 'READY'))
    OR (status <> 'DELETED' AND (task IS NOT NULL OR restore IS NOT NULL OR upgrade IS NOT NULL
                                 OR NOT {MERCHANTS}))
"""  # noqa: S608 - only fixed words are put into the statement
_CANCEL = """mutation ($input: CancelStoreInput!) {
  cancelStore(input: $input) { errors { code } } }"""
_UNCHECKED = "SELECT store_id, number, check_store FROM backups WHERE check_store IS NOT NULL"


class Promises:
    """Stores under way, and what was promised of each.

    ``choose`` gives the service that the next request goes to. A create whose answer was lost is
    repeated with its idempotency key, as a client would.
    """

    def __init__(self, choose: Callable[[], Service]) -> None:
        self.choose = choose
        self.token = ""
        self.unanswered: dict[str, dict[str, str]] = {}
        self.accepted: dict[str, str] = {}  # id by idempotency key
        self.delete_asked: set[str] = set()
        self.operations: dict[tuple[str, int], str] = {}  # kind by store's id and number
        self.backups: dict[str, SeenBackup] = {}  # by id, in the order in which they were seen
        self.followers: dict[str, list[Follower]] = {}
        self.settled: dict[str, int] = {}  # version by id, as it was when all was quiet

    @property
    def alive(self) -> list[str]:
        """The stores that were accepted and not asked to be deleted, sorted."""
        return sorted(set(self.accepted.values()) - self.delete_asked)

    @property
    def summary(self) -> str:
        """How much there was of everything."""
        followers = [one for each in self.followers.values() for one in each]
        return (
            f"{len(self.accepted)} stores, {len(self.delete_asked)} deleted,"
            f" {sum(len(one.events) for one in followers):,} events told to {len(followers)},"
            f" {len(self.backups)} backups"
        )

    async def create(self, **given: str) -> None:
        """Ask for a store, and follow it from its beginning."""
        await self._create(f"key-{len(self.accepted) + len(self.unanswered)}", given)

    async def create_unanswered(self) -> None:
        """Ask again for what was not answered."""
        for key, given in list(self.unanswered.items()):
            await self._create(key, given)

    async def delete(self, store_id: str) -> None:
        """Ask for a store's deletion; whether it is answered or not, it was asked for."""
        self.delete_asked.add(store_id)
        await asyncio.to_thread(self.choose().delete, self.token, store_id)

    async def cancel(self, store_id: str) -> None:
        """Ask for a store to be cancelled, which is refused once it is ready or has failed.

        If that is not answered it is deleted: perhaps it is going already.
        """
        self.delete_asked.add(store_id)
        given = {"id": store_id}
        asked = await asyncio.to_thread(self.choose().execute, self.token, _CANCEL, input=given)
        if asked["cancelStore"]["errors"]:
            self.delete_asked.remove(store_id)

    def follow(self, store_id: str) -> Follower:
        """Have one more client follow a store, from its first event."""
        follower = Follower(self.choose, self.token, store_id)
        self.followers.setdefault(store_id, []).append(follower)
        return follower

    async def settle(self) -> None:
        """Wait until every store is in a final status, and its followers know of its end."""
        await self.create_unanswered()
        for store_id in self.delete_asked:  # an answer may have been lost, with the request
            await self.delete(store_id)
        await asyncio.to_thread(self._await_final)
        async with asyncio.timeout(_SETTLE_SECONDS):
            for store_id, followers in self.followers.items():
                self.settled[store_id] = self.version_of(store_id)
                for follower in followers:
                    await follower.caught_up(self.settled[store_id])

    async def clear(self) -> None:
        """Delete every store that is left, wait until they are gone, and follow no longer."""
        for store_id in self.alive:
            await self.delete(store_id)
        await self.settle()
        for followers in self.followers.values():
            for follower in followers:
                await follower.stop()

    def version_of(self, store_id: str) -> int:
        """Return a store's recorded version."""
        statement = "SELECT version FROM stores WHERE id = :id"
        ((version,),) = self.rows(statement, id=store_id.removeprefix("store_"))
        return int(version)

    def rows(self, statement: str, **values: object) -> Sequence[tuple[Any, ...]]:
        """Read the service's database."""
        return self.choose().sql(statement, **values)

    def await_rows(self, statement: str) -> None:
        """Wait until a statement finds something in the service's database."""
        self._await(lambda: [] if self.rows(statement) else [statement])

    async def _create(self, key: str, given: dict[str, str]) -> None:
        self.unanswered[key] = given
        payload = await asyncio.to_thread(
            self.choose().create, self.token, idempotencyKey=key, **given
        )
        assert payload["errors"] == [], payload
        store_id: str = payload["store"]["id"]
        if self.unanswered.pop(key, None) is not None:
            self.accepted[key] = store_id
            self.follow(store_id)

    def _await_final(self) -> None:
        self._await(lambda: [*self.rows(_UNSETTLED), *self.rows(_UNCHECKED)])

    def _await(self, left: Callable[[], Sequence[object]]) -> None:
        deadline = time.monotonic() + _SETTLE_SECONDS
        while missing := left():
            assert time.monotonic() < deadline, missing
            time.sleep(0.5)
