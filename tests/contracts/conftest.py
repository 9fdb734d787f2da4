"""The ports' contracts are checked on the shipped fakes and on the real adapters alike."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from app.local.cluster import LocalCluster, tools
from provisioner.domain.clock import SystemClock
from provisioner.domain.cluster import Observation, Pod
from provisioner.domain.ports import Cluster, Helm, Jobs, Observer, Releases, StoreRecords
from provisioner.helm.client import HelmClient
from provisioner.helm.program import HelmProgram, HelmSettings
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.kubernetes.doctor import ClusterDoctor
from provisioner.kubernetes.jobs import KubeJobs
from provisioner.kubernetes.labels import STORE_LABEL
from provisioner.kubernetes.observer import ClusterObserver
from provisioner.kubernetes.releases import ReleaseReader
from provisioner.testing import SimulatedCluster
from tests.database_contents import contents

STORE_ID = "store-of-the-contract"
LABELS = {STORE_LABEL: STORE_ID}
PATIENCE_SECONDS = 60
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}-web", labels: {app.kubernetes.io/component: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, %s: %s, app.kubernetes.io/component: web}}
    spec: {containers: [{name: web, image: example.invalid/web}]}
"""
TEMPLATE = """apiVersion: batch/v1
kind: CronJob
metadata: {name: "{{ .Release.Name }}-backup"}
spec:
  schedule: "0 0 1 1 *"
  suspend: true
  jobTemplate:
    metadata: {labels: {app.kubernetes.io/component: backup}}
    spec:
      backoffLimit: 0
      template:
        metadata: {labels: {app.kubernetes.io/component: backup}}
        spec:
          restartPolicy: Never
          initContainers: [{name: dump, image: example.invalid/dump}]
          containers: [{name: save, image: example.invalid/save}]
"""
CLOCK = """apiVersion: batch/v1
kind: CronJob
metadata: {name: "{{ .Release.Name }}-clock"}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app.kubernetes.io/component: clock}}
        spec: {restartPolicy: Never, containers: [{name: clock, image: example.invalid/clock}]}
"""
INGRESS = """{{ if .Values.ingress.enabled }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: "{{ .Release.Name }}"}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
{{ end }}
"""
DATABASE = """{{- if .Values.plan }}
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: "{{ .Release.Name }}-db"}
spec:
  replicas: 1
  serviceName: "{{ .Release.Name }}-db"
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: example.invalid/db}]}
  volumeClaimTemplates:
    - metadata: {name: data, labels: {%s: %s}}
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: simulated
        resources: {requests: {storage: {{ ternary "1Gi" "2Gi" (eq .Values.plan "small") }}}}
{{- end }}
"""
SERVICES = """apiVersion: v1
kind: Service
metadata: {name: "{{ .Release.Name }}-web"}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: "{{ .Release.Name }}-db"}
spec: {selector: {app: db}, clusterIP: None, ports: [{port: 80}]}
"""


