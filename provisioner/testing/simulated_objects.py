"""Simulates the cluster's objects in memory: the port Cluster."""

from collections.abc import Callable, Mapping
from datetime import datetime

from provisioner.domain.errors import NotFoundError
from provisioner.testing.simulation import SimulatedNamespace, Simulation


class SimulatedObjects(Simulation):
    """Namespaces, Secrets and role bindings. Implements ``ports.Cluster``."""

    async def ensure_namespace(self, name: str, labels: Mapping[str, str]) -> bool:
        async with self.call(name):
            if (found := self.namespaces.get(name)) is not None:
                found.labels.update(labels)
                return False
            self.namespaces[name] = SimulatedNamespace(self.new_uid(), dict(labels))
            return True

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

    async def namespace_labels(self, name: str) -> Mapping[str, str] | None:
        async with self.call(name):
            found = self.namespaces.get(name)
            return None if found is None else dict(found.labels)

    async def label_namespace(self, name: str, labels: Mapping[str, str]) -> bool:
        async with self.call(name):
            if (found := self.namespaces.get(name)) is None:
                return False
            found.labels.update(labels)
            return True

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

    async def delete_job(self, namespace: str, name: str, uid: str) -> None:  # noqa: ARG002
        async with self.call(namespace):
            return

    async def delete_claim(self, namespace: str, name: str, uid: str) -> None:  # noqa: ARG002
        async with self.call(namespace):
            return

    async def namespace_exists(self, name: str) -> bool:
        async with self.call(name):
            return name in self.namespaces

    async def log_tail(
        self, namespace: str, pod: str, container: str, *, lines: int, previous: bool  # noqa: ARG002
    ) -> str:  # fmt: skip
        return ""
