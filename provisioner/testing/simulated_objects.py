"""Simulates the cluster's objects in memory: the port Cluster."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from provisioner.domain.cluster import NamespaceMarks, Volume
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ClusterRejectedError, NotFoundError
from provisioner.domain.stores import Reason
from provisioner.kubernetes.labels import STORE_LABEL
from provisioner.testing.simulation import SERVICE_PORT, SimulatedNamespace, Simulation


class SimulatedObjects(Simulation):
    """Namespaces, Secrets and role bindings. Implements ``ports.Cluster``."""

    async def ensure_namespace(
        self, name: str, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None
    ) -> bool:
        async with self.call(name):
            is_new = name not in self.namespaces
            if is_new:
                self.namespaces[name] = SimulatedNamespace(self.new_uid())
            self._mark(self.namespaces[name], labels, annotations)
            return is_new

    async def ensure_role_binding(self, namespace: str, role: str) -> bool:
        async with self.call(namespace):
            if namespace not in self.namespaces:
                raise NotFoundError(f"namespaces {namespace!r} not found")
            roles = self.namespaces[namespace].roles
            is_new = role not in roles
            roles.add(role)
            return is_new

    def now(self) -> datetime:
        return self._now()

    async def namespace_marks(self, name: str) -> NamespaceMarks | None:
        async with self.call(name):
            found = self.namespaces.get(name)
            return None if found is None else self._marks(name, found)

    async def store_namespaces(self) -> Sequence[NamespaceMarks]:
        async with self.call(""):
            items = self.namespaces.items()
            return [
                self._marks(name, found) for name, found in items if STORE_LABEL in found.labels
            ]

    async def mark_namespace(
        self, name: str, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None
    ) -> bool:
        async with self.call(name):
            if (found := self.namespaces.get(name)) is None:
                return False
            self._mark(found, labels, annotations)
            return True

    @staticmethod
    def _mark(
        found: SimulatedNamespace, labels: Mapping[str, str], annotations: Mapping[str, str] | None
    ) -> None:
        found.labels.update(labels)
        found.annotations.update(annotations or {})

    @staticmethod
    def _marks(name: str, found: SimulatedNamespace) -> NamespaceMarks:
        return NamespaceMarks(
            name, dict(found.labels), dict(found.annotations), found.is_terminating
        )

    async def ensure_secret(
        self,
        namespace: str,
        name: str,
        labels: Mapping[str, str],  # noqa: ARG002
        generate: Callable[[], Mapping[str, str]],
    ) -> Mapping[str, str]:
        async with self.call(namespace):
            if namespace not in self.namespaces:
                raise NotFoundError(f"namespaces {namespace!r} not found")
            secrets = self.namespaces[namespace].secrets
            if name not in secrets:
                secrets[name] = dict(generate())
            return secrets[name]

    async def replace_secret(
        self,
        namespace: str,
        name: str,
        labels: Mapping[str, str],  # noqa: ARG002
        values: Mapping[str, str],
        *,
        kind: str = "Opaque",  # noqa: ARG002
    ) -> None:
        async with self.call(namespace):
            if namespace not in self.namespaces:
                raise NotFoundError(f"namespaces {namespace!r} not found")
            self.namespaces[namespace].secrets[name] = dict(values)

    async def read_secret(self, namespace: str, name: str) -> Mapping[str, str]:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is None or name not in found.secrets:
                raise NotFoundError(f"secrets {name!r} not found")
            return found.secrets[name]

    async def set_in_secret(self, namespace: str, name: str, key: str, value: str) -> None:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is None or name not in found.secrets:
                raise NotFoundError(f"secrets {name!r} not found")
            found.secrets[name][key] = value

    async def change_secret(
        self, namespace: str, name: str, values: Mapping[str, str | None]
    ) -> None:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is None or name not in found.secrets:
                raise NotFoundError(f"secrets {name!r} not found")
            kept: dict[str, str | None] = {**found.secrets[name], **values}
            found.secrets[name] = {k: v for k, v in kept.items() if v is not None}

    async def delete_namespace(self, name: str) -> bool:
        async with self.call(name):
            if self.is_holding and (found := self.namespaces.get(name)) is not None:
                found.is_terminating = True
                return True
            return self.namespaces.pop(name, None) is not None

    async def delete_pod(self, namespace: str, name: str, uid: str) -> None:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            # As under a controller, a new pod takes the place of the one that is deleted.
            if found and name in found.pods and found.pods[name].uid == uid:
                found.pods[name] = self.make_pod(name)

    async def delete_job(self, namespace: str, name: str, uid: str) -> None:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found and name in found.jobs and found.jobs[name].uid == uid:
                del found.jobs[name]
                of_job = f"{name}-"
                found.pods = {k: v for k, v in found.pods.items() if not k.startswith(of_job)}

    async def delete_claim(self, namespace: str, name: str, uid: str) -> None:  # noqa: ARG002
        async with self.call(namespace):
            return

    async def volumes(self, namespace: str) -> Sequence[Volume]:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            return sorted(found.volumes.values(), key=lambda item: item.name) if found else []

    async def grow_volume(
        self, namespace: str, name: str, size: str, *, is_trial: bool = False
    ) -> None:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is None or name not in found.volumes:
                raise NotFoundError(f"persistentvolumeclaims {name!r} not found")
            volume = found.volumes[name]
            if not volume.can_grow:
                message = f"The cluster refused to make {name} larger: its class does not allow it."
                raise ClusterRejectedError(Reason(ReasonCode.CLUSTER_REFUSED, message), status=403)
            if not is_trial:
                found.volumes[name] = replace(volume, size=size)

    async def release_pods(self, namespace: str, stateful_set: str) -> None:  # noqa: ARG002
        async with self.call(namespace):
            if (found := self.namespaces.get(namespace)) is not None:
                found.template, found.is_set_refused = "", False

    async def namespace_exists(self, name: str) -> bool:
        async with self.call(name):
            return name in self.namespaces

    async def service_address(self, namespace: str, name: str, port: int) -> str | None:
        async with self.call(namespace):
            found = self.namespaces.get(namespace)
            if found is None or name not in found.services:
                raise NotFoundError(f"services {name!r} not found")
            address = found.services[name]
            if address is None:
                return None
            if port != SERVICE_PORT:
                raise NotFoundError(f"services {name!r} has no port {port}")
            return f"{address}:{port}"

    async def log_tail(
        self, namespace: str, pod: str, container: str, *, lines: int, previous: bool  # noqa: ARG002
    ) -> str:  # fmt: skip
        return ""
