"""Many shops on simulated nodes, and their upgrades as an admin asks for them and follows them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gql import gql

from app.local.cluster import LocalCluster
from tests.e2e.service import Service

BEGIN = """mutation ($input: UpgradeStoresInput!) { upgradeStores(input: $input) {
  rollout { id status counts { status count } } errors { code message } } }"""
FOLLOW = """subscription ($id: ID!) { rolloutStatus(id: $id) {
  status reason counts { status count } } }"""
_UPGRADES = """SELECT stores.name, operations.started_at, operations.finished_at
  FROM operations JOIN stores ON stores.id = operations.store_id
  WHERE operations.kind = 'UPGRADE' ORDER BY operations.started_at"""
_AT_ONCE = 10  # requests

State = dict[str, Any]


@dataclass
class Fleet:
    """Shops ``shop-000``, ``shop-001`` and so on, of the engine ``woocommerce``."""

    service: Service
    patience_seconds: float
    names: Sequence[str] = ()
    token: str = field(init=False)

    def __post_init__(self) -> None:
        self.token = self.service.token("chris", "admin")

    async def open(self, number: int) -> None:
        """Have so many shops created, and wait until all are open."""
        self.names = [f"shop-{index:03}" for index in range(number)]
        slots = asyncio.Semaphore(_AT_ONCE)

        async def create(name: str) -> None:
            async with slots:
                made = await asyncio.to_thread(self.service.create, self.token, name)
            assert made["errors"] == []

        # One after the other, so that the oldest one is known.
        await create(self.names[0])
        await asyncio.gather(*map(create, self.names[1:]))
        await self.until_ready()

    async def until_ready(self) -> None:
        """Wait until all shops are open."""
        async with asyncio.timeout(self.patience_seconds):
            while (found := await self.statuses()) != {"READY": len(self.names)}:
                assert not found["FAILED"], found
                await asyncio.sleep(0.5)

    async def statuses(self) -> Counter[str]:
        """Return how many shops have each status."""
        return Counter(dict(await self._sql("SELECT status, COUNT(*) FROM stores GROUP BY status")))

    async def versions(self) -> Counter[tuple[str, str]]:
        """Return how many shops have each status and version."""
        found = await self._sql(
            "SELECT status, engine_version, COUNT(*) FROM stores GROUP BY status, engine_version"
        )
        return Counter({(status, version): count for status, version, count in found})

    async def begin(self, version: str, **terms: object) -> str:
        """Begin a rollout; return its id."""
        given = {"engine": "woocommerce", "version": version, **terms}
        made = await asyncio.to_thread(self.service.execute, self.token, BEGIN, input=given)
        payload = made["upgradeStores"]
        assert payload["errors"] == []
        rollout_id: str = payload["rollout"]["id"]
        return rollout_id

    async def follow(
        self, rollout_id: str, until: Callable[[State], bool] | None = None
    ) -> list[State]:
        """Return the states of a rollout up to its end, or to one that is as it is to be."""
        request = gql(FOLLOW)
        request.variable_values = {"id": rollout_id}
        states: list[State] = []
        async with (
            asyncio.timeout(self.patience_seconds),
            self.service.websocket(self.token) as session,
        ):
            async for frame in session.subscribe(request):
                states.append(frame["rolloutStatus"])
                if (until or is_over)(states[-1]):
                    break
        return states

    async def upgrades(self) -> list[tuple[str, int, int]]:
        """Return the name of each shop that was upgraded, and the microseconds of begin and end."""
        return [(name, began, ended) for name, began, ended in await self._sql(_UPGRADES)]

    async def _sql(self, statement: str) -> list[tuple[Any, ...]]:
        return await asyncio.to_thread(self.service.sql, statement)


def is_over(state: State) -> bool:
    """Return whether a rollout goes on no more by itself."""
    return bool(state["status"] != "RUNNING")


def counts(state: State) -> dict[str, int]:
    """Return how many turns have each status that any has."""
    return {item["status"]: item["count"] for item in state["counts"] if item["count"]}


def most_at_once(upgrades: Sequence[tuple[str, int, int]]) -> int:
    """Return how many upgrades were under way at a time."""
    return max(
        sum(began <= moment < ended for _, began, ended in upgrades) for _, moment, _ in upgrades
    )


def images(cluster: LocalCluster) -> Counter[str]:
    """Return the tags of the images that the shops' own pods have, and how often."""
    found = cluster.kubectl_json("get", "deployments", "--all-namespaces")["items"]
    specs = [item["spec"]["template"]["spec"] for item in found]
    tags = (spec["containers"][0]["image"].rpartition(":")[2] for spec in specs)
    return Counter(tags)
