"""Sends requests to one API server.

The library kubernetes-asyncio is used for configuration, credentials and transport (see ``client``
and ``connection``). Its own Watch and models are not used: the Watch neither checks the HTTP status
nor notices a dead connection, and the models cost 160 times as much as reading only what is needed.

Where the API server is and who we are is resolved once, for helm too (see ``kubeconfig``). Each
connection is first asked which cluster it leads to, and nothing else is sent to one that is not
recognised (see ``cluster_memory``).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import msgspec
import structlog

from provisioner.domain.errors import (
    ClusterRejectedError,
    ClusterUnreachableError,
    ConfigurationError,
    DatabaseUnavailableError,
    NotFoundError,
    OtherClusterError,
)
from provisioner.kubernetes.api_errors import UNAUTHORIZED, error_of
from provisioner.kubernetes.clock import ClusterClock
from provisioner.kubernetes.configuration import (
    BEARER,
    SERVICE_ACCOUNT,
    ConfigurationSource,
    KubeconfigSource,
    ServiceAccountSource,
    is_in_cluster,
)
from provisioner.kubernetes.connection import Connection
from provisioner.kubernetes.wire import HasMetadata

_log = structlog.get_logger(__name__)

_metadata = msgspec.json.Decoder(HasMetadata)

_Send = Callable[[], Awaitable[aiohttp.ClientResponse]]

Recognise = Callable[[str], Awaitable[None]]
"""Is given a cluster's uid. Raises OtherClusterError when it is not the right one."""

_WHICH = "/api/v1/namespaces/kube-system"
"""Its uid stands for the cluster: it is made with it, and cannot be deleted."""


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """How patient the client is, in seconds, and how many objects a page of a list has.

    ``silence_seconds`` is how long a watch may say nothing: the API server sends a bookmark about
    once a minute. ``token_seconds`` is the age at which the pod's token is read anew.
    ``reading_seconds`` is how long the start, and then each request, waits for the first reading of
    the configuration, and ``answer_seconds`` how long a reading may take.
    """

    answer_seconds: float = 30.0
    connect_seconds: float = 10.0
    silence_seconds: float = 90.0
    token_seconds: float = 60.0
    reading_seconds: float = 5.0
    chunk_size: int = 500


