"""The storm: stores are created, retried and deleted while the service and the cluster are killed.

What a round does is drawn from a seeded generator; what it meets depends on the moment.
"""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import time
from typing import Any

import yaml
from gql.transport.exceptions import TransportError
from websockets.exceptions import WebSocketException

from tests.chaos.follower import Follower
from tests.cluster.progress import say
from tests.cluster.stages import MISSING_IMAGES
from tests.e2e.service import ROOT, Service

LIVE_STORES = 5
FINAL = {"READY", "FAILED", "DELETED"}
_SETTLE_SECONDS = 240
_UNANSWERED = (TransportError, WebSocketException, OSError, TimeoutError)
_RETRY = """mutation ($input: RetryStoreInput!) {
  retryStore(input: $input) { errors { code } } }"""


def add_broken_engine(service: Service) -> None:
    """Offer, beside the shipped engines, one whose image is in no registry: its stores fail."""
    charts = service.folder / "charts"
    for name in ("woocommerce", "broken"):
        shutil.copytree(ROOT / "charts" / "woocommerce", charts / name)
    engine = charts / "broken" / "engine.yaml"
    described = yaml.safe_load(engine.read_text())
    engine.write_text(yaml.safe_dump(described | {"name": "broken", "releasePrefix": "broken"}))
    values = service.folder / "values"
    values.mkdir()
    image = {"repository": f"{MISSING_IMAGES}wordpress"}
    (values / "broken.yaml").write_text(yaml.safe_dump({"wordpress": {"image": image}}))
    service.settings["STORE_PLATFORM_CHARTS"] = str(charts)
    service.settings["STORE_PLATFORM_CHART_VALUES"] = str(values)


class Storm:
    """Stores under way, and what was promised of each. ``wanted`` maps keys to names and engines.

    A create whose answer was lost is repeated with its idempotency key, as a client would.
    """

    def __init__(self, service: Service, seed: int) -> None:
        self.service = service
        self.random = random.Random(seed)  # noqa: S311 - a test's dice
        self.token = ""
        self.kills = 0
        self.outages = 0
        self.unanswered: dict[str, dict[str, str]] = {}
        self.accepted: dict[str, str] = {}  # id by idempotency key
        self.delete_asked: set[str] = set()
        self.followers: dict[str, Follower] = {}

    async def run(self, rounds: int) -> None:
        """Go through the rounds, then leave the service running until all is quiet."""
        add_broken_engine(self.service)
        self.service.settings["STORE_PLATFORM_MAX_STORES_PER_USER"] = "0"
        self.token = self.service.token("storm", role="admin")
        for number in range(1, rounds + 1):
            await self._round()
            if number % 20 == 0:
                say(f"  {number} rounds: {len(self.accepted)} stores, {self.outages} outages")
        await asyncio.to_thread(self.service.start, wait_until_ready=False)
        await self._settle()

    async def _round(self) -> None:
        await asyncio.to_thread(self.service.start, wait_until_ready=False)
        actions = asyncio.create_task(self._act())
        await asyncio.sleep(self.random.uniform(0.1, 3.0))  # the moment of the kill: any
        outage = self.random.random()
        if outage < 0.1:
            await asyncio.to_thread(self._restart_api_server)
        elif outage < 0.25:
            await asyncio.to_thread(self._stall_api_server)
        self.service.stop(signal.SIGKILL)
        self.kills += 1
        await actions

    async def _act(self) -> None:
        with contextlib.suppress(*_UNANSWERED):
            for key, given in list(self.unanswered.items()):
                await self._create(key, given)
            for _ in range(LIVE_STORES - self._live()):
                key = f"key-{len(self.accepted) + len(self.unanswered)}"
                engine = "broken" if self.random.random() < 0.25 else "woocommerce"
                name = f"shop-{self.random.getrandbits(40):x}"
                await self._create(key, {"name": name, "engine": engine})
            for store_id in self.random.sample(sorted(self._alive()), k=min(2, self._live())):
                if self.random.random() < 0.5:
                    self.delete_asked.add(store_id)
                    await asyncio.to_thread(self.service.delete, self.token, store_id)
                else:
                    await self._execute(_RETRY, input={"id": store_id})

    async def _create(self, key: str, given: dict[str, str]) -> None:
        self.unanswered[key] = given
        payload = await asyncio.to_thread(
            self.service.create, self.token, idempotencyKey=key, **given
        )
        assert payload["errors"] == [], payload
        store_id: str = payload["store"]["id"]
        del self.unanswered[key]
        self.accepted[key] = store_id
        self.followers[store_id] = Follower(self.service, self.token, store_id)

    async def _execute(self, document: str, **variables: Any) -> dict[str, Any]:
        return await asyncio.to_thread(self.service.execute, self.token, document, **variables)

    def _alive(self) -> set[str]:
        return set(self.accepted.values()) - self.delete_asked

    def _live(self) -> int:
        return len(self._alive())

    def _restart_api_server(self) -> None:
        self.outages += 1
        pid = self.service.cluster.daemon("kube-apiserver").pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        self.service.cluster.stop("kube-apiserver")
        self.service.cluster.start("kube-apiserver")

    def _stall_api_server(self) -> None:
        """Have the API server answer nothing for a moment, its connections open."""
        self.outages += 1
        pid = self.service.cluster.daemon("kube-apiserver").pid
        if pid is not None:
            os.kill(pid, signal.SIGSTOP)
            try:
                signal.sigtimedwait([], 1.0)
            finally:
                os.kill(pid, signal.SIGCONT)

    async def _settle(self) -> None:
        """Wait until every store is in a final status, and its follower knows of its end."""
        for key, given in list(self.unanswered.items()):
            await self._create(key, given)
        for store_id in self.delete_asked:  # an answer may have been lost, with the request
            await asyncio.to_thread(self.service.delete, self.token, store_id)
        await asyncio.to_thread(self._await_final)
        async with asyncio.timeout(_SETTLE_SECONDS):
            for follower in self.followers.values():
                await follower.caught_up(self.version_of(follower.store_id))

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

    def version_of(self, store_id: str) -> int:
        """Return a store's recorded version."""
        statement = "SELECT version FROM stores WHERE id = :id"
        ((version,),) = self.rows(statement, id=store_id.removeprefix("store_"))
        return int(version)

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Read the service's database."""
        return self.service.sql(statement, **values)
