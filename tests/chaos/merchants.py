"""What merchants do with their shops in the storm, beside what has a file of its own.

Shops get other plans, new passwords, titles and owners. What was shown or answered of that has to
be so once all is quiet.
"""

import json
import random
from collections.abc import Collection
from typing import Any

import yaml

from app.local.cluster import LocalCluster
from provisioner.domain.owners import MERCHANTS
from tests.chaos.asking import ask, codes, operate
from tests.chaos.promises import Promises
from tests.e2e.service import ROOT, Service

TAKER = "taker"
"""Who accepts the shops that are offered."""

_PLAN, _RESET, _RENAME, _TRANSFER = 0.4, 0.3, 0.2, 0.1
"""How likely each is in a round."""
_PLANS = ("small", "medium", "large")
_BUSY = "OPERATION_UNDER_WAY"
_OPEN = f"SELECT id FROM stores WHERE status = 'READY' AND {MERCHANTS} ORDER BY id"  # noqa: S608
_LIVE = f"""SELECT id, namespace, engine, plan, storage_plan, owner, title FROM stores
            WHERE status IN ('READY', 'SUSPENDED') AND {MERCHANTS}"""  # noqa: S608
_DONE = """SELECT number, kind, parameters FROM operations
           WHERE store_id = :id AND kind IN ('PLAN', 'RESET_PASSWORD') AND status = 'SUCCEEDED'
           ORDER BY number"""
_COMPONENT = "app.kubernetes.io/component"


class Merchants:
    """What is done for merchants. ``promises`` keeps what was promised of it.

    ``passwords`` are those that were shown, by the store's id and the operation's number.
    ``titles`` are those that a store may have, by its id: the last one that was answered, and those
    asked for since whose answers were lost. ``taken`` are the shops that have another owner, and
    ``given`` those that may have.
    """

    def __init__(self, promises: Promises, dice: random.Random) -> None:
        self._promises = promises
        self._random = dice
        self._taker = ""
        self.passwords: dict[tuple[str, int], str] = {}
        self.titles: dict[str, set[str | None]] = {}
        self.given: set[str] = set()
        self.taken: set[str] = set()

    def begin(self, service: Service) -> None:
        """Have somebody who takes shops."""
        self._taker = service.token(TAKER)

    async def act(self, spared: Collection[str]) -> None:
        """Ask for some things, as the dice fall; never for the shops that are spared."""
        chances = (
            (self._change_plan, _PLAN),
            (self._reset_password, _RESET),
            (self._rename, _RENAME),
            (self._give_away, _TRANSFER),
        )
        for act, chance in chances:
            found = [f"store_{row[0]}" for row in self._promises.rows(_OPEN)]
            shops = [store_id for store_id in found if store_id not in spared]
            if shops and self._random.random() < chance:
                await act(self._random.choice(shops))

    async def _change_plan(self, store_id: str) -> None:
        given = {"id": store_id, "plan": self._random.choice(_PLANS)}
        # PLAN_NOT_CHANGEABLE: it has that plan already, or it is not open any more.
        may_be = {"PLAN_NOT_CHANGEABLE", _BUSY}
        await operate(self._promises, "changePlan", store_id, given, may_be=may_be)

    async def _reset_password(self, store_id: str) -> None:
        not_ours = {"FORBIDDEN"} if store_id in self.given else set()
        payload = await operate(
            self._promises, "resetAdminPassword", store_id, {"id": store_id}, "password",
            # NOT_AVAILABLE while the API server does not answer.
            may_be={"NOT_READY", "NOT_AVAILABLE", _BUSY, *not_ours},
        )  # fmt: skip
        assert (payload["password"] is None) == bool(payload["errors"]), "shown in a refusal"
        if payload["password"] is not None:
            number = payload["operation"]["number"]
            self.passwords[store_id, number] = payload["password"]

    async def _rename(self, store_id: str) -> None:
        title = f"Shop {self._random.getrandbits(20):x}"
        self.titles.setdefault(store_id, {None}).add(title)
        payload = await ask(self._promises, "renameStore", {"id": store_id, "title": title})
        assert codes(payload) <= {"NOT_RENAMABLE"}, payload
        if not payload["errors"]:
            self.titles[store_id] = {title}

    async def _give_away(self, store_id: str) -> None:
        given = {"id": store_id, "to": TAKER, "toSource": "local"}
        # OWNER_INVALID: it is the taker's already.
        payload = await ask(self._promises, "transferStore", given)
        assert codes(payload) <= {"OFFER_OPEN", "NOT_TRANSFERABLE", "OWNER_INVALID"}, payload
        self.given.add(store_id)
        taken = await ask(self._promises, "acceptTransfer", {"id": store_id}, token=self._taker)
        assert codes(taken) <= {"NOT_FOUND"}, taken
        if not taken["errors"]:
            self.taken.add(store_id)


def inspect_merchants(merchants: Merchants, promises: Promises, cluster: LocalCluster) -> None:
    """See that each live shop is what its merchant was told, in records and in the cluster."""
    plans = yaml.safe_load((ROOT / "charts" / "woocommerce" / "values.yaml").read_text())["plans"]
    memory, sizes = _memory(cluster), _sizes(cluster)
    for key, namespace, engine, plan, storage_plan, owner, title in promises.rows(_LIVE):
        if engine != "woocommerce":
            continue
        store_id = f"store_{key}"
        done = promises.rows(_DONE, id=key)
        changed = [json.loads(given)["plan"] for _, kind, given in done if kind == "PLAN"]
        assert changed[-1:] in ([], [plan]), f"{store_id} has a plan that nobody asked for"
        database = plans[plan]["mysql"]
        assert memory[namespace] == database["resources"]["requests"]["memory"], store_id
        size = plans[storage_plan or plan]["mysql"]["storage"]["size"]
        assert sizes[namespace] == size, f"{store_id} has other volumes than its record says"
        assert owner == TAKER or store_id not in merchants.taken, store_id
        resets = [number for number, kind, _ in done if kind == "RESET_PASSWORD"]
        shown = merchants.passwords.get((store_id, resets[-1])) if resets else None
        kept = promises.choose().admin_password(namespace)
        assert shown in (None, kept), f"{store_id} has another password than was shown"
        titles = merchants.titles.get(store_id, {None})
        assert title in titles, (store_id, title, titles)


def _memory(cluster: LocalCluster) -> dict[str, str]:
    """Return what the database of each namespace requests."""
    return {
        item["metadata"]["namespace"]:
            item["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["memory"]
        for item in _items(cluster, "statefulsets")
    }  # fmt: skip


def _sizes(cluster: LocalCluster) -> dict[str, str]:
    """Return the size of the volume that the database of each namespace claims."""
    return {
        item["metadata"]["namespace"]: item["spec"]["resources"]["requests"]["storage"]
        for item in _items(cluster, "persistentvolumeclaims")
    }


def _items(cluster: LocalCluster, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cluster.kubectl_json(
        "get", kind, "--all-namespaces", "-l", f"{_COMPONENT}=mysql"
    )["items"]
    return found
