"""Checks whether a store's address answers, with a request such as a shopper's browser sends.

A shop belongs to its merchant and may send anything. Only its status line and headers are read,
within one time limit for everything and httpcore's limit of their size (100 KiB). No body is read
or unpacked, no redirect is followed, no cookie is kept. ``shopper`` says what else a walk reads.

A shop that no visitors are led to is asked at its Service inside the cluster, with the headers that
an ingress controller would send.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self

import httpx
import structlog

from provisioner.domain.engines import PageVisit
from provisioner.domain.errors import ServiceUnreachableError
from provisioner.domain.stores import Store
from provisioner.kubernetes.shopper import Shopper
from provisioner.kubernetes.trust import trusting

_log = structlog.get_logger(__name__)

_TIMEOUT_SECONDS = 5.0
_WALK_SECONDS = 20.0
_CONNECT_SECONDS = 3.0
_UNCONNECTED = (httpx.ConnectError, httpx.ConnectTimeout)
_MESSAGE = 200  # characters of an error's own words that are kept
_SENTENCES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((ssl.SSLCertVerificationError,), "its certificate is not trusted"),
    ((ssl.SSLError,), "no TLS connection could be made"),
    ((socket.gaierror,), "its host name is not found"),
    # httpx decodes a host that begins with "xn--", and lets the errors of idna, which are
    # UnicodeErrors, through as they are.
    ((httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError), "its address cannot be asked"),
    (_UNCONNECTED, "no connection could be made"),
    ((httpx.RemoteProtocolError,), "it sent no valid HTTP response"),
    ((httpx.HTTPError, OSError, ValueError), "the connection broke"),
)
"""What each kind of error means. The first entry that fits the error, or a cause of it, counts."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How requests get to a shop: by which client, to which base URL, with which headers.

    ``is_inside``: straight to the shop's Service in the cluster.
    """

    client: httpx.AsyncClient
    base: str
    headers: Mapping[str, str]
    is_inside: bool


class HttpProber:
    """Sends requests to shops through the ingress. Implements ``ports.Prober``.

    ``ingress`` is the base URL of the ingress controller, for places where the shops' host names do
    not resolve. The shop's host is then sent in the Host header. ``timeout_seconds`` limits one
    request from its start to the end of the headers, and ``walk_seconds`` a shopper's walk.
    ``connect_seconds`` is how long a connection to a shop's Service may take: less than either, or
    a Service that is not reached would be taken for a shop that does not answer.
    ``trust`` says whose certificates are accepted; by default those of public authorities.
    """

    def __init__(
        self,
        ingress: str | None,
        *,
        timeout_seconds: float = _TIMEOUT_SECONDS,
        walk_seconds: float = _WALK_SECONDS,
        connect_seconds: float = _CONNECT_SECONDS,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._ingress = ingress
        self._timeout_seconds = timeout_seconds
        self._walk_seconds = walk_seconds
        trust = trust or trusting(None)
        self._client = _client(trust)
        # A proxy of the environment does not lead into the cluster: its answer, that the Service is
        # not reached, would be taken for the shop's.
        self._inside = _client(trust, connect_seconds=connect_seconds, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
        await self._inside.aclose()

    async def problem(self, store: Store, path: str, *, behind: str | None = None) -> str | None:
        """See ``ports.Prober``. Any status below 400 is an answer, so a redirect is one too."""
        way = self._way_to(store, behind)

        async def ask() -> str | None:
            status = await _status(way, path)
            return f"it answered {status}." if status >= httpx.codes.BAD_REQUEST else None

        return await _told(ask, way, self._timeout_seconds, "it did not answer")

    async def walk_problem(
        self, store: Store, walk: Sequence[PageVisit], *, behind: str | None = None
    ) -> str | None:
        """See ``ports.Prober``. The whole walk has one time limit."""
        way = self._way_to(store, behind)

        async def ask() -> str | None:
            return await Shopper(way.client, store, way.base, way.headers).problem(walk)

        return await _told(ask, way, self._walk_seconds, "its pages did not answer")

    def _way_to(self, store: Store, behind: str | None) -> _Way:
        """Return how requests get to a shop: ``behind`` is the base URL of its Service."""
        if behind is not None:
            headers = {"Host": store.host}
            # Else a shop whose address is https redirects to it, and that before anything else.
            if store.url.startswith("https:"):
                headers["X-Forwarded-Proto"] = "https"
            return _Way(self._inside, behind.rstrip("/"), headers, is_inside=True)
        base = (self._ingress or store.url).rstrip("/")
        return _Way(
            self._client, base, {"Host": store.host} if self._ingress else {}, is_inside=False
        )


def _client(
    trust: ssl.SSLContext, *, connect_seconds: float | None = None, trust_env: bool = True
) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=trust,
        # httpx' timeout starts again with each read, so a shop that sends a byte now and then
        # would never reach it. ``_told`` limits the whole request instead.
        timeout=httpx.Timeout(None, connect=connect_seconds),
        trust_env=trust_env,
        # A shop could redirect to itself for ever; a redirect counts as an answer anyway.
        follow_redirects=False,
        headers={"Accept-Encoding": "identity"},
        # httpx keeps cookies in the client, which is shared by all shops. This jar takes none.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )


async def _status(way: _Way, path: str) -> int:
    # A stream is closed unread on leaving; ``get`` would read the whole body.
    async with way.client.stream("GET", way.base + path, headers=way.headers) as answer:
        return answer.status_code


async def _told(
    ask: Callable[[], Awaitable[str | None]], way: _Way, seconds: float, silence: str
) -> str | None:
    """Return what ``ask`` returns, or in words why it could not be asked within the time limit.

    ``silence`` begins the sentence about the time limit. Raises ServiceUnreachableError.
    """
    try:
        async with asyncio.timeout(seconds):
            return await ask()
    except TimeoutError:
        return f"{silence} within {seconds:g} seconds."
    except Exception as error:
        if way.is_inside and isinstance(error, _UNCONNECTED):
            raise ServiceUnreachableError(_in_words(error)) from error
        return _in_words(error)


def _in_words(error: Exception) -> str:
    """Return what went wrong as the rest of a sentence about the shop."""
    for kinds, words in _SENTENCES:
        for cause in _causes(error):
            if isinstance(cause, kinds):
                return f"{words} ({_detail(cause)})."
    _log.error("probe_error_unforeseen", exc_info=error)
    return f"asking it failed ({_detail(error)})."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _detail(error: BaseException) -> str:
    """Return the error's own words: short, and without a shop's control characters."""
    words = getattr(error, "verify_message", None) or str(error) or type(error).__name__
    return "".join(char if char.isprintable() else " " for char in words[:_MESSAGE]).rstrip(".")
