"""Sends requests to one API server.

The library kubernetes-asyncio is used for configuration, credentials and transport (see ``client``
and ``connection``). Its Watch and its models are not used. The Watch neither checks the HTTP status
nor notices a dead connection, and the models take 160 times as long as decoding only the fields
that are needed.

The API server's address and our credentials are resolved in one place, for helm too (see
``kubeconfig``). Each new connection is first asked which cluster it leads to. Nothing else is sent
to a cluster that is not recognised (see ``cluster_memory``).
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
"""Called with a cluster's uid. Raises OtherClusterError when it is not the right cluster, and
DatabaseUnavailableError when the database cannot tell."""

_WHICH = "/api/v1/namespaces/kube-system"
"""The uid of this namespace identifies the cluster: it is created with the cluster, and cannot be
deleted."""


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """How long the client waits, in seconds, and how many objects a chunk of a list holds.

    ``answer_seconds``: for the answer to a request, and for one reading of the configuration.
    ``connect_seconds``: for the connection of a watch.
    ``silence_seconds``: how long a watch may be silent. The API server sends a bookmark about once
    a minute.
    ``token_seconds``: the age at which a pod's token is read again.
    ``reading_seconds``: how long the start of the service, and then each request, waits for the
    first reading of the configuration.
    """

    answer_seconds: float = 30.0
    connect_seconds: float = 10.0
    silence_seconds: float = 90.0
    token_seconds: float = 60.0
    reading_seconds: float = 5.0
    chunk_size: int = 500


class KubeApi:
    """Sends requests to one API server, always with the current credentials."""

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
        """Whether the pod's service account is used, which helm finds by itself."""
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
        """Read the configuration; send nothing yet. Raises ConfigurationError.

        Without ``kubeconfig`` the pod's service account is used, or outside a pod the user's
        default kubeconfig. ``shared`` is the kubeconfig that is written for helm, once
        ``recognise`` has accepted the cluster.

        A reading that hangs does not hold up the start. It goes on, and until it ends each request
        raises ClusterUnreachableError.
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
            await connection.close()  # a cancelled start must not leave a plug-in behind
            raise
        return cls(connection, is_pod=is_pod, recognise=recognise, settings=settings)

    async def close(self) -> None:
        await self._connection.close()

    async def recognise(self) -> None:
        """Ask again which cluster this is, because another may have got the same address.

        Raises OtherClusterError, and the errors of ``ports.Cluster``.
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
        """Send a request and return the answer's body. Raises the errors of ``ports.Cluster``.

        ``answer_seconds`` replaces the time limit of the settings.
        """
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
        """Send a request; give the response if its status is good, and always release it.

        The body may be read while the context is open. Raises the errors of ``ports.Cluster``.
        """
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
        """Return a function that sends the request with the client that is current at the call.

        So the same request can be sent again after the credentials were renewed.
        """
        sent = {"Accept": "application/json, */*"}
        if method == "PATCH":
            sent["Content-Type"] = "application/merge-patch+json"
        sent |= headers or {}

        async def send() -> aiohttp.ClientResponse:
            response: aiohttp.ClientResponse = await self._connection.client.call_api(
                path,
                method,
                query_params=query or [],
                header_params=dict(sent),  # the library adds its own headers to the dict
                body=body,
                auth_settings=[BEARER],
                _preload_content=False,  # else the library reads a watch to its end first
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
                # A connection can be used again only if its answer was read to the end. That of a
                # watch that is left early cannot, and is closed.
                response.close() if response.content.at_eof() is False else response.release()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            detail = str(error) or type(error).__name__
            raise ClusterUnreachableError(f"The cluster did not answer: {detail}") from error

    async def _authorised(self, send: _Send, *, is_recognised: bool) -> aiohttp.ClientResponse:
        """Send a request, and once more if it gets a 401 and new credentials are found."""
        if self._connection.is_due:
            await self._connection.renew(self._connection.access)
            if is_recognised:
                await self._ensure_recognised()  # the new configuration may lead elsewhere
        # Taken before sending: if another request renews the credentials meanwhile, ``renew`` sees
        # that these are old.
        used = self._connection.access
        response = await send()
        if response.status == UNAUTHORIZED and await self._connection.renew(used):
            response.close()
            if is_recognised:
                await self._ensure_recognised()  # for the same reason as above
            response = await send()
        return response

    async def _ensure_recognised(self) -> None:
        connection = self._connection
        try:
            await connection.read_first()
        except ConfigurationError as error:
            # The service has started already, so this must not end it: somebody may correct the
            # file while it runs.
            raise ClusterUnreachableError(str(error)) from error
        if self._recognise is None:
            connection.accept()
            return
        if connection.is_accepted:
            return
        # Requests that wait for the lock find the connection accepted, and do not ask again.
        async with self._recognising:
            while not connection.is_accepted:
                asked, uid = connection.client, await self._uid()
                # If the client was replaced while the answer came, it is not certain which of the
                # two clusters has answered: ask again.
                if connection.client is asked:
                    await self._accept_if_right(self._recognise, uid)

    async def _accept_if_right(self, recognise: Recognise, uid: str) -> None:
        try:
            await recognise(uid)
        except OtherClusterError:
            # Somebody may have corrected the kubeconfig since it was read. If so, the caller's loop
            # asks the new cluster.
            if not await self._connection.renew(self._connection.access):
                raise
        except DatabaseUnavailableError as error:
            message = "The database could not be asked which cluster the stores are in."
            raise ClusterUnreachableError(message) from error
        else:
            self._connection.accept()

    async def _uid(self) -> str:
        """Return the uid that identifies the cluster. Raises ClusterUnreachableError."""
        send = self._sending(
            "GET", _WHICH, aiohttp.ClientTimeout(total=self.settings.answer_seconds)
        )
        try:
            # This very request is part of recognising, and must not wait for it.
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
