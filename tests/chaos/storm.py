"""The storm: stores are created, retried and deleted while the service and the cluster are killed.

What a round does is drawn from a seeded generator; what it meets depends on the moment.
"""

import asyncio
import contextlib
import os
import random
import shutil
import signal

import yaml

from app.local.cluster.progress import say
from app.local.cluster.stages import MISSING_IMAGES
from tests.chaos.backups import Backups
from tests.chaos.merchants import Merchants
from tests.chaos.promises import UNANSWERED, Promises
from tests.chaos.suspensions import Suspensions
from tests.chaos.upgrades import VERSIONS, Upgrades
from tests.e2e.service import ROOT, Service
from tests.e2e.simulated_backups import SETTINGS
from tests.e2e.versions import give_versions

LIVE_STORES = 5
_FIRST_SHOP = "SELECT id FROM stores WHERE status = 'READY'"
_SECOND_SHOP = "SELECT id FROM stores WHERE name = 'the-second' AND status = 'READY'"
_FIRST_BACKUP = "SELECT backups.number FROM backups JOIN stores ON id = store_id AND task IS NULL"
_SETTINGS = {
    "STORE_PLATFORM_MAX_STORES_PER_USER": "0",
    # The time counts through the kills: on a busy machine, ten minutes of them are soon over.
    "STORE_PLATFORM_PROVISION_TIMEOUT_SECONDS": "3600",
    "STORE_PLATFORM_DELETE_TIMEOUT_SECONDS": "3600",
}
_RETRY = """mutation ($input: RetryStoreInput!) {
  retryStore(input: $input) { errors { code } } }"""


def offer_engines(service: Service) -> None:
    """Offer WooCommerce with versions, and one whose image is in no registry: its stores fail."""
    charts = service.folder / "charts"
    for name in ("woocommerce", "broken"):
        shutil.copytree(ROOT / "charts" / "woocommerce", charts / name)
    give_versions(charts / "woocommerce", VERSIONS)
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
    """A service that is killed again and again, while stores are asked of it."""

    def __init__(self, service: Service, seed: int) -> None:
        self.service = service
        self.random = random.Random(seed)  # noqa: S311 - a test's dice
        self.promises = Promises(lambda: service)
        self.backups = Backups(self.promises, self.random)
        self.suspensions = Suspensions(self.promises, self.random)
        # Each with dice of its own, or what is added to the storm would change all that was in it.
        self.upgrades = Upgrades(self.promises, random.Random(seed))  # noqa: S311 - see above
        self.merchants = Merchants(self.promises, random.Random(seed))  # noqa: S311 - see above
        self.kills = 0
        self.outages = 0
        self._first = self._second = ""

    async def run(self, rounds: int) -> None:
        """Go through the rounds, then leave the service running until all is quiet."""
        offer_engines(self.service)
        self.service.settings.update(SETTINGS, **_SETTINGS)
        self.promises.token = self.service.token("storm", role="admin")
        self.merchants.begin(self.service)
        await self._begin()
        for number in range(1, rounds + 1):
            await self._round()
            if number % 20 == 0:
                stores = len(self.promises.accepted)
                say(f"  {number} rounds: {stores} stores, {self.outages} outages")
        await asyncio.to_thread(self.service.start, wait_until_ready=False)
        await self.promises.settle()

    async def _begin(self) -> None:
        """Have a shop with a backup, and ask for all that can be done with it before a kill.

        Another one is upgraded meanwhile.
        """
        await asyncio.to_thread(self.service.start, wait_until_ready=False)
        await self.promises.create(name="the-first", engine="woocommerce")
        (self._first,) = self.promises.alive
        await asyncio.to_thread(self.promises.await_rows, _FIRST_SHOP)
        await self.promises.create(name="the-second", engine="woocommerce")
        (self._second,) = set(self.promises.alive) - {self._first}
        await self.backups.make()
        await asyncio.to_thread(self.promises.await_rows, _FIRST_BACKUP)
        self.backups.look()
        await self.backups.restore()
        await self.backups.verify()
        await self._create(from_backup=1)
        await asyncio.to_thread(self.promises.await_rows, _SECOND_SHOP)
        await self.upgrades.upgrade(self._second, "2")
        self.service.stop(signal.SIGKILL)

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
        self.backups.look()

    async def _act(self) -> None:
        promises = self.promises
        with contextlib.suppress(*UNANSWERED):
            await promises.create_unanswered()
            for _ in range(LIVE_STORES - len(promises.alive)):
                await self._create(from_backup=0.2)
            await self.backups.act()
            await self.suspensions.act(self._spared)
            await self.upgrades.act(spared=self._first)
            await self.merchants.act(self._spared)
            others = sorted(set(promises.alive) - self._spared)
            for store_id in self.random.sample(others, k=min(2, len(others))):
                await self._disturb(store_id)

    @property
    def _spared(self) -> set[str]:
        """Shops that stay, so that there is one whose restores end, and one whose upgrades do."""
        return {self._first, self._second}

    async def _create(self, from_backup: float) -> None:
        """Ask for a store; ``from_backup`` is how likely it is made from a backup."""
        given = {"name": f"shop-{self.random.getrandbits(40):x}"}
        source = self.backups.source() if self.random.random() < from_backup else None
        if source is not None:
            given["fromBackup"] = source
        elif self.random.random() < 0.25:
            given["engine"] = "broken"
        await self.promises.create(**given)

    async def _disturb(self, store_id: str) -> None:
        chance = self.random.random()
        if chance < 0.4:
            await self.promises.delete(store_id)
        elif chance < 0.5:
            await self.promises.cancel(store_id)
        else:
            await self._retry(store_id)

    async def _retry(self, store_id: str) -> None:
        given = {"id": store_id}
        await asyncio.to_thread(self.service.execute, self.promises.token, _RETRY, input=given)

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
