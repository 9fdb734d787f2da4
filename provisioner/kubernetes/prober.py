"""Looks whether a store's address answers, the way a shopper's browser would ask.

A shop is its merchant's, and may send anything. Its status line and headers are all that is read of
it: within one time limit for the whole, and httpcore's limit of their size (100 KiB). No body is
read or unpacked, no redirect followed, no cookie kept.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self

import httpx
import structlog

from provisioner.domain.stores import Store

_log = structlog.get_logger(__name__)

_TIMEOUT_SECONDS = 5.0
_MESSAGE = 200
_SENTENCES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((ssl.SSLCertVerificationError,), "its certificate is not trusted"),
    ((ssl.SSLError,), "no TLS connection could be made"),
    ((socket.gaierror,), "its host name is not found"),
    # httpx lets errors of idna through: it decodes a host that begins with xn-- to look at it.
    ((httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError), "its address cannot be asked"),
    ((httpx.ConnectError,), "no connection could be made"),
    ((httpx.RemoteProtocolError,), "it sent no valid HTTP response"),
    ((httpx.HTTPError, OSError, ValueError), "the connection broke"),
)
"""What an error means, the first that fits; it, or what caused it."""


class HttpProber:
    """Asks through the ingress. Implements ``ports.Prober``.

    ``ingress`` is the base URL at which the ingress controller can be reached, for where the shops'
    host names do not resolve; the shop's host goes into the Host header then.
    """

    def __init__(self, ingress: str | None, *, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        self._ingress = ingress
        self._timeout_seconds = timeout_seconds
        self._client = httpx.AsyncClient(
            timeout=None,  # noqa: S113 - httpx counts each read anew; see ``problem``
            follow_redirects=False,
            headers={"Accept-Encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def problem(self, store: Store, path: str) -> str | None:
        """See ``ports.Prober``. Any answer below 400 counts; a redirect is an answer."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                status = await self._status(store, path)
        except TimeoutError:
            return f"it did not answer within {self._timeout_seconds:g} seconds."
        except Exception as error:  # noqa: BLE001 - whatever a shop's address and answer are
            return _in_words(error)
        return f"it answered {status}." if status >= httpx.codes.BAD_REQUEST else None

    async def _status(self, store: Store, path: str) -> int:
        base = self._ingress or store.url
        headers = {"Host": store.host} if self._ingress else {}
        url = base.rstrip("/") + path
        async with self._client.stream("GET", url, headers=headers) as answer:
            return answer.status_code


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
