"""Reads helm's releases from its Secrets, and compares them with the cluster.

``helm get manifest`` prints the same, but each call costs 0.2 s of CPU and 95 MB. That is far too
much for checking 1,000 stores; reading a Secret takes milliseconds. Its format is that of helm 3
and 4 (pkg/storage/driver/secrets.go and util.go): JSON, then gzip, then base64, then the base64 of
every Secret.

The API server itself says how an object differs, in a dry run of a server-side apply of helm's
YAML. So no rule of ours has to know defaults, forms of quantities or fields that others own.
"""

import asyncio
import base64
import gzip
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

import msgspec
import structlog

from provisioner.domain.cluster import Release, Unchangeable
from provisioner.domain.errors import ClusterRejectedError, NotFoundError
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.api_errors import AlreadyExistsError
from provisioner.kubernetes.diff import differences, sentence
from provisioner.kubernetes.labels import COMPONENT_LABEL
from provisioner.kubernetes.rollouts import rollout_of
from provisioner.kubernetes.wire import HasMetadata, Wire

_log = structlog.get_logger(__name__)

# Asks for the metadata only. Its labels are enough, and each Secret holds a whole release.
_NAMES_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_DRY_RUN = [("dryRun", "All"), ("force", "true"), ("fieldManager", "store-platform-drift")]
"""The field manager is not helm: an apply as helm would remove the fields that helm has set and its
YAML does not mention."""
_APPLY = {"Content-Type": "application/apply-patch+yaml; charset=utf-8"}
"""kubernetes-asyncio would encode the YAML as a JSON string if the type were given without charset
(36.1, client/rest.py)."""
_FORBIDDEN, _INVALID = 403, 422
_CLAIM = "PersistentVolumeClaim"
_GONE_POLL_SECONDS = 0.2  # polled, because these objects are not watched and rarely removed
_DEPLOYED = "deployed"
_WAS_IN_FORCE = frozenset({_DEPLOYED, "superseded"})  # the latter is an older good revision
_BETWEEN_OBJECTS = re.compile(r"^---\s*$", re.MULTILINE)
# Between two separators there may be comments only. A template may be JSON as well as YAML.
_HAS_KIND = re.compile(r"^kind:|\"kind\"\s*:", re.MULTILINE)
_MARK = "store-platform.dev/attempt"
"""An annotation. kube-controller-manager looks at a workload at once when the workload changes, and
it copies a Deployment's annotations to the ReplicaSet
(pkg/controller/deployment/util/deployment_util.go)."""
_MAKE_PODS = frozenset({"Deployment", "StatefulSet"})
_RUN_ONCE = frozenset({"Job"})
_BY_THE_CLOCK = frozenset({"CronJob"})
_LEAD_VISITORS = frozenset({"Ingress", "HTTPRoute"})
"""Kinds whose objects may be missing because they have done their work and were cleaned up."""


class _Secrets(Wire):
    items: list[HasMetadata] | None = None


class _ReleaseData(Wire):
    release: bytes  # base64 on the wire


class _ReleaseSecret(Wire):
    data: _ReleaseData


class _Manifest(msgspec.Struct):
    manifest: str = ""


class _Name(Wire):
    name: str
    namespace: str = ""


class _Header(Wire):
    api_version: str
    kind: str
    metadata: _Name


class _Labels(Wire):
    labels: dict[str, str] = msgspec.field(default_factory=dict)


class _Template(Wire):
    metadata: _Labels


class _Spec(Wire):
    template: _Template


class _Workload(Wire):
    """What a workload says of its pods."""

    spec: _Spec

    @property
    def component(self) -> str | None:
        return self.spec.template.metadata.labels.get(COMPONENT_LABEL)


class _ClockSpec(Wire):
    suspend: bool = False


class _Clock(Wire):
    """What a CronJob says of its runs."""

    spec: _ClockSpec


class _Resource(Wire):
    name: str
    kind: str
    namespaced: bool


class _Resources(Wire):
    resources: list[_Resource]


