"""Does in Kubernetes what the domain asks for, and opens the watches of the reflectors.

The domain asks for namespaces, Secrets, role bindings, deletions and logs.
"""

import base64
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from provisioner.domain.cluster import NamespaceMarks, Volume
from provisioner.domain.cluster_rejections import no_text
from provisioner.domain.errors import ClusterRejectedError, ClusterUnreachableError, NotFoundError
from provisioner.kubernetes import volumes
from provisioner.kubernetes.api import ApiSettings, KubeApi
from provisioner.kubernetes.api_errors import AlreadyExistsError
from provisioner.kubernetes.projections import namespace_marks
from provisioner.kubernetes.reflector import GoneError, ListChunk, SilenceError, WatchEvent
from provisioner.kubernetes.role_bindings import bind_role
from provisioner.kubernetes.secret_changes import change_secret
from provisioner.kubernetes.services import address_of
from provisioner.kubernetes.watched_kinds import NAMESPACES, WatchedKind
from provisioner.kubernetes.wire import (
    HasMetadata,
    MarkedNamespace,
    NamespaceList,
    WireList,
    WireStatus,
    WireWatchEvent,
)

_GONE = 410
_OBJECT_EVENTS = frozenset({"ADDED", "MODIFIED", "DELETED"})


class _Secret(msgspec.Struct):
    data: dict[str, str] = {}


_lists = msgspec.json.Decoder(WireList)
_watch_events = msgspec.json.Decoder(WireWatchEvent)
_statuses = msgspec.json.Decoder(WireStatus)
_metadata = msgspec.json.Decoder(HasMetadata)
_namespaces = msgspec.json.Decoder(MarkedNamespace)
_namespace_lists = msgspec.json.Decoder(NamespaceList)
_secrets = msgspec.json.Decoder(_Secret)


def _marks(labels: Mapping[str, str], annotations: Mapping[str, str] | None) -> dict[str, Any]:
    return {"labels": dict(labels), "annotations": dict(annotations or {})}


def _secret_body(
    name: str, labels: Mapping[str, str], values: Mapping[str, str], *, kind: str = "Opaque"
) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": dict(labels)},
        "type": kind,
        "stringData": dict(values),
    }


