"""What uses kubernetes-asyncio (see ``kube_client``): configuration, credentials and transport.

The library's own Watch and models are not used: the Watch neither checks the HTTP status nor
notices a dead connection, and the models cost 160 times as much as reading only what is needed.

Credentials change while the service runs: the pod's token about once an hour, what a kubeconfig's
``tokenFile`` or ``exec`` plugin gives when it likes. The library reads the latter two once and not
again (kubernetes_asyncio 36.1, config/kube_config.py). So here the whole configuration is read anew
after each 401, and the request is sent once more if that brought other credentials. The pod's token
is also read anew every minute: the API server counts the use of one that was replaced.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import msgspec
import structlog

from provisioner.errors import (
    ClusterRefusedError,
    ClusterUnreachableError,
    ConfigurationError,
    NotFoundError,
)
from provisioner.kube_client import client, config
from provisioner.models import Reason
from provisioner.watching import GoneError
from provisioner.wire import WireStatus

_log = structlog.get_logger(__name__)

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its token and the API server's authority."""

_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_UNAUTHORIZED, _NOT_FOUND, _CONFLICT, _GONE = 401, 404, 409, 410
_BEARER = "BearerToken"

_statuses = msgspec.json.Decoder(WireStatus)

Load = Callable[[], Awaitable[client.Configuration]]


@dataclass(frozen=True, slots=True)
class ApiLimits:
    """How patient the client is, in seconds, and how many objects a page of a list has.

    ``silence_seconds`` is how long a watch may say nothing: the API server sends a bookmark about
    once a minute. ``token_seconds`` is the age at which the pod's token is read anew.
    """

    answer_seconds: float = 30.0
    connect_seconds: float = 10.0
    silence_seconds: float = 90.0
    token_seconds: float = 60.0
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
        return cls(token=settings.api_key.get(_BEARER, ""), rest=(*contents, *where))


class KubeApi:
    """Sends requests to one API server, with the credentials of now."""

    def __init__(
        self,
        load: Load,
        settings: client.Configuration,
        *,
        reread_seconds: float,
        limits: ApiLimits,
    ) -> None:
        self.limits = limits
        self._load = load
        self._reread_seconds = reread_seconds
        self._access = _Access.of(settings)
        self._client = client.ApiClient(settings)
        self._read_at = time.monotonic()
        self._renewing = asyncio.Lock()

    @classmethod
    async def connect(
        cls,
        kubeconfig: Path | None,
        context: str | None,
        *,
        limits: ApiLimits = ApiLimits(),
        service_account: Path = SERVICE_ACCOUNT,
    ) -> "KubeApi":
        """Read the configuration; nothing is sent yet. Raises ConfigurationError.

        Without a kubeconfig the pod's service account is used, else the user's default kubeconfig.
        """
        is_pod = kubeconfig is None and is_in_cluster(service_account)

        async def load() -> client.Configuration:
            if is_pod:
                return _pod_configuration(service_account)
            return await _file_configuration(kubeconfig, context)

        try:
            return cls(
                load,
                await load(),
                reread_seconds=limits.token_seconds if is_pod else float("inf"),
                limits=limits,
            )
        except Exception as error:  # the library raises whatever a wrong file makes it trip over
            what = f"service account in {service_account}" if is_pod else "kubeconfig"
            name = "" if is_pod else f" {kubeconfig or '(default)'}"
            raise ConfigurationError(
                f"The {what}{name} cannot be used: {str(error) or type(error).__name__}. Set"
                " STORE_PLATFORM_KUBECONFIG to a file that `kubectl` can use."
            ) from error

    async def close(self) -> None:
        await self._client.close()

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: list[tuple[str, str]] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Send a request and return the answer's body. Raises as ``ports.Cluster`` says."""
        patience = aiohttp.ClientTimeout(total=self.limits.answer_seconds)
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
                auth_settings=[_BEARER],
                _preload_content=False,
                _request_timeout=patience,
            )
            return response

        try:
            response = await self._authorised(send)
            try:
                if response.status >= 400:  # noqa: PLR2004
                    raise _refusal(response, await response.read(), f"{method} {path}")
                yield response
            finally:
                response.close() if response.content.at_eof() is False else response.release()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            detail = str(error) or type(error).__name__
            raise ClusterUnreachableError(f"The cluster did not answer: {detail}") from error

    async def _authorised(
        self, send: Callable[[], Awaitable[aiohttp.ClientResponse]]
    ) -> aiohttp.ClientResponse:
        """Send, once more with new credentials if the first were refused and there are others."""
        if time.monotonic() > self._read_at + self._reread_seconds:
            await self._renew(self._access)
        used = self._access
        response = await send()
        if response.status == _UNAUTHORIZED and await self._renew(used):
            response.close()
            response = await send()
        return response

    async def _renew(self, used: _Access) -> bool:
        """Read the credentials anew; return whether there are others than those that were used."""
        async with self._renewing:
            if self._access != used:  # another request has found them meanwhile
                return True
            try:
                settings, found = await self._read_anew(used)
            except Exception as error:  # noqa: BLE001 - see ``connect``; a file may be half written
                _log.warning("credentials_unreadable", reason=str(error) or type(error).__name__)
                return False
            self._read_at = time.monotonic()
            if found == used:
                return False
            if found.rest == used.rest:
                self._client.configuration.api_key = settings.api_key
            else:
                # Watches on the old connections end, and go on from their last version.
                old, self._client = self._client, client.ApiClient(settings)
                await old.close()
            self._access = found
            _log.info("credentials_renewed")
            return True

    async def _read_anew(self, used: _Access) -> tuple[client.Configuration, _Access]:
        async with asyncio.timeout(self.limits.answer_seconds):  # a plugin may hang
            settings = await self._load()
        found = _Access.of(settings)
        if used.token and not found.token:
            raise ConfigurationError("There is no token.")
        return settings, found