class ReleaseReader:
    """Reads and compares releases through the API server. Implements ``ports.Releases``."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api
        self._resources: dict[str, dict[str, _Resource]] = {}

    async def find(self, namespace: str, name: str) -> Release | None:
        """See ``ports.Releases``."""
        states = await self.states(namespace, name)
        good = [revision for revision, state in states.items() if state in _WAS_IN_FORCE]
        if not good:
            return None
        return Release(
            revision=max(good),
            objects=await self._objects(namespace, name, max(good)),
            is_in_force=states[max(states)] == _DEPLOYED,
        )

    async def latest(self, namespace: str, name: str) -> tuple[str, ...]:
        """Return the YAML of each object of the latest revision, even if that revision failed."""
        states = await self.states(namespace, name)
        return await self._objects(namespace, name, max(states)) if states else ()

    async def states(self, namespace: str, name: str) -> dict[int, str]:
        """See ``ports.Releases``. Its labels say it; what helm keeps of it is not read."""
        listed = await self._api.call(
            "GET",
            f"/api/v1/namespaces/{namespace}/secrets",
            query=[("labelSelector", f"owner=helm,name={name}")],
            headers={"Accept": _NAMES_ONLY},
        )
        items = msgspec.json.decode(listed, type=_Secrets).items or []
        labels = [item.metadata.labels for item in items]
        return {int(label["version"]): label["status"] for label in labels}

    async def drift(self, namespace: str, wanted: str) -> str:
        """See ``ports.Releases``."""
        header = msgspec.yaml.decode(wanted, type=_Header)
        if header.kind in _RUN_ONCE:
            return ""
        name = f"{header.kind} {header.metadata.name}"
        try:
            path = await self._path(namespace, header)
            found = await self._api.call("GET", path)
        except NotFoundError:
            return f"{name} was missing"
        try:
            applied = await self.apply(path, wanted)
        except ClusterRejectedError as error:
            # A field that cannot be changed, for example, or an admission webhook without support
            # for dry runs. helm could not put such an object back either.
            _log.warning("drift_unknown", namespace=namespace, object=name, reason=str(error))
            return ""
        differing = differences(_decoded(found), _decoded(applied))
        return sentence(name, differing) if differing else ""

    async def _objects(self, namespace: str, name: str, revision: int) -> tuple[str, ...]:
        secret = f"/api/v1/namespaces/{namespace}/secrets/sh.helm.release.v1.{name}.v{revision}"
        return _objects(await self._api.call("GET", secret))

    async def path(self, namespace: str, wanted: str) -> str:
        """Return the API path of an object that is given as YAML.

        Raises NotFoundError when the cluster has no such kind.
        """
        return await self._path(namespace, msgspec.yaml.decode(wanted, type=_Header))

    async def rollout(self, namespace: str, name: str) -> str:
        """See ``ports.Releases``."""
        for wanted in await self._workloads(namespace, name):
            kind = msgspec.yaml.decode(wanted, type=_Header).kind
            try:
                found = await self._api.call("GET", await self.path(namespace, wanted))
            except NotFoundError:
                return f"A {kind} is missing."
            if waiting_for := rollout_of(kind, found):
                return waiting_for
        return ""

    async def unchangeable(self, namespace: str, name: str) -> list[Unchangeable]:
        """See ``ports.Releases``."""
        found = [
            await self._unchangeable(namespace, wanted)
            for wanted in await self.latest(namespace, name)
        ]
        return [item for item in found if item is not None]

    async def _unchangeable(self, namespace: str, wanted: str) -> Unchangeable | None:
        try:
            path = await self.path(namespace, wanted)
            there = msgspec.json.decode(await self._api.call("GET", path), type=HasMetadata)
        except NotFoundError:
            return None
        try:
            await self.apply(path, wanted)
        except ClusterRejectedError as error:
            kind = msgspec.yaml.decode(wanted, type=_Header).kind
            # A fixed field is invalid (422). Only the growth of a volume claim is judged by an
            # admission plugin, which forbids it (403).
            is_fixed = error.status in ((_INVALID, _FORBIDDEN) if kind == _CLAIM else (_INVALID,))
            if not is_fixed or not await self._could_be_made(path, wanted):
                return None
            return Unchangeable(kind, there.metadata.name, path, there.metadata.uid, error.words)
        return None

    async def apply(self, path: str, wanted: str, *, answer_seconds: float | None = None) -> bytes:
        """Apply an object's YAML in a dry run; return the object as it would be, as JSON."""
        return await self._api.call(
            "PATCH",
            path,
            query=_DRY_RUN,
            body=wanted.encode(),
            headers=_APPLY,
            answer_seconds=answer_seconds,
        )

    async def _could_be_made(self, path: str, wanted: str) -> bool:
        """Return whether a new object from this YAML would be valid, in a dry run.

        This tells an invalid YAML from a field that is only fixed in the existing object. The API
        server chooses a name that is free.
        """
        body = msgspec.yaml.decode(wanted)
        body["metadata"] = {**body["metadata"], "name": None, "generateName": "trial-"}
        collection = path.rpartition("/")[0]
        try:
            await self._api.call("POST", collection, query=[("dryRun", "All")], body=body)
        except ClusterRejectedError as error:
            return error.status != _INVALID
        return True

    async def nudge(self, namespace: str, name: str, mark: str) -> None:
        """See ``ports.Releases``."""
        body = {"metadata": {"annotations": {_MARK: mark}}}
        for wanted in await self._workloads(namespace, name):
            await self._patch(namespace, wanted, body)

    async def stop(
        self, namespace: str, name: str, components: Collection[str] | None = None
    ) -> None:
        """See ``ports.Releases``."""
        for wanted in await self._workloads(namespace, name):
            component = msgspec.yaml.decode(wanted, type=_Workload).component
            if components is None or component in components:
                await self._patch(namespace, wanted, {"spec": {"replicas": 0}})
        for wanted in await self._of_kinds(namespace, name, _BY_THE_CLOCK):
            if components is None or not msgspec.yaml.decode(wanted, type=_Clock).spec.suspend:
                # Removed and not suspended: helm puts back what is missing, and leaves a field
                # alone that a chart does not mention.
                await self._end(await self.path(namespace, wanted))

    async def hide(self, namespace: str, name: str) -> None:
        """See ``ports.Releases``."""
        body = {"propagationPolicy": "Background"}
        for wanted in await self._of_kinds(namespace, name, _LEAD_VISITORS):
            with suppress(NotFoundError):  # it is gone already
                await self._api.call("DELETE", await self.path(namespace, wanted), body=body)

    async def _workloads(self, namespace: str, name: str) -> list[str]:
        return await self._of_kinds(namespace, name, _MAKE_PODS)

    async def _of_kinds(self, namespace: str, name: str, kinds: Collection[str]) -> list[str]:
        latest = await self.latest(namespace, name)
        return [
            wanted for wanted in latest if msgspec.yaml.decode(wanted, type=_Header).kind in kinds
        ]

    async def _patch(self, namespace: str, wanted: str, body: Mapping[str, object]) -> None:
        with suppress(NotFoundError):  # somebody has removed it since
            await self._api.call("PATCH", await self.path(namespace, wanted), body=body)

    async def remove(self, item: Unchangeable) -> None:
        """See ``ports.Releases``."""
        await self._remove(item.path, item.uid)

    async def _end(self, path: str) -> None:
        """Remove the object of this path, if there is one, with everything that it owns."""
        with suppress(NotFoundError):
            there = msgspec.json.decode(await self._api.call("GET", path), type=HasMetadata)
            await self._remove(path, there.metadata.uid)

    async def _remove(self, path: str, uid: str) -> None:
        """Remove an object; return once it is gone.

        Foreground deletion removes what the object owns first, so that helm meets none of it again.
        """
        body = {"preconditions": {"uid": uid}, "propagationPolicy": "Foreground"}
        # 404: it is gone. 409: its uid differs, so another object has its name by now.
        with suppress(NotFoundError, AlreadyExistsError):
            await self._api.call("DELETE", path, body=body)
            while True:
                there = msgspec.json.decode(await self._api.call("GET", path), type=HasMetadata)
                if there.metadata.uid != uid:
                    return
                await asyncio.sleep(_GONE_POLL_SECONDS)

    async def _path(self, namespace: str, header: _Header) -> str:
        """Return an object's API path. Raises NotFoundError when the cluster has no such kind."""
        # The core group is under "/api", all named groups are under "/apis".
        group = f"/{'apis' if '/' in header.api_version else 'api'}/{header.api_version}"
        if group not in self._resources:
            offered = msgspec.json.decode(await self._api.call("GET", group), type=_Resources)
            self._resources[group] = {
                # Names such as "pods/log" are parts of an object, with a kind of their own.
                item.kind: item
                for item in offered.resources
                if "/" not in item.name
            }
        resource = self._resources[group].get(header.kind)
        if resource is None:
            raise NotFoundError(f"The cluster has no {header.kind} in {header.api_version}.")
        where = f"/namespaces/{header.metadata.namespace or namespace}"
        place = where if resource.namespaced else ""
        return f"{group}{place}/{resource.name}/{header.metadata.name}"


def _objects(secret: bytes) -> tuple[str, ...]:
    kept = msgspec.json.decode(secret, type=_ReleaseSecret).data.release
    content = gzip.decompress(base64.b64decode(kept))
    manifest = msgspec.json.decode(content, type=_Manifest).manifest
    parts = _BETWEEN_OBJECTS.split(manifest)
    return tuple(part for part in parts if _HAS_KIND.search(part))


def _decoded(content: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(content)
    return decoded
