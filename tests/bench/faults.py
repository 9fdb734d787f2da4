"""From a fault to FAILED, for each rule that simulated nodes can show.

Each fault is a store of its own, of an engine that is the shipped chart with the values, or the one
changed line, that cause it. When the API server first shows the fault is noted by watches of this
process, which have nothing to do with the service's; when the store has FAILED, by a subscriber's
frame. Graces for trouble that may pass are ``GRACE_SECONDS`` here, by setting; the row says so.
They count from the cluster's own records, which know whole seconds only: so a store may fail up to
a second before its grace is over by our clock.

Missing are the rules that take a kubelet: volumes that cannot be mounted, a container runtime in
trouble, a command that cannot be started.
"""

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import yaml
from gql import gql

from app.local.cluster import stages
from app.local.cluster.progress import ticking
from provisioner.readiness import GracePeriods
from tests.bench.ground import Ground, api_client
from tests.bench.report import Figure
from tests.e2e.service import FOLLOW, ROOT, Service, follow

GRACE_SECONDS = 3.0
_GOAL_SECONDS = 2.0
_SLOW_CLASS = "nobody-provisions"
_PATHS = {
    "pods": "/api/v1/pods",
    "events": "/api/v1/events",
    "claims": "/api/v1/persistentvolumeclaims",
    "namespaces": "/api/v1/namespaces",
    "jobs": "/apis/batch/v1/jobs",
}
Object = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """A fault, the code of its rule, and how it is caused and seen.

    ``edit`` is a file of the chart with a text in it and what to put in its place; ``grace`` names
    the setting of the rule's grace; ``kind`` and ``shows`` tell which object first shows the fault.
    """

    name: str
    code: str
    kind: str
    shows: Callable[[Object], bool]
    values: Mapping[str, object] = field(default_factory=dict)
    edit: tuple[str, str, str] | None = None
    grace: str = ""
    deletes_namespace: bool = False

    @property
    def engine(self) -> str:
        return self.name.replace(" ", "-")

    @property
    def grace_seconds(self) -> float:
        return GRACE_SECONDS if self.grace else 0.0

    @property
    def title(self) -> str:
        if not self.grace:
            return f"{self.name} until FAILED"
        usual = getattr(GracePeriods(), self.grace).total_seconds()
        return f"{self.name} until FAILED (grace {GRACE_SECONDS:g} s here, {usual:g} s by default)"


def _waiting(*reasons: str) -> Callable[[Object], bool]:
    def shows(pod: Object) -> bool:
        states = [c.get("state", {}) for c in pod["status"].get("containerStatuses", ())]
        return any(state.get("waiting", {}).get("reason") in reasons for state in states)

    return shows


def _killed_for_memory(pod: Object) -> bool:
    runs = [c.get("lastState", {}) for c in pod["status"].get("containerStatuses", ())]
    return any(run.get("terminated", {}).get("reason") == "OOMKilled" for run in runs)


def _condition(kind: str, status: str) -> Callable[[Object], bool]:
    def shows(item: Object) -> bool:
        found = item["status"].get("conditions", ())
        return any((c["type"], c["status"]) == (kind, status) for c in found)

    return shows


def _says(words: str) -> Callable[[Object], bool]:
    return lambda event: words in event.get("message", "")


def _behaving(behaviour: str) -> dict[str, object]:
    return {"podAnnotations": {stages.BEHAVIOUR: behaviour}}


