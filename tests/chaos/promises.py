"""What the service has promised, and who was told what: the ledger of a storm or a soak."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from gql.transport.exceptions import TransportError
from websockets.exceptions import WebSocketException

from tests.chaos.follower import Follower
from tests.e2e.service import Service

UNANSWERED = (TransportError, WebSocketException, OSError, TimeoutError)
"""What a client sees of a service that is killed."""

FINAL = {"READY", "FAILED", "DELETED"}
_SETTLE_SECONDS = 600


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
            f" {sum(len(one.events) for one in followers):,} events told to {len(followers)}"
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
        deadline = time.monotonic() + _SETTLE_SECONDS
        while not self._is_settled():
            unsettled = "SELECT id, status, target FROM stores WHERE status <> 'DELETED'"
            assert time.monotonic() < deadline, self.rows(unsettled)
            time.sleep(0.5)

    def _is_settled(self) -> bool:
        rows = self.rows("SELECT status, target FROM stores")
        return all(status in FINAL and (status == "DELETED" or target != "DELETED")
                   for status, target in rows)  # fmt: skip
