"""Why helm failed, asked of a real API server: its webhooks, and what cannot be changed."""

import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.local.cluster import LocalCluster, tools
from app.local.cluster.local_cluster import ClusterError
from provisioner.domain.errors import AdmissionWebhookError, HelmError
from provisioner.helm.client import HelmClient
from provisioner.helm.program import HelmProgram, HelmSettings
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.kubernetes.doctor import ClusterDoctor
from provisioner.kubernetes.releases import ReleaseReader
from tests.integration.test_helm import CONFIG_MAP, RELEASE

pytestmark = pytest.mark.cluster
WEBHOOK = "guard.example.com"


@dataclass(frozen=True)
class Shop:
    """A chart's release in a namespace of its own."""

    cluster: LocalCluster
    namespace: str
    chart: Path
    helm: HelmClient
    releases: ReleaseReader
    kube: KubeCluster

    async def install(self) -> str:
        return await self.helm.install(
            release=RELEASE, namespace=self.namespace, chart=self.chart, values={"greeting": "hi"}
        )

    async def uninstall(self) -> str:
        return await self.helm.uninstall(release=RELEASE, namespace=self.namespace)

    def give(self, *objects: dict[str, Any]) -> None:
        """Have the chart consist of these objects."""
        text = "\n---\n".join(json.dumps(item) for item in objects)
        (self.chart / "templates" / "shop.yaml").write_text(text)

    @contextmanager
    def webhook(self, client: dict[str, Any], resource: str, operation: str) -> Iterator[None]:
        """Have the API server ask a webhook about one kind of object in this namespace."""
        name = f"guard-{self.namespace}"
        hook = {
            "name": WEBHOOK,
            "clientConfig": client,
            "rules": [
                {
                    "apiGroups": ["*"],
                    "apiVersions": ["*"],
                    "operations": [operation],
                    "resources": [resource],
                }
            ],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}},
            "sideEffects": "None",
            "timeoutSeconds": 1,
            "admissionReviewVersions": ["v1"],
        }
        kind = "ValidatingWebhookConfiguration"
        configuration = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": name},
            "webhooks": [hook],
        }
        self.cluster.kubectl("create", "-f", "-", stdin=json.dumps(configuration))
        try:
            self._await_guard(resource, operation)
            yield
        finally:
            self.cluster.kubectl("delete", kind, name)
            self._await_guard(resource, operation, is_there=False)

    def _await_guard(self, resource: str, operation: str, *, is_there: bool = True) -> None:
        """Wait until the API server asks the webhook, or asks it no more: it learns by a watch."""
        for _ in range(100):
            if self._is_guarded(resource, operation) is is_there:
                return
        raise AssertionError(f"The API server does not heed: {is_there=}")

    def _is_guarded(self, resource: str, operation: str) -> bool:
        verb = {"CREATE": "create", "DELETE": "delete"}[operation]
        name = "probe" if operation == "CREATE" else RELEASE
        what = {"secrets": ("secret", "generic"), "configmaps": ("configmap",)}[resource]
        kind = what if verb == "create" else what[:1]
        try:
            self.cluster.kubectl("-n", self.namespace, verb, *kind, name, "--dry-run=server")
        except ClusterError as error:
            return WEBHOOK in str(error)
        return False


@pytest.fixture
async def shop(local_cluster: LocalCluster, namespace: str, tmp_path: Path) -> AsyncIterator[Shop]:
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 0.1.0\n")
    (chart / "templates" / "shop.yaml").write_text(CONFIG_MAP)
    api = await KubeApi.connect(local_cluster.kubeconfig, None)
    releases = ReleaseReader(api)
    settings = HelmSettings(str(tools.ensure_helm()), tmp_path / "state", local_cluster.kubeconfig)
    program = HelmProgram(settings, doctor=ClusterDoctor(api, releases))
    helm = HelmClient(program, releases.states)
    yield Shop(local_cluster, namespace, chart, helm, releases, KubeCluster(api))
    await api.close()