@dataclass(frozen=True)
class World:
    """A cluster with helm and its watches, and a name for a namespace that is not there yet.

    ``remove_workloads`` deletes what helm installed behind its back, ``remove_label`` takes the
    store's label from the namespace.
    """

    cluster: Cluster
    helm: Helm
    releases: Releases
    jobs: Jobs
    observer: Observer
    chart: Path
    namespace: str
    labels: Callable[[], Awaitable[dict[str, str]]]
    remove_workloads: Callable[[], Awaitable[None]]
    remove_label: Callable[[], Awaitable[None]]

    async def create(self) -> None:
        assert await self.cluster.ensure_namespace(self.namespace, LABELS)

    async def install(self, **values: object) -> str:
        return await self.helm.install(
            release=self.namespace, namespace=self.namespace, chart=self.chart, values=values
        )

    async def release_state(self) -> str:
        """Return helm's word for the state of the namespace's release, or ""."""
        states = await self.releases.states(self.namespace, self.namespace)
        return states[max(states)] if states else ""

    async def uninstall(self) -> str:
        return await self.helm.uninstall(release=self.namespace, namespace=self.namespace)

    async def until(self, is_seen: Callable[[Observation], bool]) -> Observation:
        """Return the observation as soon as it is so."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                revision = self.observer.revision(self.namespace)
                seen = self.observer.observe(self.namespace)
                if is_seen(seen):
                    return seen
                await self.observer.changed(self.namespace, revision)

    async def pod(self) -> Pod:
        """Return the one pod of the release once it is ready."""
        seen = await self.until(lambda now: [pod.is_ready for pod in now.pods] == [True])
        return seen.pods[0]


class KnowsEveryStore:
    """Records for which every store is there, and that keep nothing."""

    async def record_pods(self, *_: object) -> int:
        return 0


@pytest.fixture
def recorded(database_url: str) -> Callable[[], Awaitable[dict[str, Any]]]:
    """Read every row of every table: equal before and after is nothing changed."""

    async def read() -> dict[str, Any]:
        return await contents(database_url)

    return read


@pytest.fixture(params=["simulated", pytest.param("real", marks=pytest.mark.cluster)])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    if request.param == "simulated":
        yield simulated_world(tmp_path)
        return
    local_cluster: LocalCluster = request.getfixturevalue("local_cluster")
    async with real_world(local_cluster, tmp_path) as made:
        yield made


def simulated_world(folder: Path) -> World:
    cluster = SimulatedCluster(SystemClock().now)
    namespace = f"contract-{uuid.uuid4().hex[:12]}"

    async def labels() -> dict[str, str]:
        return cluster.namespaces[namespace].labels

    async def remove_workloads() -> None:
        cluster.remove_workloads(namespace)

    async def remove_label() -> None:
        cluster.unlabel(namespace)

    return World(
        cluster, cluster, cluster, cluster, cluster, folder, namespace, labels,
        remove_workloads, remove_label,
    )  # fmt: skip


@asynccontextmanager
async def real_world(local_cluster: LocalCluster, folder: Path) -> AsyncIterator[World]:
    namespace = f"contract-{uuid.uuid4().hex[:12]}"
    program, kubeconfig = str(tools.ensure_helm()), local_cluster.kubeconfig
    api = await KubeApi.connect(kubeconfig, None)
    releases = ReleaseReader(api)
    settings = HelmSettings(program, folder / "state", kubeconfig)
    helm_itself = HelmProgram(settings, doctor=ClusterDoctor(api, releases))
    helm = HelmClient(helm_itself, releases.states)
    cluster = KubeCluster(api)
    observer = ClusterObserver(cluster, cast("StoreRecords", KnowsEveryStore()), lambda _: None)
    tasks = [asyncio.create_task(reflector.run()) for reflector in observer.reflectors]
    tasks.append(asyncio.create_task(observer.run()))

    async def labels() -> dict[str, str]:
        found = await asyncio.to_thread(local_cluster.kubectl_json, "get", "namespace", namespace)
        return dict(found["metadata"]["labels"])

    async def remove_workloads() -> None:
        wanted = ("-n", namespace, "delete", "deployment", f"{namespace}-web")
        await asyncio.to_thread(local_cluster.kubectl, *wanted)

    async def remove_label() -> None:
        wanted = ("label", "namespace", namespace, f"{STORE_LABEL}-")
        await asyncio.to_thread(local_cluster.kubectl, *wanted)

    try:
        await observer.synced()
        yield World(
            cluster, helm, releases, KubeJobs(api), observer, make_chart(folder),
            namespace, labels, remove_workloads, remove_label,
        )  # fmt: skip
    finally:
        await cluster.delete_namespace(namespace)
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)
        await cluster.close()
        await asyncio.sleep(0.1)  # aiohttp: TLS connections close a moment after their session


def make_chart(folder: Path) -> Path:
    chart = folder / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: contract\nversion: 0.1.0\n")
    text = DEPLOYMENT % (STORE_LABEL, STORE_ID)
    (chart / "templates" / "web.yaml").write_text(text)
    (chart / "templates" / "backup.yaml").write_text(TEMPLATE)
    (chart / "templates" / "ingress.yaml").write_text(INGRESS)
    (chart / "templates" / "clock.yaml").write_text(CLOCK)
    (chart / "values.yaml").write_text("ingress: {enabled: true}\n")
    (chart / "templates" / "database.yaml").write_text(DATABASE % (STORE_LABEL, STORE_ID))
    (chart / "templates" / "services.yaml").write_text(SERVICES)
    return chart
