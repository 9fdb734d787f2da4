"""Checks whether a store's address answers, with a request such as a shopper's browser sends.

A shop belongs to its merchant and may send anything. Only its status line and headers are read,
within one time limit for everything and httpcore's limit of their size (100 KiB). No body is read
or unpacked, no redirect is followed, no cookie is kept. ``shopper`` says what else a walk reads.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterator, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self

import httpx
import structlog

from provisioner.domain.engines import PageVisit
from provisioner.domain.stores import Store
from provisioner.kubernetes.shopper import Shopper
from provisioner.kubernetes.trust import trusting

_log = structlog.get_logger(__name__)

_TIMEOUT_SECONDS = 5.0
_WALK_SECONDS = 20.0
_MESSAGE = 200  # characters of an error's own words that are kept
_SENTENCES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((ssl.SSLCertVerificationError,), "its certificate is not trusted"),
    ((ssl.SSLError,), "no TLS connection could be made"),
    ((socket.gaierror,), "its host name is not found"),
    # httpx decodes a host that begins with "xn--", and lets the errors of idna, which are
    # UnicodeErrors, through as they are.
    ((httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError), "its address cannot be asked"),
    ((httpx.ConnectError,), "no connection could be made"),
    ((httpx.RemoteProtocolError,), "it sent no valid HTTP response"),
    ((httpx.HTTPError, OSError, ValueError), "the connection broke"),
)
"""What each kind of error means. The first entry that fits the error, or a cause of it, counts."""


class HttpProber:
    """Sends requests to shops through the ingress. Implements ``ports.Prober``.

    ``ingress`` is the base URL of the ingress controller, for places where the shops' host names do
    not resolve. The shop's host is then sent in the Host header. ``timeout_seconds`` limits one
    request from its start to the end of the headers, and ``walk_seconds`` a shopper's walk.
    ``trust`` says whose certificates are accepted; by default those of public authorities.
    """

    def __init__(
        self,
        ingress: str | None,
        *,
        timeout_seconds: float = _TIMEOUT_SECONDS,
        walk_seconds: float = _WALK_SECONDS,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._ingress = ingress
        self._timeout_seconds = timeout_seconds
        self._walk_seconds = walk_seconds
        self._client = httpx.AsyncClient(
            verify=trust or trusting(None),
            # httpx' timeout starts again with each read, so a shop that sends a byte now and then
            # would never reach it. ``problem`` limits the whole request instead.
            timeout=None,  # noqa: S113
            # A shop could redirect to itself for ever; a redirect counts as an answer anyway.
            follow_redirects=False,
            headers={"Accept-Encoding": "identity"},
            # httpx keeps cookies in the client, which is shared by all shops. This jar takes none.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def problem(self, store: Store, path: str) -> str | None:
        """See ``ports.Prober``. Any status below 400 is an answer, so a redirect is one too."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                status = await self._status(store, path)
        except TimeoutError:
            return f"it did not answer within {self._timeout_seconds:g} seconds."
        except Exception as error:  # noqa: BLE001 - a shop can provoke any error by what it sends
            return _in_words(error)
        return f"it answered {status}." if status >= httpx.codes.BAD_REQUEST else None

    async def walk_problem(self, store: Store, walk: Sequence[PageVisit]) -> str | None:
        """See ``ports.Prober``. The whole walk has one time limit."""
        base, headers = self._way_to(store)
        try:
            async with asyncio.timeout(self._walk_seconds):
                return await Shopper(self._client, store, base, headers).problem(walk)
        except TimeoutError:
            return f"its pages did not answer within {self._walk_seconds:g} seconds."
        except Exception as error:  # noqa: BLE001 - as above
            return _in_words(error)

    async def _status(self, store: Store, path: str) -> int:
        base, headers = self._way_to(store)
        # A stream is closed unread on leaving; ``get`` would read the whole body.
        async with self._client.stream("GET", base + path, headers=headers) as answer:
            return answer.status_code

    def _way_to(self, store: Store) -> tuple[str, dict[str, str]]:
        """Return the base URL of requests to a shop, and the headers that lead them there."""
        base = self._ingress or store.url
        return base.rstrip("/"), {"Host": store.host} if self._ingress else {}


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