@pytest.fixture(params=["closed port", "hanging", "missing service"])
def client(request: pytest.FixtureRequest, shop: Shop) -> Iterator[dict[str, Any]]:
    """Where a webhook is asked that does not answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        if request.param == "hanging":
            listener.listen()
        if request.param == "missing service":
            yield {"service": {"name": "gone", "namespace": shop.namespace}}
        else:
            yield {"url": url}


async def test_a_webhook_in_the_way_of_an_install(shop: Shop, client: dict[str, Any]) -> None:
    with shop.webhook(client, "configmaps", "CREATE"):
        with pytest.raises(AdmissionWebhookError) as told:
            await shop.install()
        assert told.value.name == WEBHOOK
        assert told.value.reason.code == "ADMISSION_WEBHOOK_FAILED"
        assert f"no answer from the admission webhook {WEBHOOK}" in told.value.reason.message
    # When it is gone, as the remedy has it
    await shop.install()


async def test_a_webhook_in_the_way_of_helms_own_record(shop: Shop) -> None:
    client = {"service": {"name": "gone", "namespace": shop.namespace}}
    with shop.webhook(client, "secrets", "CREATE"):
        with pytest.raises(AdmissionWebhookError, match='service "gone" not found'):
            await shop.install()
        # and of what the platform makes itself
        with pytest.raises(AdmissionWebhookError, match='service "gone" not found'):
            await shop.kube.ensure_secret(shop.namespace, "s", {}, lambda: {"a": "b"})
    await shop.install()


async def test_a_webhook_in_the_way_of_an_uninstall(shop: Shop, client: dict[str, Any]) -> None:
    await shop.install()
    with shop.webhook(client, "configmaps", "DELETE"):
        with pytest.raises(AdmissionWebhookError) as told:
            await shop.uninstall()
        assert told.value.name == WEBHOOK
        found = shop.cluster.kubectl("-n", shop.namespace, "get", "configmap", RELEASE)
        assert RELEASE in found
    await shop.uninstall()


async def test_a_refusal_is_no_trouble_of_the_api_server(shop: Shop) -> None:
    shop.give(a("v1", "ConfigMap", "Not_A_Name", data={}))
    with pytest.raises(HelmError, match="Not_A_Name"):
        await shop.install()
    assert await shop.releases.unchangeable(shop.namespace, RELEASE) == []


def a(version: str, kind: str, name: str = RELEASE, **rest: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **rest}


def pods(image: str = "example.invalid/a") -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "shop"}},
        "spec": {
            "restartPolicy": "Always",
            "containers": [{"name": "main", "image": image}],
        },
    }


def stateful_set(storage_class: str) -> dict[str, Any]:
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    spec = {
        "selector": {"matchLabels": {"app": "shop"}},
        "serviceName": "shop",
        "replicas": 0,
        "template": pods(),
        "volumeClaimTemplates": [claim],
    }
    return a("apps/v1", "StatefulSet", spec=spec)


def job(image: str) -> dict[str, Any]:
    template = pods(image)
    template["spec"]["restartPolicy"] = "Never"
    return a("batch/v1", "Job", spec={"suspend": True, "template": template})


def service(address: str | None) -> dict[str, Any]:
    headless = {"clusterIP": address} if address else {}
    return a("v1", "Service", spec={"ports": [{"port": 80}], **headless})


def claim(size: str) -> dict[str, Any]:
    return a(
        "v1",
        "PersistentVolumeClaim",
        spec={
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "nowhere",
            "resources": {"requests": {"storage": size}},
        },
    )


def deployment(label: str) -> dict[str, Any]:
    template = {**pods(), "metadata": {"labels": {"app": "shop", "tier": label}}}
    spec = {"selector": {"matchLabels": {"tier": label}}, "replicas": 0, "template": template}
    return a("apps/v1", "Deployment", spec=spec)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (stateful_set("wrong"), stateful_set("standard")),
        (job("example.invalid/a"), job("example.invalid/b")),
        (service(None), service("None")),
        (claim("1Gi"), claim("2Gi")),
        (deployment("old"), deployment("new")),
        (
            a("v1", "ConfigMap", data={"a": "1"}, immutable=True),
            a("v1", "ConfigMap", data={"a": "2"}, immutable=True),
        ),
    ],
    ids=lambda item: item["kind"],
)
async def test_what_cannot_be_changed_is_found_and_made_way_for(
    shop: Shop, before: dict[str, Any], after: dict[str, Any]
) -> None:
    kept = a("v1", "ConfigMap", "kept", data={})
    shop.give(kept, before)
    await shop.install()
    shop.give(kept, after)
    with pytest.raises(HelmError) as failed:
        await shop.install()
    assert failed.value.reason.code == "HELM_FAILED"
    (found,) = await shop.releases.unchangeable(shop.namespace, RELEASE)
    assert (found.kind, found.name) == (before["kind"], RELEASE)
    assert found.words
    await shop.releases.remove(found)
    await shop.releases.remove(found)  # again is no error
    await shop.install()
    assert await shop.releases.unchangeable(shop.namespace, RELEASE) == []
