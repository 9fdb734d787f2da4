"""Simulates helm and its releases in memory: the ports Helm and Releases."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import yaml
from msgspec import structs

from provisioner.domain.cluster import PodPhase, Release, Unchangeable, Volume
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import HelmError
from provisioner.domain.stores import Reason
from provisioner.testing.simulation import SimulatedNamespace, Simulation


class SimulatedHelm(Simulation):
    """Installs one pod for each release. Implements ``ports.Helm``."""

    async def install(
        self,
        *,
        release: str,
        namespace: str,
        chart: Path,  # noqa: ARG002
        values: Mapping[str, object],
        values_files: Sequence[Path] = (),  # noqa: ARG002
        secrets: Sequence[str] = (),  # noqa: ARG002
    ) -> str:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is None:
                message = f"helm could not install release {release}: no namespace {namespace}"
                raise HelmError(Reason(ReasonCode.HELM_FAILED, message))
            found.release, found.release_name = "deployed", release
            found.is_installed_closed = values.get("ingress") == {"enabled": False}
            self._install_volume(found, release, values)
            self._replace_pods(found, values)
            found.values = dict(values)
            self.put_back(found, release)
            return f"{release} is installed."

    def _size(self, values: Mapping[str, object]) -> str:
        return self.sizes.get(str(values.get("storagePlan") or values.get("plan")), "")

    def _install_volume(
        self, found: SimulatedNamespace, release: str, values: Mapping[str, object]
    ) -> None:
        """Make the StatefulSet with its claim; refuse another size in its claim template."""
        size = self._size(values)
        if found.template not in ("", size):
            found.is_set_refused = True
            message = (
                f"helm could not upgrade release {release}: updates to statefulset spec for fields"
                " other than 'replicas' and 'template' are forbidden"
            )
            raise HelmError(Reason(ReasonCode.HELM_FAILED, message))
        found.template, name = size, f"data-{release}-db-0"
        if size and name not in found.volumes:
            found.volumes[name] = Volume(name, size, "simulated", can_grow=self.can_grow)

    def _replace_pods(self, found: SimulatedNamespace, values: Mapping[str, object]) -> None:
        """Replace the pods, as another plan does; those of a plan without room do not start."""
        plan = values.get("plan")
        if plan == found.values.get("plan"):
            return
        found.pods = {name: self.make_pod(name) for name in found.pods}
        if plan in self.plans_without_room:
            since = self._now() - timedelta(hours=1)  # longer than any grace
            found.pods = {
                name: structs.replace(
                    pod, is_ready=False, phase=PodPhase.PENDING, containers=(),
                    unschedulable_since=since, message="0/1 nodes: Insufficient memory.",
                )
                for name, pod in found.pods.items()
            }  # fmt: skip

    async def restore(self, *, release: str, namespace: str, revision: int) -> str:  # noqa: ARG002
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is None or not found.release:
                message = f"helm could not restore release {release}: release: not found"
                raise HelmError(Reason(ReasonCode.HELM_FAILED, message))
            self.put_back(found, release)
            return f"{release} is restored."

    async def render(
        self,
        *,
        release: str,
        chart: Path,  # noqa: ARG002
        values: Mapping[str, object],
        values_files: Sequence[Path] = (),  # noqa: ARG002
        apis: Sequence[str] = (),  # noqa: ARG002
    ) -> str:
        async with self.call(""):
            containers = [
                {"name": f"web-{number}", "image": image}
                for number, image in enumerate(self.images)
            ]
            deployment = {
                "kind": "Deployment",
                "metadata": {"name": f"{release}-web"},
                "spec": {"template": {"spec": {"containers": containers}}},
            }
            requests = {"resources": {"requests": {"storage": self._size(values)}}}
            template = {"metadata": {"name": "data"}, "spec": requests}
            database = {
                "kind": "StatefulSet",
                "metadata": {"name": f"{release}-db"},
                "spec": {
                    "template": {"spec": {"containers": []}},
                    "volumeClaimTemplates": [template],
                },
            }
            return yaml.safe_dump_all([deployment, *([database] if self._size(values) else [])])

    async def uninstall(self, *, release: str, namespace: str) -> str:
        async with self.call(namespace):
            if namespace in self.namespaces:
                self.namespaces[namespace].release = ""
                self.namespaces[namespace].template = ""
                self.namespaces[namespace].pods.clear()
                self.namespaces[namespace].services.clear()
            return f"{release} is uninstalled."


class SimulatedReleases(Simulation):
    """Compares the releases with what is left of them. Implements ``ports.Releases``."""

    async def find(self, namespace: str, name: str) -> Release | None:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is None or found.release != "deployed" or found.release_name != name:
                return None
            route = () if found.is_installed_closed else (f"Ingress {name}",)
            objects = (f"{name}-web", *route, f"CronJob {name}-backup", f"CronJob {name}-clock")
            return Release(revision=1, objects=objects, is_in_force=True)

    async def states(self, namespace: str, name: str) -> Mapping[int, str]:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            is_there = found is not None and found.release and found.release_name == name
            return {1: found.release} if found and is_there else {}

    async def drift(self, namespace: str, wanted: str) -> str:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            # ``wanted`` is the name that ``find`` gave, and not the YAML that real releases hold.
            if found is not None and wanted in found.gone:
                return f"{wanted} was missing"
            is_missing = found is not None and wanted in found.missing
            return f"Deployment {wanted} was missing" if is_missing else ""

    async def rollout(self, namespace: str, name: str) -> str:  # noqa: ARG002
        async with self.call(namespace):
            return ""  # helm has replaced the pods at once

    async def unchangeable(self, namespace: str, name: str) -> list[Unchangeable]:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is None or not found.is_set_refused:
                return []
            return [Unchangeable("StatefulSet", f"{name}-db", "", "uid", "Forbidden")]

    async def remove(self, item: Unchangeable) -> None:  # noqa: ARG002
        return

    async def stop(
        self, namespace: str, name: str, components: Collection[str] | None = None
    ) -> None:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is not None and found.release:
                gone = {
                    key
                    for key, pod in found.pods.items()
                    if components is None or pod.component in components
                }
                found.gone.add(f"CronJob {name}-clock")
                if components is None:
                    found.gone.add(f"CronJob {name}-backup")
                found.missing.update(gone)  # until it is put back, it differs from the release
                found.pods = {key: pod for key, pod in found.pods.items() if key not in gone}

    async def hide(self, namespace: str, name: str) -> None:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is not None and found.release and not found.is_installed_closed:
                found.gone.add(f"Ingress {name}")

    async def nudge(self, namespace: str, name: str, mark: str) -> None:
        async with self.call(namespace):
            self.nudges.append((name, mark))
