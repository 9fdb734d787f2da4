"""The one module that knows kubernetes-asyncio: configuration, authentication and transport.

The library's own Watch and models are not used: the Watch neither checks the HTTP status nor
notices a dead connection, and the models cost 160 times as much as reading only what is needed.
"""

import base64
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from kubernetes_asyncio import client, config
from kubernetes_asyncio.config import ConfigException

from provisioner.errors import (
    ClusterRefusedError,
    ClusterUnreachableError,
    ConfigurationError,
    NotFoundError,
)
from provisioner.models import Reason
from provisioner.watching import ChangedObject, GoneError, Page
from provisioner.wire import HasMetadata, WatchedKind, WireChange, WireList, WireStatus

_TIMEOUT_SECONDS = 30.0
_SILENCE_SECONDS = 90.0  # the API server sends a bookmark about once a minute
_PAGE = 500
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_NOT_FOUND, _CONFLICT, _GONE = 404, 409, 410
_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")

_lists = msgspec.json.Decoder(WireList)
_changes = msgspec.json.Decoder(WireChange)
_statuses = msgspec.json.Decoder(WireStatus)
_metadata = msgspec.json.Decoder(HasMetadata)


class _Secret(msgspec.Struct):
    data: dict[str, str] = {}


class KubeCluster:
    """A Kubernetes API server. Implements ``ports.Cluster`` and ``watching.WatchSource``."""

    def __init__(self, api: client.ApiClient) -> None:
        self._api = api

    @classmethod
    async def connect(cls, kubeconfig: Path | None, context: str | None) -> "KubeCluster":
        """Read the configuration; nothing is sent yet. Raises ConfigurationError.

        Without a kubeconfig the pod's service account is used, else the user's default kubeconfig.
        """
        settings = client.Configuration()
        try:
            if kubeconfig is None and is_in_cluster():
                config.load_incluster_config(  # type: ignore[no-untyped-call]
                    client_configuration=settings
                )
            else:
                await config.load_kube_config(
                    config_file=str(kubeconfig) if kubeconfig else None,
                    context=context,
                    client_configuration=settings,
                )
        except (ConfigException, OSError) as error:
            raise ConfigurationError(
                f"The kubeconfig {kubeconfig or '(default)'} cannot be used: {error}. Set"
                " STORE_PLATFORM_KUBECONFIG to a file that `kubectl` can use."
            ) from error
        return cls(client.ApiClient(settings))

    async def close(self) -> None:
        await self._api.close()

    # ports.Cluster ------------------------------------------------------------------------------

    async def ensure_namespace(self, name: str, labels: Mapping[str, str]) -> bool:
        """See ``ports.Cluster``. Labels that are missing or differ are set."""
        metadata = {"name": name, "labels": dict(labels)}
        try:
            await self._call("POST", "/api/v1/namespaces", body={"metadata": metadata})
        except _ExistsError:
            await self._call(
                "PATCH", f"/api/v1/namespaces/{name}", body={"metadata": {"labels": dict(labels)}}
            )
            return False
        return True

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
            await self._call("POST", path, body=body)
        except _ExistsError:
            return await self._secret(f"{path}/{name}")
        return values

    async def read_secret(self, namespace: str, name: str) -> Mapping[str, str]:
        """See ``ports.Cluster``."""
        return await self._secret(f"/api/v1/namespaces/{namespace}/secrets/{name}")

    async def delete_namespace(self, name: str) -> bool:
        """See ``ports.Cluster``."""
        try:
            await self._call("DELETE", f"/api/v1/namespaces/{name}")
        except NotFoundError:
            return False
        except _ExistsError:  # 409: it is being deleted already
            return True
        return True

    async def delete_pod(self, namespace: str, name: str, uid: str) -> None:
        """See ``ports.Cluster``."""
        await self._delete(f"/api/v1/namespaces/{namespace}/pods/{name}", uid)

    async def delete_job(self, namespace: str, name: str, uid: str) -> None:
        """See ``ports.Cluster``."""
        await self._delete(f"/apis/batch/v1/namespaces/{namespace}/jobs/{name}", uid)

    async def namespace_exists(self, name: str) -> bool:
        """See ``ports.Cluster``."""
        try:
            await self._call("GET", f"/api/v1/namespaces/{name}")
        except NotFoundError:
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
            body = await self._call(
                "GET", f"/api/v1/namespaces/{namespace}/pods/{pod}/log", query=query
            )
        except (NotFoundError, ClusterRefusedError, ClusterUnreachableError):
            return ""
        return body.decode(errors="replace")

    # watching.WatchSource -----------------------------------------------------------------------

    async def list_page(self, kind: WatchedKind, continue_token: str) -> Page:
        """See ``watching.WatchSource``."""
        query = [*kind.selector.items(), ("limit", str(_PAGE))]
        if continue_token:
            query.append(("continue", continue_token))
        page = _lists.decode(await self._call("GET", kind.path, query=query))
        return Page(
            objects=[kind.decode(item) for item in page.items],
            resource_version=page.metadata.resource_version,
            continue_token=page.metadata.continue_,
        )

    async def watch(
        self, kind: WatchedKind, resource_version: str, timeout_seconds: int
    ) -> AsyncIterator[ChangedObject]:
        """See ``watching.WatchSource``."""
        query = [
            *kind.selector.items(),
            ("watch", "1"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", resource_version),
            ("timeoutSeconds", str(timeout_seconds)),
        ]
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=_SILENCE_SECONDS)
        async with self._response("GET", kind.path, query=query, limits=timeout) as response:
            yield ChangedObject("OPENED", "", None)
            async for line in _lines(response.content):
                yield _changed(kind, line)

    # Transport ----------------------------------------------------------------------------------

    async def _delete(self, path: str, uid: str) -> None:
        body = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        # 404 or 409: it is gone, perhaps with another of its name in its place.
        with suppress(NotFoundError, _ExistsError):
            await self._call("DELETE", path, body=body)

    async def _secret(self, path: str) -> Mapping[str, str]:
        found = msgspec.json.decode(await self._call("GET", path), type=_Secret)
        return {key: base64.b64decode(value).decode() for key, value in found.data.items()}

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: list[tuple[str, str]] | None = None,
        body: object = None,
    ) -> bytes:
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
        async with self._response(method, path, query=query, body=body, limits=timeout) as response:
            content: bytes = await response.read()
            return content

    @asynccontextmanager
    async def _response(
        self,
        method: str,
        path: str,
        *,
        limits: aiohttp.ClientTimeout,
        query: list[tuple[str, str]] | None = None,
        body: object = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request; give the response once its status is good, and always release it."""
        headers = {"Accept": "application/json, */*"}
        if method == "PATCH":
            headers["Content-Type"] = "application/merge-patch+json"
        try:
            response: aiohttp.ClientResponse = await self._api.call_api(
                path,
                method,
                query_params=query or [],
                header_params=headers,
                body=body,
                auth_settings=["BearerToken"],
                _preload_content=False,
                _request_timeout=limits,
            )
            try:
                if response.status >= 400:  # noqa: PLR2004
                    raise _refusal(response, await response.read(), f"{method} {path}")
                yield response
            finally:
                response.close() if response.content.at_eof() is False else response.release()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            detail = str(error) or type(error).__name__
            raise ClusterUnreachableError(f"The cluster did not answer: {detail}") from error


def is_in_cluster() -> bool:
    """Whether this process runs in a pod that has a service account."""
    return _SERVICE_ACCOUNT.exists()


class _ExistsError(Exception):
    """409: there is one already, or it changed meanwhile."""


def _refusal(response: aiohttp.ClientResponse, content: bytes, what: str) -> Exception:
    """Return the error that an HTTP status and its body stand for."""
    try:
        status = _statuses.decode(content)
    except msgspec.MsgspecError:  # a proxy's page, say
        status = WireStatus(message=content[:200].decode(errors="replace"))
    message = status.message or response.reason or "no reason given"
    if response.status == _NOT_FOUND:
        return NotFoundError(message)
    if response.status == _CONFLICT:
        return _ExistsError(message)
    if response.status == _GONE:
        return GoneError(message)
    if response.status in _TRANSIENT:
        error = ClusterUnreachableError(f"The cluster answered {response.status}: {message}")
        error.retry_after_seconds = _seconds(response.headers.get("Retry-After"))
        return error
    return ClusterRefusedError(
        Reason("CLUSTER_REFUSED", f"The cluster refused {what} ({response.status}): {message}")
    )


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isdigit() else None


async def _lines(stream: Any) -> AsyncIterator[bytes]:
    """Split a stream at line ends. A last line without its end is a lost connection, not a line."""
    rest = b""
    async for block in stream.iter_any():
        *lines, rest = (rest + block).split(b"\n") if rest else block.split(b"\n")
        for line in lines:
            if line:
                yield line
    if rest:
        raise ClusterUnreachableError("The connection was cut inside a line.")


def _changed(kind: WatchedKind, line: bytes) -> ChangedObject:
    try:
        change = _changes.decode(line)
        if change.type == "ERROR":
            status = _statuses.decode(change.object)
            if status.code == _GONE:
                raise GoneError(status.message)
            raise ClusterUnreachableError(f"The watch was ended: {status.message}")
        version = _metadata.decode(change.object).metadata.resource_version
        if change.type == "BOOKMARK":
            return ChangedObject("BOOKMARK", version, None)
        return ChangedObject(change.type, version, kind.decode(change.object))
    except msgspec.MsgspecError as error:
        raise ClusterUnreachableError(f"The watch sent what is no event: {error}") from error
