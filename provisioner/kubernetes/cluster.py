"""Kubernetes as the domain asks for it: namespaces, Secrets, logs; and where watches come from."""

import base64
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from provisioner.domain.cluster_rejections import no_text
from provisioner.domain.errors import ClusterRejectedError, ClusterUnreachableError, NotFoundError
from provisioner.kubernetes.api import ApiSettings, KubeApi
from provisioner.kubernetes.api_errors import AlreadyExistsError
from provisioner.kubernetes.reflector import GoneError, ListChunk, SilenceError, WatchEvent
from provisioner.kubernetes.role_bindings import bind_role
from provisioner.kubernetes.watched_kinds import WatchedKind
from provisioner.kubernetes.wire import HasMetadata, WireList, WireStatus, WireWatchEvent

_GONE = 410
_OBJECT_EVENTS = frozenset({"ADDED", "MODIFIED", "DELETED"})


class _Secret(msgspec.Struct):
    data: dict[str, str] = {}


_lists = msgspec.json.Decoder(WireList)
_watch_events = msgspec.json.Decoder(WireWatchEvent)
_statuses = msgspec.json.Decoder(WireStatus)
_metadata = msgspec.json.Decoder(HasMetadata)
_secrets = msgspec.json.Decoder(_Secret)


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
        """Read the configuration (see ``KubeApi``). Raises ConfigurationError."""
        return cls(await KubeApi.connect(kubeconfig, context, settings=settings))

    async def close(self) -> None:
        await self._api.close()

    # ports.Cluster ------------------------------------------------------------------------------

    async def ensure_namespace(self, name: str, labels: Mapping[str, str]) -> bool:
        """See ``ports.Cluster``. Labels that are missing or differ are set."""
        metadata = {"name": name, "labels": dict(labels)}
        try:
            await self._api.call("POST", "/api/v1/namespaces", body={"metadata": metadata})
        except AlreadyExistsError:
            await self.label_namespace(name, labels)
            return False
        return True

    def now(self) -> datetime:
        """See ``ports.Cluster``."""
        return self._api.clock.now()

    async def namespace_labels(self, name: str) -> Mapping[str, str] | None:
        """See ``ports.Cluster``."""
        try:
            content = await self._api.call("GET", f"/api/v1/namespaces/{name}")
        except NotFoundError:
            return None
        return _metadata.decode(content).metadata.labels

    async def label_namespace(self, name: str, labels: Mapping[str, str]) -> bool:
        """See ``ports.Cluster``."""
        body = {"metadata": {"labels": dict(labels)}}
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
        """See ``ports.Cluster``. What is there is never overwritten: a volume may depend on it."""
        path = f"/api/v1/namespaces/{namespace}/secrets"
        try:
            return await self._secret(f"{path}/{name}")
        except NotFoundError:
            pass
        values = generate()
        body = {
            "metadata": {"name": name, "labels": dict(labels)},
            "type": "Opaque",
            "stringData": dict(values),
        }
        try:
            await self._api.call("POST", path, body=body)
        except AlreadyExistsError:
            return await self._secret(f"{path}/{name}")
        return values

    async def read_secret(self, namespace: str, name: str) -> Mapping[str, str]:
        """See ``ports.Cluster``."""
        return await self._secret(f"/api/v1/namespaces/{namespace}/secrets/{name}")

    async def delete_namespace(self, name: str) -> bool:
        """See ``ports.Cluster``."""
        try:
            await self._api.call("DELETE", f"/api/v1/namespaces/{name}")
        except NotFoundError:
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

    async def namespace_exists(self, name: str) -> bool:
        """See ``ports.Cluster``."""
        try:
            await self._api.call("GET", f"/api/v1/namespaces/{name}")
        except NotFoundError:
            # What is not here may be in another cluster, and be called deleted or lost.
            await self._api.recognise()
            return False
        return True

    async def log_tail(
        self, namespace: str, pod: str, container: str, *, lines: int, previous: bool
    ) -> str:
        """See ``ports.Cluster``. A log that cannot be had is no reason to fail: returns ""."""
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

    # watching.WatchSource -----------------------------------------------------------------------

    async def list_chunk(self, kind: WatchedKind, continue_token: str) -> ListChunk:
        """See ``reflector.WatchSource``."""
        query = [*kind.selector.items(), ("limit", str(self._api.settings.chunk_size))]
        if continue_token:
            query.append(("continue", continue_token))
        else:
            await self._api.recognise()  # all that it does not list is taken for gone
        content = await self._api.call("GET", kind.path, query=query)
        try:
            chunk = _lists.decode(content)
            objects = [kind.decode(item) for item in chunk.items or ()]
        except msgspec.MsgspecError as error:
            raise ClusterUnreachableError(f"The cluster sent what is no list: {error}") from error
        if not chunk.metadata.resource_version:
            # Taken for an empty list, it would have every store lose its namespace.
            raise ClusterUnreachableError("The cluster sent a list without its version.")
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
            total=None, sock_connect=settings.connect_seconds, sock_read=settings.silence_seconds
        )
        async with self._api.response("GET", kind.path, query=query, patience=patience) as response:
            yield WatchEvent("OPENED", "", None)
            async for line in _lines(response.content):
                yield _watch_event(kind, line)

    async def _delete(self, path: str, uid: str) -> None:
        body = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        # 404 or 409: it is gone, perhaps with another of its name in its place.
        with suppress(NotFoundError, AlreadyExistsError):
            await self._api.call("DELETE", path, body=body)

    async def _secret(self, path: str) -> Mapping[str, str]:
        content = await self._api.call("GET", path)
        try:
            found = _secrets.decode(content)
            return {key: base64.b64decode(value).decode() for key, value in found.data.items()}
        except (msgspec.MsgspecError, ValueError):
            # ``from None``: the error's own text could hold a part of the value.
            raise no_text(path) from None


async def _lines(stream: Any) -> AsyncIterator[bytes]:
    """Split a stream at line ends. A last line without its end is a lost connection, not a line.

    Silence raises SilenceError: a server that lost its history, and so never comes to the version
    that was asked for, is as silent as a connection that is open at one end only.
    """
    rest = b""
    blocks = aiter(stream.iter_any())
    while True:
        try:
            block = await anext(blocks, b"")
        except TimeoutError as error:
            raise SilenceError("Nothing was heard for long, not even a bookmark.") from error
        if not block:
            break
        *lines, rest = (rest + block).split(b"\n") if rest else block.split(b"\n")
        for line in lines:
            if line:
                yield line
    if rest:
        raise ClusterUnreachableError("The connection was cut inside a line.")


def _watch_event(kind: WatchedKind, line: bytes) -> WatchEvent:
    try:
        event = _watch_events.decode(line)
        if event.type == "ERROR":
            status = _statuses.decode(event.object)
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
        raise ClusterUnreachableError(f"The watch sent what is no event: {error}") from error
