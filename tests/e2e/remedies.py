"""Stores that fail in one way each, and what each is told to do about it, done side by side.

Each case is an engine of its own, with a copy of the chart and values that nobody else has, so all
of them go on in one service at the same time.
"""

import asyncio
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.local.cluster import LocalCluster
from app.local.cluster.local_cluster import ClusterError
from tests.e2e.service import ROOT, Service
from tests.e2e.test_recovery import Follower, a_store

Values = dict[str, Any]
SETTINGS = {
    **{
        f"STORE_PLATFORM_{name}_GRACE_SECONDS": "3"
        for name in ("IMAGE_PULL", "CONFIG", "RUNTIME", "MOUNT", "REFUSAL")
    },
    "STORE_PLATFORM_MAX_CONCURRENT_PROVISIONS": "20",
    "STORE_PLATFORM_MAX_CONCURRENT_DELETES": "20",
}
"""Little time for what does not pass by itself here, and all stores at a time.

Not less for pods without a node: they wait for volumes, and then for the scheduler's next try.
"""
POOL = "test.store-platform.dev/pool"
_PATIENCE_SECONDS = 240


@dataclass(frozen=True)
class Edit:
    """A change of one of the chart's files."""

    file: str
    old: str
    new: str

    @property
    def undone(self) -> "Edit":
        return Edit(self.file, self.new, self.old)


def nothing(_: object) -> None:
    """Do nothing to the cluster."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What breaks a store, the code and a part of the remedy that are told, and that remedy.

    Both are "" for a store that does not fail, since its trouble is mended in time: ``meanwhile``.
    ``edits`` are made in the chart before the store is; the remedy undoes them, unless it is about
    something else: ``are_edits_kept``. ``meanwhile`` is done while the store is built. ``made`` are
    objects of the whole cluster, kind and name, that are removed at the end.
    """

    name: str
    code: str
    told: str
    broken: Values | None = None
    mended: Values | None = None
    edits: Sequence[Edit] = ()
    are_edits_kept: bool = False
    break_it: Callable[[LocalCluster], None] = nothing
    meanwhile: Callable[[Follower], None] = nothing
    mend_it: Callable[[Follower], None] = nothing
    made: Sequence[tuple[str, str]] = ()


def engines(service: Service, names: Sequence[str]) -> None:
    """Offer an engine of each name: the chart that is used as it is, with values of its own."""
    for name in names:
        chart = chart_of(service, name)
        shutil.copytree(ROOT / "charts" / "woocommerce", chart, ignore=lambda *_: {"image"})
        described = yaml.safe_load((chart / "engine.yaml").read_text())
        (chart / "engine.yaml").write_text(yaml.safe_dump({**described, "name": name}))
        set_values(service, name, {})
    service.settings["STORE_PLATFORM_CHARTS"] = str(service.folder / "charts")
    service.settings["STORE_PLATFORM_CHART_VALUES"] = str(service.folder / "values")


def set_values(service: Service, engine: str, values: Values) -> None:
    """Have an engine's chart installed with these values from now on."""
    folder = service.folder / "values"
    folder.mkdir(exist_ok=True)
    (folder / f"{engine}.yaml").write_text(json.dumps(values))


def edit(service: Service, engine: str, change: Edit) -> None:
    """Change an engine's chart, from now on."""
    file = chart_of(service, engine) / change.file
    text = file.read_text()
    assert change.old in text, change
    file.write_text(text.replace(change.old, change.new))


def chart_of(service: Service, engine: str) -> Path:
    """Return the folder of an engine that is offered."""
    return service.folder / "charts" / engine


Outcomes = dict[str, tuple[str, str, str, Any]]


async def outcomes(service: Service, cases: Sequence[Case]) -> Outcomes:
    """Break a store in each way, do what it is told, and retry it.

    Returns for each the code that is told, the remedy (or all that is told, where that is missing),
    and the status and the reason with which the retry ends.
    """
    engines(service, [case.name for case in cases])
    service.start()
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {case.name: group.create_task(_outcome(case, service)) for case in cases}
    finally:
        for kind, name in (item for case in cases for item in case.made):
            service.cluster.kubectl("delete", kind, name, "--ignore-not-found", "--wait=false")
    return {name: task.result() for name, task in tasks.items()}


def helped(cases: Sequence[Case]) -> Outcomes:
    """Return the outcomes where each remedy is told and helps."""
    return {case.name: (case.code, case.told, "READY", None) for case in cases}


async def _outcome(case: Case, service: Service) -> tuple[str, str, str, Any]:
    await asyncio.to_thread(case.break_it, service.cluster)
    set_values(service, case.name, case.broken or {})
    for change in case.edits:
        edit(service, case.name, change)
    store_of = a_store(
        service, f"case-{case.name}", engine=case.name, patience_seconds=_PATIENCE_SECONDS
    )
    async with store_of as store:
        failed = await store.until("PROVISIONING", "FAILED", "READY")
        await asyncio.to_thread(case.meanwhile, store)
        if failed["status"] == "PROVISIONING":
            failed = await store.until("FAILED", "READY")
        if failed["status"] == "READY":
            return "", "", "READY", None
        await asyncio.to_thread(case.mend_it, store)
        set_values(service, case.name, case.mended or {})
        for change in () if case.are_edits_kept else case.edits:
            edit(service, case.name, change.undone)
        await asyncio.to_thread(store.call, "retry")
        ended = await store.until("READY", "FAILED")
        code, message = failed["reason"]["code"], failed["reason"]["message"]
        said = case.told if case.told in message else message
        return code, said, ended["status"], ended["reason"]


def in_every_pod(line: str) -> Edit:
    """Return the change of a chart that gives all its pods a line of YAML."""
    there = "enableServiceLinks: false"
    return Edit("templates/_helpers.tpl", there, f"{there}\n{line}")


def in_pool(name: str) -> Edit:
    """Return the change of a chart that has its pods run on nodes of one pool only."""
    selector = json.dumps({POOL: name})
    return in_every_pod(
        f"nodeSelector: {selector}\ntolerations: [{{key: {POOL}, operator: Exists}}]"
    )


def make_node(cluster: LocalCluster, name: str, *, pool: str) -> None:
    """Add a simulated node that takes no pods but those of its pool."""
    capacity = {"cpu": "64", "memory": "256Gi", "ephemeral-storage": "4Ti", "pods": "100"}
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", POOL: pool},
        },
        "spec": {"taints": [{"key": POOL, "value": pool, "effect": "NoSchedule"}]},
        "status": {"allocatable": capacity, "capacity": capacity},
    }
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(node))
    cluster.kubectl("wait", "--for=condition=Ready", f"node/{name}", "--timeout=60s")


def await_refusal(
    cluster: LocalCluster,
    item: dict[str, Any],
    words: str,
    *,
    namespace: str = "default",
    is_refused: bool = True,
) -> None:
    """Wait until an object would be refused with these words, or no more: it takes some time."""
    deadline = time.monotonic() + 60
    while (words in _tried(cluster, item, namespace)) is not is_refused:
        assert time.monotonic() < deadline, f"It is not {is_refused=} within a minute: {words}"
        time.sleep(0.1)


def _tried(cluster: LocalCluster, item: dict[str, Any], namespace: str) -> str:
    """Return what the API server would say to the creation of an object."""
    what = ("-n", namespace, "create", "--dry-run=server", "-f", "-")
    try:
        return cluster.kubectl(*what, stdin=json.dumps(item))
    except ClusterError as error:
        return str(error)
