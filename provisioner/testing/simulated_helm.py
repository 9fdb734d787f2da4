"""Simulates helm and its releases in memory: the ports Helm and Releases."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import yaml

from provisioner.domain.cluster import Release, Unchangeable
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import HelmError
from provisioner.domain.stores import Reason
from provisioner.testing.simulation import Simulation


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
            self.put_back(found, release)
            return f"{release} is installed."

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
        values: Mapping[str, object],  # noqa: ARG002
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
            return yaml.safe_dump(deployment)

    async def uninstall(self, *, release: str, namespace: str) -> str:
        async with self.call(namespace):
            if namespace in self.namespaces:
                self.namespaces[namespace].release = ""
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

    async def drift(self, namespace: str, wanted: str) -> str:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            # ``wanted`` is the name that ``find`` gave, and not the YAML that real releases hold.
            if found is not None and wanted in found.gone:
                return f"{wanted} was missing"
            is_missing = found is not None and wanted in found.missing
            return f"Deployment {wanted} was missing" if is_missing else ""

    async def unchangeable(self, namespace: str, name: str) -> list[Unchangeable]:  # noqa: ARG002
        async with self.call(namespace):
            return []

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