class KubeCluster:
    """A Kubernetes API server. Implements ``ports.Cluster`` and ``reflector.WatchSource``."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api

    @classmethod
    async def connect(
        cls,
        kubeconfig: Path | None,
        context: str | None,
        *,
        settings: ApiSettings = ApiSettings(),  # noqa: B008 - frozen
    ) -> "KubeCluster":
        """Read the configuration (see ``KubeApi.connect``). Raises ConfigurationError."""
        return cls(await KubeApi.connect(kubeconfig, context, settings=settings))

    async def close(self) -> None:
        await self._api.close()

    # ports.Cluster ------------------------------------------------------------------------------

    async def ensure_namespace(
        self, name: str, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None
    ) -> bool:
        """See ``ports.Cluster``."""
        metadata = {"name": name, **_marks(labels, annotations)}
        try:
            await self._api.call("POST", "/api/v1/namespaces", body={"metadata": metadata})
        except AlreadyExistsError:
            await self.mark_namespace(name, labels, annotations)
            return False
        return True

    def now(self) -> datetime:
        """See ``ports.Cluster``."""
        return self._api.clock.now()

    async def namespace_marks(self, name: str) -> NamespaceMarks | None:
        """See ``ports.Cluster``."""
        try:
            content = await self._api.call("GET", f"/api/v1/namespaces/{name}")
        except NotFoundError:
            return None
        return namespace_marks(_namespaces.decode(content))

    async def store_namespaces(self) -> Sequence[NamespaceMarks]:
        """See ``ports.Cluster``."""
        found: list[NamespaceMarks] = []
        query = [*NAMESPACES.selector.items(), ("limit", str(self._api.settings.chunk_size))]
        more: list[tuple[str, str]] = []
        while True:
            content = await self._api.call("GET", NAMESPACES.path, query=query + more)
            try:
                chunk = _namespace_lists.decode(content)
            except msgspec.MsgspecError as error:
                raise _no_list(error) from error
            found += map(namespace_marks, chunk.items or ())
            if not chunk.metadata.continue_:
                return found
            more = [("continue", chunk.metadata.continue_)]

    async def mark_namespace(
        self, name: str, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None
    ) -> bool:
        """See ``ports.Cluster``."""
        body = {"metadata": _marks(labels, annotations)}
        try:
            await self._api.call("PATCH", f"/api/v1/namespaces/{name}", body=body)
        except NotFoundError:
            return False
        return True

    async def ensure_role_binding(self, namespace: str, role: str) -> bool:
        """See ``ports.Cluster``."""
        return await bind_role(self._api, namespace, role)

    async def ensure_secret(
        self,
        namespace: str,
        name: str,
        labels: Mapping[str, str],
        generate: Callable[[], Mapping[str, str]],
    ) -> Mapping[str, str]:
        """See ``ports.Cluster``.

        A Secret that exists is never overwritten: a database on a volume may use its passwords.
        """
        path = f"/api/v1/namespaces/{namespace}/secrets"
        try:
            return await self._secret(f"{path}/{name}")
        except NotFoundError:
            pass
        values = generate()
        try:
            await self._api.call("POST", path, body=_secret_body(name, labels, values))
        except AlreadyExistsError:  # somebody was faster: their values are the ones in use
            return await self._secret(f"{path}/{name}")
        return values

    async def replace_secret(
        self,
        namespace: str,
        name: str,
        labels: Mapping[str, str],
        values: Mapping[str, str],
        *,
        kind: str = "Opaque",
    ) -> None:
        """See ``ports.Cluster``."""
        path = f"/api/v1/namespaces/{namespace}/secrets"
        body = _secret_body(name, labels, values, kind=kind)
        try:
            await self._api.call("POST", path, body=body)
        except AlreadyExistsError:
            await self._api.call("PUT", f"{path}/{name}", body=body)

    async def read_secret(self, namespace: str, name: str) -> Mapping[str, str]:
        """See ``ports.Cluster``."""
        return await self._secret(f"/api/v1/namespaces/{namespace}/secrets/{name}")

    async def set_in_secret(self, namespace: str, name: str, key: str, value: str) -> None:
        """See ``ports.Cluster``."""
        path = f"/api/v1/namespaces/{namespace}/secrets/{name}"
        await self._api.call("PATCH", path, body={"stringData": {key: value}})

    async def change_secret(
        self, namespace: str, name: str, values: Mapping[str, str | None]
    ) -> None:
        """See ``ports.Cluster``."""
        await change_secret(self._api, namespace, name, values)

    async def delete_namespace(self, name: str) -> bool:
        """See ``ports.Cluster``."""
        try:
            await self._api.call("DELETE", f"/api/v1/namespaces/{name}")
        except NotFoundError:
            # As in ``namespace_exists``: it may exist in another cluster.
            await self._api.recognise()
            return False
        except AlreadyExistsError:  # 409: it is being deleted already
            return True
        return True

    async def delete_pod(self, namespace: str, name: str, uid: str) -> None:
        """See ``ports.Cluster``."""
        await self._delete(f"/api/v1/namespaces/{namespace}/pods/{name}", uid)

    async def delete_job(self, namespace: str, name: str, uid: str) -> None:
        """See ``ports.Cluster``."""
        await self._delete(f"/apis/batch/v1/namespaces/{namespace}/jobs/{name}", uid)

    async def delete_claim(self, namespace: str, name: str, uid: str) -> None:
        """See ``ports.Cluster``."""
        await self._delete(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}", uid)

    async def volumes(self, namespace: str) -> Sequence[Volume]:
        """See ``ports.Cluster``."""
        return await volumes.volumes_in(self._api, namespace)

    async def grow_volume(
        self, namespace: str, name: str, size: str, *, is_trial: bool = False
    ) -> None:
        """See ``ports.Cluster``."""
        await volumes.grow(self._api, namespace, name, size, is_trial=is_trial)

    async def release_pods(self, namespace: str, stateful_set: str) -> None:
        """See ``ports.Cluster``."""
        await volumes.release_pods(self._api, namespace, stateful_set)

    async def namespace_exists(self, name: str) -> bool:
        """See ``ports.Cluster``."""
        try:
            await self._api.call("GET", f"/api/v1/namespaces/{name}")
        except NotFoundError:
            # If this address now leads to another cluster, the namespace still exists in the right
            # one. Without this check, its store would be called deleted, or lost.
            await self._api.recognise()
            return False
        return True

    async def service_address(self, namespace: str, name: str, port: int) -> str | None:
        """See ``ports.Cluster``."""
        return await address_of(self._api, namespace, name, port)

    async def log_tail(
        self, namespace: str, pod: str, container: str, *, lines: int, previous: bool
    ) -> str:
        """See ``ports.Cluster``. Return "" also when the log cannot be read.

        The log only adds detail to a failure, which is told with or without it.
        """
        # Lines may be of any length, so the bytes are limited too.
        query = [("container", container), ("tailLines", str(lines)), ("limitBytes", "16384")]
        if previous:
            query.append(("previous", "true"))
        try:
            body = await self._api.call(
                "GET", f"/api/v1/namespaces/{namespace}/pods/{pod}/log", query=query
            )
        except (NotFoundError, ClusterRejectedError, ClusterUnreachableError):
            return ""
        return body.decode(errors="replace")

    # reflector.WatchSource ----------------------------------------------------------------------

    async def list_chunk(self, kind: WatchedKind, continue_token: str) -> ListChunk:
        """See ``reflector.WatchSource``."""
        query = [*kind.selector.items(), ("limit", str(self._api.settings.chunk_size))]
        if continue_token:
            query.append(("continue", continue_token))
        else:
            # Objects that are not in this list are taken for deleted. So it must be certain that
            # the list is of the right cluster.
            await self._api.recognise()
        content = await self._api.call("GET", kind.path, query=query)
        try:
            chunk = _lists.decode(content)
            objects = [kind.decode(item) for item in chunk.items or ()]
        except msgspec.MsgspecError as error:
            raise _no_list(error) from error
        if not chunk.metadata.resource_version:
            # If such an answer were taken for an empty list, every store would seem to have lost
            # its namespace.
            raise ClusterUnreachableError("The cluster sent a list without a resource version.")
        return ListChunk(objects, chunk.metadata.resource_version, chunk.metadata.continue_)

    async def watch(
        self, kind: WatchedKind, resource_version: str, timeout_seconds: int
    ) -> AsyncGenerator[WatchEvent, None]:
        """See ``reflector.WatchSource``."""
        query = [
            *kind.selector.items(),
            ("watch", "1"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", resource_version),
            ("timeoutSeconds", str(timeout_seconds)),
        ]
        settings = self._api.settings
        patience = aiohttp.ClientTimeout(
            # A watch stays open for minutes; only its silence says that something is wrong.
            total=None,
            sock_connect=settings.connect_seconds,
            sock_read=settings.silence_seconds,
        )
        async with self._api.response("GET", kind.path, query=query, patience=patience) as response:
            yield WatchEvent("OPENED", "", None)
            async for line in _lines(response.content):
                yield _watch_event(kind, line)

    async def _delete(self, path: str, uid: str) -> None:
        body = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        # 404: the object is gone. 409: its uid differs, so another one has taken its name.
        with suppress(NotFoundError, AlreadyExistsError):
            await self._api.call("DELETE", path, body=body)

    async def _secret(self, path: str) -> Mapping[str, str]:
        content = await self._api.call("GET", path)
        try:
            found = _secrets.decode(content)
            return {key: base64.b64decode(value).decode() for key, value in found.data.items()}
        except (msgspec.MsgspecError, ValueError):
            # ``from None``: the text of the original error could hold a part of the secret value.
            raise no_text(path) from None


def _no_list(error: msgspec.MsgspecError) -> ClusterUnreachableError:
    return ClusterUnreachableError(f"The cluster sent something that is not a list: {error}")


async def _lines(stream: Any) -> AsyncIterator[bytes]:
    """Yield the lines of a stream.

    Raises SilenceError when nothing comes for too long. That may be a half-open connection, or a
    server that lost its history and will never reach the version that was asked for. Raises
    ClusterUnreachableError when the last line has no end: the connection was cut.
    """
    rest = b""
    blocks = aiter(stream.iter_any())
    while True:
        try:
            block = await anext(blocks, b"")
        except TimeoutError as error:
            raise SilenceError("The watch was silent for too long; no bookmark came.") from error
        if not block:
            break
        *lines, rest = (rest + block).split(b"\n") if rest else block.split(b"\n")
        for line in lines:
            if line:  # an empty line means nothing
                yield line
    if rest:
        raise ClusterUnreachableError("The connection was cut inside a line.")


def _watch_event(kind: WatchedKind, line: bytes) -> WatchEvent:
    try:
        event = _watch_events.decode(line)
        if event.type == "ERROR":
            status = _statuses.decode(event.object)
            # While a watch is open, a 410 comes as an event in a response whose status is 200.
            if status.code == _GONE:
                raise GoneError(status.message)
            raise ClusterUnreachableError(f"The watch was ended: {status.message}")
        version = _metadata.decode(event.object).metadata.resource_version
        if event.type == "BOOKMARK":
            return WatchEvent("BOOKMARK", version, None)
        if event.type not in _OBJECT_EVENTS:
            raise ClusterUnreachableError(f"The watch sent an unknown kind of event: {event.type}")
        return WatchEvent(event.type, version, kind.decode(event.object))
    except msgspec.MsgspecError as error:
        raise ClusterUnreachableError(
            f"The watch sent something that is not an event: {error}"
        ) from error