def is_in_cluster(service_account: Path = SERVICE_ACCOUNT) -> bool:
    """Whether this process runs in a pod that has a service account."""
    return (service_account / "token").exists()


def _pod_configuration(service_account: Path) -> client.Configuration:
    settings = client.Configuration()
    config.load_incluster_config(  # type: ignore[no-untyped-call]
        client_configuration=settings,
        try_refresh_token=False,  # its hook raises from within a request; we read it ourselves
        token_filename=str(service_account / "token"),
        cert_filename=str(service_account / "ca.crt"),
    )
    return _tidy(settings)


async def _file_configuration(kubeconfig: Path | None, context: str | None) -> client.Configuration:
    settings = client.Configuration()
    await config.load_kube_config(
        config_file=str(kubeconfig) if kubeconfig else None,
        context=context,
        client_configuration=settings,
    )
    return _tidy(settings)


def _tidy(settings: client.Configuration) -> client.Configuration:
    """Strip the token: a file often ends with a line end, which no header may have."""
    if _BEARER in settings.api_key:
        settings.api_key[_BEARER] = settings.api_key[_BEARER].strip()
    return settings


def _refusal(response: aiohttp.ClientResponse, content: bytes, what: str) -> Exception:
    """Return the error that an HTTP status and its body stand for."""
    try:
        status = _statuses.decode(content)
    except msgspec.MsgspecError:  # a proxy's page, say
        status = WireStatus(message=content[:200].decode(errors="replace"))
    message = status.message or response.reason or "no reason given"
    named = {_NOT_FOUND: NotFoundError, _CONFLICT: AlreadyExistsError, _GONE: GoneError}
    if response.status in named:
        return named[response.status](message)
    if response.status == _UNAUTHORIZED:
        return ClusterUnreachableError(
            f"The cluster does not accept the platform's credentials (401): {message}. Renew the"
            " service account's token or the kubeconfig; it is read anew by itself."
        )
    if response.status in _TRANSIENT:
        error = ClusterUnreachableError(f"The cluster answered {response.status}: {message}")
        error.retry_after_seconds = _seconds(response.headers.get("Retry-After"))
        return error
    return ClusterRefusedError(
        Reason("CLUSTER_REFUSED", f"The cluster refused {what} ({response.status}): {message}")
    )


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isdecimal() else None
