"""What uses kubernetes-asyncio (see ``client``): configuration, credentials and transport.

The library's own Watch and models are not used: the Watch neither checks the HTTP status nor
notices a dead connection, and the models cost 160 times as much as reading only what is needed.

Where the API server is and who we are is resolved once, for helm too (see ``kubeconfig``). Each
connection is first asked which cluster it leads to, and nothing else is sent to one that is not
recognised (see ``cluster_memory``).

Credentials change while the service runs: the pod's token about once an hour, what a kubeconfig's
``tokenFile`` or ``exec`` plugin gives when it likes. The library reads the latter two once and not
again (kubernetes_asyncio 36.1, config/kube_config.py). So here the whole configuration is read anew
after each 401, and the request is sent once more if that brought other credentials. The pod's token
is also read anew every minute: the API server counts the use of one that was replaced.

Each reading may hang, the first one too: a plugin waits for somebody, a file is on a server that is
away. Nobody waits for it longer than for an answer of the API server (see ``readings``).
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import msgspec
import structlog

from provisioner.domain.cluster_refusals import refusal
from provisioner.domain.errors import (
    AdmissionWebhookError,
    ClusterRefusedError,
    ClusterUnreachableError,
    ConfigurationError,
    DatabaseUnavailableError,
    NotFoundError,
    OtherClusterError,
)
from provisioner.kubernetes.client import client
from provisioner.kubernetes.clock import ClusterClock
from provisioner.kubernetes.configuration import (
    BEARER,
    SERVICE_ACCOUNT,
    ConfigurationSource,
    KubeconfigSource,
    Loaded,
    ServiceAccountSource,
    is_in_cluster,
)
from provisioner.kubernetes.objects import HasMetadata, WireStatus
from provisioner.kubernetes.readings import Readings
from provisioner.kubernetes.reflector import GoneError

_log = structlog.get_logger(__name__)

_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_UNAUTHORIZED, _NOT_FOUND, _CONFLICT, _GONE = 401, 404, 409, 410
_INTERNAL = 500
_WEBHOOK = re.compile(
    r'failed calling webhook "(?P<name>[^"]+)": (?:failed to call webhook: )?(?P<why>.*)', re.DOTALL
)
"""The API server's own words, of a 500: k8s.io/apiserver pkg/util/webhook/error.go."""
_WORDS = 300

_statuses = msgspec.json.Decoder(WireStatus)

_metadata = msgspec.json.Decoder(HasMetadata)

_Send = Callable[[], Awaitable[aiohttp.ClientResponse]]

Recognise = Callable[[str], Awaitable[None]]
"""Is given a cluster's uid. Raises OtherClusterError when it is not the right one."""

_WHICH = "/api/v1/namespaces/kube-system"
"""Its uid stands for the cluster: it is made with it, and cannot be deleted."""


@dataclass(frozen=True, slots=True)
class ApiLimits:
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
    page: int = 500


class AlreadyExistsError(ClusterUnreachableError):
    """409: there is one already, or it changed meanwhile. Look again."""


@dataclass(frozen=True, slots=True)
class _Access:
    """What a configuration says of where the API server is and who we are, files read."""

    token: str = field(repr=False)
    rest: tuple[object, ...] = field(repr=False)

    @classmethod
    def of(cls, settings: client.Configuration) -> "_Access":
        files = (settings.ssl_ca_cert, settings.cert_file, settings.key_file)
        contents = tuple(Path(file).read_bytes() if file else b"" for file in files)
        where = (settings.host, settings.proxy, settings.tls_server_name, settings.verify_ssl)
        return cls(token=settings.api_key.get(BEARER, ""), rest=(*contents, *where))


