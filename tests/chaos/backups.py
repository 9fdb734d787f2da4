"""Backups in the storm: they are made, restored and checked, and what was seen of them is kept.

Some are damaged once they are there: they count an order that is not in them. So a new shop that is
made of one fails, a shop in whose place it was to be is brought back, and a check finds it out.
"""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.local.cluster import LocalCluster
from app.local.cluster.stages import COUNTS
from provisioner.domain.owners import MERCHANTS
from tests.chaos.asking import ask, codes, operate
from tests.chaos.promises import Promises
from tests.e2e.simulated_backups import make_place, remove_place

WHOLE: dict[str, int] = json.loads(COUNTS)
"""What is in every simulated shop, and so in its backups."""
DAMAGED = WHOLE | {"orders": WHOLE["orders"] + 1}
"""What a backup counts that is damaged."""

_MAKE, _RESTORE, _VERIFY = 0.3, 0.2, 0.15
"""How likely each is in a round."""
_DAMAGE = 0.2

_READY = f"SELECT id FROM stores WHERE status = 'READY' AND {MERCHANTS} ORDER BY id"  # noqa: S608
_MADE = "SELECT store_id, number, snapshot, made_at FROM backups ORDER BY made_at, store_id"
_DAMAGED = """UPDATE backups SET counts = :counts WHERE store_id = :id AND number = :number
              RETURNING number"""
_BUSY = {"NOT_READY", "OPERATION_UNDER_WAY"}


@contextmanager
def place_for_backups(cluster: LocalCluster) -> Iterator[None]:
    """Have the place of the backups for a time."""
    make_place(cluster)
    try:
        yield
    finally:
        remove_place(cluster)


@dataclass(frozen=True, slots=True)
class SeenBackup:
    """A backup that was recorded once, and has to stay so."""

    store_id: str
    number: int
    snapshot: str
    made_at: datetime

    @property
    def id(self) -> str:
        """Return its id in the API."""
        return f"backup_{self.store_id.removeprefix('store_')}_{self.number}"


class Backups:
    """What is done with backups. ``promises`` keeps what was promised of it."""

    def __init__(self, promises: Promises, dice: random.Random) -> None:
        self._promises = promises
        self._random = dice

    async def act(self) -> None:
        """Ask for some things, as the dice fall."""
        chances = ((self.make, _MAKE), (self.restore, _RESTORE), (self.verify, _VERIFY))
        for act, chance in chances:
            if self._random.random() < chance:
                await act()

    async def make(self) -> None:
        """Have a backup made of a shop that is open, if there is one."""
        ready = [store_id for (store_id,) in self._promises.rows(_READY)]
        if ready:
            store_id = f"store_{self._random.choice(ready)}"
            await self._operate("createBackup", store_id, {"id": store_id})

    async def restore(self) -> None:
        """Have a backup put in the place of its shop, if one was seen."""
        alive = set(self._promises.alive)
        if (chosen := self._choose([b for b in self._seen if b.store_id in alive])) is not None:
            given = {"id": chosen.id, "acceptLossSince": chosen.made_at.isoformat()}
            await self._operate("restoreBackup", chosen.store_id, given)

    async def verify(self) -> None:
        """Have a backup checked, if one was seen."""
        if (chosen := self._choose(self._seen)) is not None:
            payload = await ask(self._promises, "verifyBackup", {"id": chosen.id})
            assert codes(payload) <= {"CHECK_UNDER_WAY"}, payload

    def source(self) -> str | None:
        """Return the id of a backup to make a shop from, or None if none was seen."""
        chosen = self._choose(self._seen)
        return None if chosen is None else chosen.id

    def look(self) -> None:
        """Note which backups there are; damage some of those that nobody has used yet.

        The service must not run meanwhile.
        """
        seen = self._promises.backups
        for store_id, number, snapshot, made_at in self._promises.rows(_MADE):
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=made_at)
            found = SeenBackup(f"store_{store_id}", number, snapshot, moment)
            if seen and found.id not in seen and self._random.random() < _DAMAGE:
                counts = json.dumps(DAMAGED)
                self._promises.rows(_DAMAGED, id=store_id, number=number, counts=counts)
            seen.setdefault(found.id, found)

    @property
    def _seen(self) -> list[SeenBackup]:
        return list(self._promises.backups.values())

    def _choose(self, among: list[SeenBackup]) -> SeenBackup | None:
        return self._random.choice(among) if among else None

    async def _operate(self, mutation: str, store_id: str, given: dict[str, str]) -> None:
        await operate(self._promises, mutation, store_id, given, may_be=_BUSY)
