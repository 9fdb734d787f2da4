"""The helm adapter, with real helm on a real API server."""

import asyncio
import base64
import gzip
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.local.cluster import LocalCluster, stages, tools
from provisioner.domain.errors import ClusterUnreachableError, HelmError
from provisioner.helm.client import HelmClient
from provisioner.helm.program import HelmProgram, HelmSettings
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.doctor import ClusterDoctor
from provisioner.kubernetes.releases import ReleaseReader

RELEASE = "shop"
CONFIG_MAP = """apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data: {greeting: {{ .Values.greeting | quote }}}
"""
HOOK = f"""apiVersion: batch/v1
kind: Job
metadata: {{name: hook, annotations: {{helm.sh/hook: "pre-install,pre-upgrade"}}}}
spec:
  template:
    metadata: {{annotations: {{{stages.BEHAVIOUR}: {stages.NEVER_READY}}}}}
    spec: {{restartPolicy: Never, containers: [{{name: main, image: example.invalid/main}}]}}
"""


@dataclass(frozen=True)
class Shop:
    """A chart with one ConfigMap, and its release in a namespace of its own."""

    cluster: LocalCluster
    namespace: str
    chart: Path
    helm: HelmClient
    releases: ReleaseReader

    async def install(self, greeting: str = "hello", secrets: Sequence[str] = ()) -> str:
        return await self.helm.install(
            release=RELEASE,
            namespace=self.namespace,
            chart=self.chart,
            values={"greeting": greeting},
            secrets=secrets,
        )

    async def uninstall(self) -> str:
        return await self.helm.uninstall(release=RELEASE, namespace=self.namespace)

    async def history(self) -> list[tuple[int, str]]:
        return sorted((await self.releases.states(self.namespace, RELEASE)).items())

    @property
    def greeting(self) -> str:
        found = self.cluster.kubectl_json("-n", self.namespace, "get", "configmap", "shop")
        value: str = found["data"]["greeting"]
        return value

    def leave_as(self, revision: int, state: str) -> None:
        """Give a revision the state in which a killed helm leaves it: in label and record."""
        name = f"sh.helm.release.v1.{RELEASE}.v{revision}"
        secret = self.cluster.kubectl_json("-n", self.namespace, "get", "secret", name)
        kept = base64.b64decode(base64.b64decode(secret["data"]["release"]))
        release = json.loads(gzip.decompress(kept))
        release["info"]["status"] = state
        packed = base64.b64encode(gzip.compress(json.dumps(release).encode()))
        secret["data"]["release"] = base64.b64encode(packed).decode()
        secret["metadata"]["labels"]["status"] = state
        self.cluster.kubectl("replace", "-f", "-", stdin=json.dumps(secret))

    def add_template(self, text: str) -> None:
        (self.chart / "templates" / "bad.yaml").write_text(text)


@pytest.fixture
async def shop(local_cluster: LocalCluster, namespace: str, tmp_path: Path) -> AsyncIterator[Shop]:
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 0.1.0\n")
    (chart / "templates" / "shop.yaml").write_text(CONFIG_MAP)
    program, kubeconfig = str(tools.ensure_helm()), local_cluster.kubeconfig
    api = await KubeApi.connect(kubeconfig, None)
    settings = HelmSettings(program, tmp_path / "state", kubeconfig, grace_seconds=3)
    releases = ReleaseReader(api)
    itself = HelmProgram(settings, doctor=ClusterDoctor(api, releases))
    helm = HelmClient(itself, releases.states)
    yield Shop(local_cluster, namespace, chart, helm, releases)
    await api.close()


async def test_install_upgrade_uninstall(shop: Shop) -> None:
    await shop.install()
    await shop.install("good day")
    assert shop.greeting == "good day"
    assert await shop.history() == [(1, "superseded"), (2, "deployed")]
    for _ in range(2):  # again is no error
        await shop.uninstall()
        assert await shop.history() == []


@pytest.mark.parametrize("state", ["pending-install", "uninstalling"])
async def test_a_first_install_that_was_cut_off(shop: Shop, state: str) -> None:
    await shop.install()
    shop.leave_as(1, state)
    assert await shop.history() == [(1, state)]
    await shop.install("again")
    assert await shop.history() == [(1, "deployed")]
    assert shop.greeting == "again"


@pytest.mark.parametrize("state", ["pending-upgrade", "pending-rollback"])
async def test_an_upgrade_that_was_cut_off(shop: Shop, state: str) -> None:
    await shop.install()
    await shop.install("cut off")
    shop.leave_as(1, "deployed")
    shop.leave_as(2, state)
    await shop.install("again")
    assert (await shop.history())[-1] == (4, "deployed")
    assert shop.greeting == "again"


async def test_a_failing_chart_is_told_without_the_secret(shop: Shop) -> None:
    shop.add_template('{{ fail (print "cannot use " .Values.greeting) }}')
    with pytest.raises(HelmError) as failed:
        await shop.install("s3cr3t-value", secrets=["s3cr3t-value"])
    reason = failed.value.reason
    assert reason.code == "HELM_FAILED"
    assert reason.message.startswith(f"helm could not install release {RELEASE}: ")
    assert "cannot use [hidden]" in reason.message
    assert "s3cr3t" not in reason.message + failed.value.output
    assert await shop.history() == []


async def test_what_the_api_server_refuses(shop: Shop) -> None:
    shop.add_template(CONFIG_MAP.replace("shop", "Not_A_Name"))
    with pytest.raises(HelmError, match="Not_A_Name"):
        await shop.install()


async def test_ended_in_the_middle_with_the_values_seen_by_nobody(shop: Shop) -> None:
    # Given a helm that waits for a hook which never ends
    shop.add_template(HOOK)
    work = asyncio.create_task(shop.install("s3cr3t-value", secrets=["s3cr3t-value"]))
    process = await asyncio.to_thread(find_helm, shop.namespace)
    # Then neither its arguments nor its environment have the values
    seen = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    assert RELEASE.encode() in seen
    assert b"s3cr3t" not in seen
    # When it is to stop, and does not within its grace
    waiting = ("-n", shop.namespace, "wait", "--for=create", "job/hook", "--timeout=60s")
    await asyncio.to_thread(shop.cluster.kubectl, *waiting)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    # Then it was told to, and had the time to say how it stands: nothing is left pending
    assert not process.exists()
    assert await shop.history() == [(1, "failed")]
    shop.add_template("")
    await shop.install()
    assert (await shop.history())[-1] == (2, "deployed")


def find_helm(namespace: str) -> Path:
    """Return the folder in /proc of the helm that installs into a namespace, once there is one."""
    wanted = f"\0--namespace\0{namespace}\0".encode()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if b"\0upgrade\0" in (line := file.read_bytes()) and wanted in line:
                    return file.parent
    raise AssertionError("No helm runs.")


async def test_no_cluster_is_worth_another_try(shop: Shop) -> None:
    shop.cluster.stop("kube-apiserver")
    try:
        with pytest.raises(ClusterUnreachableError):
            await shop.install()
    finally:
        shop.cluster.start("kube-apiserver")
    await shop.install()
    assert await shop.history() == [(1, "deployed")]