class KubeApi:
    """Sends requests to one API server, with the credentials of now."""

    def __init__(
        self,
        source: ConfigurationSource,
        *,
        name: str,
        recognise: Recognise | None,
        limits: ApiLimits,
    ) -> None:
        self.limits = limits
        self.clock = ClusterClock()
        self._source = source
        self._name = name
        self._readings = Readings(self._read, what=name, limit_seconds=limits.answer_seconds)
        self._recognise = recognise
        # Until the first reading there is nothing to send a request with.
        self._is_read = False
        self._loaded = Loaded(client.Configuration())
        self._access = _Access.of(self._loaded.settings)
        self._client = client.ApiClient(self._loaded.settings)
        self._recognised: client.ApiClient | None = None
        self._read_at = time.monotonic()
        self._renewing = asyncio.Lock()
        self._recognising = asyncio.Lock()

    @classmethod
    async def connect(
        cls,
        kubeconfig: Path | None,
        context: str | None,
        *,
        limits: ApiLimits = ApiLimits(),
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
            ServiceAccountSource(service_account, limits.token_seconds)
            if is_pod
            else KubeconfigSource(kubeconfig, context, shared)
        )
        name = f"kubeconfig {kubeconfig or '(default)'}"
        if is_pod:
            name = f"service account in {service_account}"
        api = cls(source, name=name, recognise=recognise, limits=limits)
        try:
            await api._read_first()
        except ClusterUnreachableError as error:
            _log.warning("credentials_awaited", reason=str(error))
        except BaseException:
            await api.close()
            raise
        return api

    @property
    def is_pod(self) -> bool:
        """Whether it is the pod's own service account that is used, which helm finds by itself."""
        return isinstance(self._source, ServiceAccountSource)

    async def close(self) -> None:
        await self._readings.close()
        await self._client.close()

    async def recognise(self) -> None:
        """Ask once more which cluster this is: another may have taken its address.

        Raises OtherClusterError, and as ``ports.Cluster`` says.
        """
        self._recognised = None
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
        patience = aiohttp.ClientTimeout(total=answer_seconds or self.limits.answer_seconds)
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
            response: aiohttp.ClientResponse = await self._client.call_api(
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
                    raise _refusal(response, await response.read(), what)
                yield response
            finally:
                response.close() if response.content.at_eof() is False else response.release()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            detail = str(error) or type(error).__name__
            raise ClusterUnreachableError(f"The cluster did not answer: {detail}") from error

    async def _authorised(self, send: _Send, *, is_recognised: bool) -> aiohttp.ClientResponse:
        """Send, once more with new credentials if the first were refused and there are others."""
        if time.monotonic() > self._read_at + self._source.reread_seconds:
            await self._renew(self._access)
            if is_recognised:
                await self._ensure_recognised()  # what was read may lead elsewhere
        used = self._access
        response = await send()
        if response.status == _UNAUTHORIZED and await self._renew(used):
            response.close()
            if is_recognised:
                await self._ensure_recognised()  # here as well
            response = await send()
        return response

    async def _ensure_recognised(self) -> None:
        try:
            await self._read_first()
        except ConfigurationError as error:  # too late to refuse to start: it may be mended
            raise ClusterUnreachableError(str(error)) from error
        if self._recognise is None:
            self._source.accept(self._loaded)
            return
        if self._recognised is self._client:
            return
        async with self._recognising:
            while self._recognised is not self._client:
                asked, uid = self._client, await self._uid()
                if self._client is asked:  # else it was renewed on the way: who has answered?
                    await self._accept_if_right(self._recognise, uid)

    async def _accept_if_right(self, recognise: Recognise, uid: str) -> None:
        try:
            await recognise(uid)
        except OtherClusterError:
            if not await self._renew(self._access):  # mended since it was read?
                raise
        except DatabaseUnavailableError as error:
            message = "The database does not tell which cluster the stores live in."
            raise ClusterUnreachableError(message) from error
        else:
            self._source.accept(self._loaded)
            self._recognised = self._client

    async def _uid(self) -> str:
        """Ask the cluster for the uid that stands for it."""
        send = self._sending("GET", _WHICH, aiohttp.ClientTimeout(total=self.limits.answer_seconds))
        try:
            async with self._answer(send, f"GET {_WHICH}", is_recognised=False) as response:
                return _metadata.decode(await response.read()).metadata.uid
        except ClusterRefusedError as error:
            message = f"The cluster does not tell which one it is. {error}"
            raise ClusterUnreachableError(message) from error
        except (NotFoundError, msgspec.MsgspecError) as error:
            raise ClusterUnreachableError(
                f"The cluster does not tell which one it is: {error}. See that the platform's"
                " kubeconfig leads to an API server."
            ) from error

    async def _read_first(self) -> None:
        """Make sure that there has been a reading.

        Raises ConfigurationError when what is there cannot be used, ClusterUnreachableError when
        nothing comes.
        """
        if self._is_read:
            return
        try:
            loaded, found = await self._readings.within(self.limits.reading_seconds)
            if not self._is_read:  # else another request has been told of it before
                await self._use(loaded, found)
        except ClusterUnreachableError:
            raise
        except Exception as error:  # the library raises whatever a wrong file makes it trip over
            raise ConfigurationError(
                f"The {self._name} cannot be used: {str(error) or type(error).__name__}. Set"
                " STORE_PLATFORM_KUBECONFIG to a file that `kubectl` can use."
            ) from error

    async def _renew(self, used: _Access) -> bool:
        """Read the credentials anew; return whether there are others than those that were used."""
        async with self._renewing:
            if self._access != used:  # another request has found them meanwhile
                return True
            try:
                loaded, found = await self._readings.within(self.limits.answer_seconds)
                if used.token and not found.token:
                    raise ConfigurationError("There is no token.")  # noqa: TRY301 - as any other
            except Exception as error:  # noqa: BLE001 - see ``_read_first``; it may be half written
                _log.warning("credentials_unreadable", reason=str(error) or type(error).__name__)
                return False
            await self._use(loaded, found)
            if found != used:
                _log.info("credentials_renewed")
            return found != used

    async def _use(self, loaded: Loaded, found: _Access) -> None:
        """Send what follows with what was read."""
        old = None
        if found.rest != self._access.rest or not self._is_read:
            # Watches on the old connections end, and go on from their last version.
            old, self._client = self._client, client.ApiClient(loaded.settings)
        self._client.configuration.api_key = loaded.settings.api_key
        self._loaded, self._access = loaded, found
        self._is_read, self._read_at = True, time.monotonic()
        if old is not None:
            await old.close()
        elif self._recognised is self._client:
            self._source.accept(loaded)

    async def _read(self) -> tuple[Loaded, _Access]:
        loaded = await self._source.load()
        return loaded, _Access.of(loaded.settings)


def _refusal(response: aiohttp.ClientResponse, content: bytes, what: str) -> Exception:
    """Return the error that an HTTP status and its body stand for."""
    is_kubernetes = True
    try:
        status = _statuses.decode(content)
    except msgspec.MsgspecError:  # a proxy's page, say
        status = WireStatus(message=content[:200].decode(errors="replace"))
        is_kubernetes = False
    message = status.message or response.reason or "no reason given"
    named = {_NOT_FOUND: NotFoundError, _CONFLICT: AlreadyExistsError, _GONE: GoneError}
    if response.status in named:
        return named[response.status](message)
    if response.status == _UNAUTHORIZED:
        return ClusterUnreachableError(
            f"The cluster does not accept the platform's credentials (401): {message}. Renew the"
            " service account's token or the kubeconfig; it is read anew by itself."
        )
    if response.status == _INTERNAL and (failed := _WEBHOOK.search(message)):
        return AdmissionWebhookError(failed["name"], failed["why"][:_WORDS])
    if response.status in _TRANSIENT:
        error = ClusterUnreachableError(f"The cluster answered {response.status}: {message}")
        error.retry_after_seconds = _seconds(response.headers.get("Retry-After"))
        return error
    return refusal(what, response.status, message, is_kubernetes=is_kubernetes)


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isdecimal() else None
