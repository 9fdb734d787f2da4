"""Shops are paused, opened again and restarted in the storm, and seen so once all is quiet."""

import random
from collections.abc import Collection

from app.local.cluster import LocalCluster
from provisioner.domain.owners import MERCHANTS
from tests.chaos.asking import operate
from tests.chaos.promises import Promises

_SUSPEND, _RESUME, _RESTART = 0.2, 0.5, 0.15
"""How likely each is in a round."""
_SHOPS = f"SELECT id FROM stores WHERE status = :status AND {MERCHANTS} ORDER BY id"  # noqa: S608
_NAMESPACES = "SELECT namespace FROM stores WHERE status = :status ORDER BY id"
_SERVERS = "app.kubernetes.io/component in (wordpress, mysql)"


class Suspensions:
    """What is done to pause and restart shops. ``promises`` keeps what was promised of it."""

    def __init__(self, promises: Promises, dice: random.Random) -> None:
        self._promises = promises
        self._random = dice

    async def act(self, spared: Collection[str]) -> None:
        """Ask for some things, as the dice fall; never for the shops that are spared."""
        if self._random.random() < _SUSPEND:
            await self._ask("suspendStore", "READY", "NOT_SUSPENDABLE", spared)
        if self._random.random() < _RESUME:
            await self._ask("resumeStore", "SUSPENDED", "NOT_SUSPENDED", spared)
        if self._random.random() < _RESTART:
            await self._ask("restartStore", "READY", "NOT_READY", spared)

    async def _ask(self, mutation: str, status: str, refusal: str, spared: Collection[str]) -> None:
        found = [f"store_{row[0]}" for row in self._promises.rows(_SHOPS, status=status)]
        if chosen := [store_id for store_id in found if store_id not in spared]:
            store_id = self._random.choice(chosen)
            may_be = {refusal, "OPERATION_UNDER_WAY"}
            await operate(self._promises, mutation, store_id, {"id": store_id}, may_be=may_be)


def inspect_suspensions(promises: Promises, cluster: LocalCluster) -> None:
    """See that nothing of a paused shop runs, and that visitors get to one that is open."""
    paused = _namespaces(promises, "SUSPENDED")
    servers = cluster.kubectl_json("get", "pods", "--all-namespaces", "--selector", _SERVERS)
    running = {item["metadata"]["namespace"] for item in servers["items"]}
    assert running & paused == set(), "paused shops with pods"
    routes = cluster.kubectl_json("get", "ingresses", "--all-namespaces")
    led_to = {item["metadata"]["namespace"] for item in routes["items"]}
    assert led_to & paused == set(), "paused shops that visitors are led to"
    assert _namespaces(promises, "READY") <= led_to, "open shops that nobody is led to"


def _namespaces(promises: Promises, status: str) -> set[str]:
    return {row[0] for row in promises.rows(_NAMESPACES, status=status)}