class KubeApi:
    """Sends requests to one API server, with the credentials of now."""

    def __init__(
        self,
        connection: Connection,
        *,
        is_pod: bool,
        recognise: Recognise | None,
        settings: ApiSettings,
    ) -> None:
        self.settings = settings
        self.clock = ClusterClock()
        self.is_pod = is_pod
        """Whether it is the pod's own service account that is used, which helm finds by itself."""
        self._connection = connection
        self._recognise = recognise
        self._recognising = asyncio.Lock()

    @classmethod
    async def connect(
        cls,
        kubeconfig: Path | None,
        context: str | None,
        *,
        settings: ApiSettings = ApiSettings(),
        service_account: Path = SERVICE_ACCOUNT,
        shared: Path | None = None,
        recognise: Recognise | None = None,
    ) -> "KubeApi":
        """Read the configuration; nothing is sent yet. Raises ConfigurationError.

        Without a kubeconfig the pod's service account is used, else the user's default kubeconfig.
        ``shared`` is where helm will find the same as a kubeconfig, once ``recognise`` has been
        asked about the cluster and has not refused it.
        A reading that hangs is not waited for: it goes on, and each request says so meanwhile.
        """
        is_pod = kubeconfig is None and is_in_cluster(service_account)
        source: ConfigurationSource = (
            ServiceAccountSource(service_account, settings.token_seconds)
            if is_pod
            else KubeconfigSource(kubeconfig, context, shared)
        )
        name = f"kubeconfig {kubeconfig or '(default)'}"
        if is_pod:
            name = f"service account in {service_account}"
        connection = Connection(
            source,
            name=name,
            reading_seconds=settings.reading_seconds,
            answer_seconds=settings.answer_seconds,
        )
        try:
            await connection.read_first()
        except ClusterUnreachableError as error:
            _log.warning("cluster_credentials_awaited", reason=str(error))
        except BaseException:
            await connection.close()
            raise
        return cls(connection, is_pod=is_pod, recognise=recognise, settings=settings)

    async def close(self) -> None:
        await self._connection.close()

    async def recognise(self) -> None:
        """Ask once more which cluster this is: another may have taken its address.

        Raises OtherClusterError, and as ``ports.Cluster`` says.
        """
        self._connection.doubt()
        await self._ensure_recognised()

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: list[tuple[str, str]] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        answer_seconds: float | None = None,
    ) -> bytes:
        """Send a request and return the answer's body. Raises as ``ports.Cluster`` says."""
        patience = aiohttp.ClientTimeout(total=answer_seconds or self.settings.answer_seconds)
        async with self.response(
            method, path, query=query, body=body, headers=headers, patience=patience
        ) as response:
            content: bytes = await response.read()
            return content

    @asynccontextmanager
    async def response(
        self,
        method: str,
        path: str,
        *,
        patience: aiohttp.ClientTimeout,
        query: list[tuple[str, str]] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request; give the response once its status is good, and always release it."""
        send = self._sending(method, path, patience, query=query, body=body, headers=headers)
        await self._ensure_recognised()
        async with self._answer(send, f"{method} {path}") as response:
            yield response

    def _sending(
        self,
        method: str,
        path: str,
        patience: aiohttp.ClientTimeout,
        *,
        query: list[tuple[str, str]] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> _Send:
        """Return what sends the request with the client, and so the credentials, of then."""
        sent = {"Accept": "application/json, */*"}
        if method == "PATCH":
            sent["Content-Type"] = "application/merge-patch+json"
        sent |= headers or {}

        async def send() -> aiohttp.ClientResponse:
            response: aiohttp.ClientResponse = await self._connection.client.call_api(
                path,
                method,
                query_params=query or [],
                header_params=dict(sent),
                body=body,
                auth_settings=[BEARER],
                _preload_content=False,
                _request_timeout=patience,
            )
            self.clock.learn(response.headers.get("Date"))
            return response

        return send

    @asynccontextmanager
    async def _answer(
        self, send: _Send, what: str, *, is_recognised: bool = True
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            response = await self._authorised(send, is_recognised=is_recognised)
            try:
                if response.status >= 400:  # noqa: PLR2004
                    raise error_of(response, await response.read(), what)
                yield response
            finally:
                response.close() if response.content.at_eof() is False else response.release()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            detail = str(error) or type(error).__name__
            raise ClusterUnreachableError(f"The cluster did not answer: {detail}") from error

    async def _authorised(self, send: _Send, *, is_recognised: bool) -> aiohttp.ClientResponse:
        """Send, once more with new credentials if the first were refused and there are others."""
        if self._connection.is_due:
            await self._connection.renew(self._connection.access)
            if is_recognised:
                await self._ensure_recognised()  # what was read may lead elsewhere
        used = self._connection.access
        response = await send()
        if response.status == UNAUTHORIZED and await self._connection.renew(used):
            response.close()
            if is_recognised:
                await self._ensure_recognised()  # here as well
            response = await send()
        return response

    async def _ensure_recognised(self) -> None:
        connection = self._connection
        try:
            await connection.read_first()
        except ConfigurationError as error:  # too late to refuse to start: it may be mended
            raise ClusterUnreachableError(str(error)) from error
        if self._recognise is None:
            connection.accept()
            return
        if connection.is_accepted:
            return
        async with self._recognising:
            while not connection.is_accepted:
                asked, uid = connection.client, await self._uid()
                if connection.client is asked:  # else it was renewed: who has answered?
                    await self._accept_if_right(self._recognise, uid)

    async def _accept_if_right(self, recognise: Recognise, uid: str) -> None:
        try:
            await recognise(uid)
        except OtherClusterError:
            if not await self._connection.renew(self._connection.access):  # mended since?
                raise
        except DatabaseUnavailableError as error:
            message = "The database does not tell which cluster the stores live in."
            raise ClusterUnreachableError(message) from error
        else:
            self._connection.accept()

    async def _uid(self) -> str:
        """Ask the cluster for the uid that stands for it."""
        send = self._sending(
            "GET", _WHICH, aiohttp.ClientTimeout(total=self.settings.answer_seconds)
        )
        try:
            async with self._answer(send, f"GET {_WHICH}", is_recognised=False) as response:
                return _metadata.decode(await response.read()).metadata.uid
        except ClusterRejectedError as error:
            message = f"The cluster does not tell which one it is. {error}"
            raise ClusterUnreachableError(message) from error
        except (NotFoundError, msgspec.MsgspecError) as error:
            raise ClusterUnreachableError(
                f"The cluster does not tell which one it is: {error}. See that the platform's"
                " kubeconfig leads to an API server."
            ) from error