_HUGE = {"cpu": "100", "memory": "1Gi"}
_JOB_ANNOTATIONS = """{{- with .Values.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}"""
FAULTS = (
    Fault(
        "image not found", "IMAGE_NOT_FOUND", "pods", _waiting("ErrImagePull", "ImagePullBackOff"),
        values=_behaving(stages.IMAGE_NOT_FOUND),
    ),
    Fault(
        "crash loop", "CRASH_LOOP", "pods", _waiting("CrashLoopBackOff"),
        values=_behaving(stages.CRASH_LOOP),
    ),
    Fault(
        "out of memory", "OUT_OF_MEMORY", "pods", _killed_for_memory,
        values=_behaving(stages.OUT_OF_MEMORY),
    ),
    Fault(
        "setup job failed", "SETUP_JOB_FAILED", "jobs", _condition("Failed", "True"),
        values={"setup": {"backoffLimit": 0}},
        edit=("setup-job.yaml", _JOB_ANNOTATIONS,
              f"annotations: {{{stages.BEHAVIOUR}: {stages.JOB_FAILS}}}"),
    ),
    Fault(
        "namespace deleted meanwhile", "NAMESPACE_TERMINATING", "namespaces",
        lambda namespace: "deletionTimestamp" in namespace["metadata"],
        values=_behaving(stages.NEVER_READY), deletes_namespace=True,
    ),
    Fault(
        "storage class missing", "VOLUME_UNBOUND", "events", _says("not found"),
        values={"mysql": {"storage": {"className": "missing"}}},
    ),
    Fault(
        "bad container config", "BAD_CONTAINER_CONFIG", "pods",
        _waiting("CreateContainerConfigError"),
        values=_behaving(stages.BAD_CONFIG), grace="config_grace",
    ),
    Fault(
        "quota exceeded", "QUOTA_EXCEEDED", "events", _says("exceeded quota"),
        values={"quota": {"hard": {"pods": "0"}}}, grace="refusal_grace",
    ),
    Fault(
        "pod security refuses", "ADMISSION_REFUSED", "events", _says("violates PodSecurity"),
        edit=("_helpers.tpl", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"),
        grace="refusal_grace",
    ),
    Fault(
        "unschedulable", "UNSCHEDULABLE", "pods", _condition("PodScheduled", "False"),
        values={
            "quota": {"enabled": False},
            "wordpress": {"resources": {"requests": _HUGE, "limits": _HUGE}},
        },
        grace="unschedulable_grace",
    ),
    Fault(
        "volume not provisioned", "VOLUME_UNBOUND", "claims",
        lambda claim: claim["spec"].get("storageClassName") == _SLOW_CLASS,
        values={"mysql": {"storage": {"className": _SLOW_CLASS}}}, grace="volume_grace",
    ),
    Fault(
        "image pull failed", "IMAGE_PULL_FAILED", "pods", _waiting("ImagePullBackOff"),
        values=_behaving(stages.IMAGE_PULL_ERROR), grace="image_pull_grace",
    ),
)  # fmt: skip


class Sightings:
    """Everything that the API server showed, and when: watches of the bench's own."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, str, Object]] = []

    @asynccontextmanager
    async def watching(self, client: httpx.AsyncClient) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._watch(client, kind)) for kind in _PATHS]
            yield
            for task in tasks:
                task.cancel()

    def first(self, fault: Fault, namespace: str) -> float:
        """Return when the fault was first shown in a namespace (``time.monotonic``)."""
        return next(
            at
            for at, kind, item in self._seen
            if kind == fault.kind
            and namespace in (item["metadata"].get("namespace"), item["metadata"]["name"])
            and fault.shows(item)
        )

    async def _watch(self, client: httpx.AsyncClient, kind: str) -> None:
        query = {"watch": "1", "timeoutSeconds": "3600"}
        async with client.stream("GET", _PATHS[kind], params=query, timeout=None) as answer:
            async for line in answer.aiter_lines():
                self._seen.append((time.monotonic(), kind, json.loads(line)["object"]))


async def measure(ground: Ground) -> list[Figure]:
    """Return a figure for each fault, in seconds."""
    graces = {f"STORE_PLATFORM_{f.grace.upper()}_SECONDS": str(GRACE_SECONDS)
              for f in FAULTS if f.grace}  # fmt: skip
    service = ground.service("faults", **graces)
    _offer(service)
    ground.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(_slow_class()))
    sightings = Sightings()
    figures = []
    with ground.running(service):
        token = service.token("bench", "admin")
        async with api_client(ground.cluster) as client, sightings.watching(client):
            for fault in FAULTS:
                with ticking(f"Fault: {fault.name}"):
                    figures.append(await _figure(service, token, fault, sightings))
    return figures


def _offer(service: Service) -> None:
    """Offer an engine for each fault."""
    for fault in FAULTS:
        chart = service.folder / "charts" / fault.engine
        shutil.copytree(ROOT / "charts" / "woocommerce", chart)
        described = yaml.safe_load((chart / "engine.yaml").read_text())
        described |= {"name": fault.engine, "releasePrefix": "fault"}
        (chart / "engine.yaml").write_text(yaml.safe_dump(described))
        if fault.edit is not None:
            name, old, new = fault.edit
            template = (chart / "templates" / name).read_text()
            assert old in template, (name, old)
            (chart / "templates" / name).write_text(template.replace(old, new))
        values = service.folder / "values"
        values.mkdir(exist_ok=True)
        (values / f"{fault.engine}.yaml").write_text(yaml.safe_dump(dict(fault.values)))
    service.settings["STORE_PLATFORM_CHARTS"] = str(service.folder / "charts")
    service.settings["STORE_PLATFORM_CHART_VALUES"] = str(service.folder / "values")


def _slow_class() -> Object:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": _SLOW_CLASS},
        "provisioner": "example.com/nobody",
    }


async def _figure(service: Service, token: str, fault: Fault, sightings: Sightings) -> Figure:
    began = time.monotonic()
    created = await asyncio.to_thread(service.create, token, fault.engine, engine=fault.engine)
    store_id = created["store"]["id"]
    async with service.websocket(token) as session:
        request = gql(FOLLOW)
        request.variable_values = {"id": store_id, "after": 0}
        to_delete = fault.deletes_namespace
        async for frame in session.subscribe(request):
            store = frame["storeStatus"]["store"]
            failed = time.monotonic()
            if store["status"] in {"FAILED", "READY"}:
                break
            if to_delete and _is_waiting_for_pods(store):
                to_delete = False
                await asyncio.to_thread(_delete_namespace, service, store)
        assert (store["status"], store["reason"]["code"]) == ("FAILED", fault.code), store
        namespace = store["diagnostics"]["namespace"]
        await asyncio.to_thread(service.delete, token, store_id)
        await follow(session, store_id, until={"DELETED"})
    shown = sightings.first(fault, namespace)
    return Figure(
        fault.title,
        f"{failed - shown:.2f} s after it was shown",
        f"shown {shown - began:.2f} s after the create",
        f"{failed - shown - fault.grace_seconds:+.2f} s",
        f"<= grace + {_GOAL_SECONDS:g} s",
        (failed - shown) / (fault.grace_seconds + _GOAL_SECONDS),
    )


def _is_waiting_for_pods(store: Object) -> bool:
    running = {step["name"] for step in store["steps"] if step["status"] == "RUNNING"}
    return "WORKLOADS_READY" in running and bool(store["pods"])


def _delete_namespace(service: Service, store: Object) -> None:
    namespace = store["diagnostics"]["namespace"]
    service.cluster.kubectl("delete", "namespace", namespace, "--wait=false")
