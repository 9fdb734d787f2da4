"""Fetches the public keys of an OIDC issuer when they are needed, and keeps them.

A token with an unknown key id makes the service ask the issuer for new keys, but at most once every
few seconds. Key ids are whatever a caller sends, so they must not become requests to the issuer.
Keys are also fetched again from time to time, so that a key that the issuer has withdrawn is not
trusted for ever. While the issuer does not answer, the keys that are there stay in use.

PyJWT's own PyJWKClient does not do this. It loses keys that are too old while the issuer is down,
makes callers wait while keys are renewed, asks an issuer that is down for each token, and waits in
threads. Three tests in ``tests/api/test_oidc.py`` fail with it: ``test_an_issuer_that_is_down``,
``test_rotation`` and ``test_an_issuer_that_is_down_is_not_asked_for_each_token``.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
import msgspec
import structlog
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError

_log = structlog.get_logger(__name__)
T = TypeVar("T")

_TIMEOUT_SECONDS = 5.0  # for connecting to the issuer, and for each wait for its data
_PAUSE_SECONDS = 10.0  # between two requests for the keys, whatever key ids callers send
_STALE_SECONDS = 600.0  # after so long the keys are fetched again
_SECRET = "oct"  # noqa: S105 - the type of a key that both sides know; no issuer publishes those


# An issuer may not answer, answer with an error, name an invalid URL (httpx's InvalidURL is no
# HTTPError), send invalid or deeply nested JSON, or send no usable keys.
UNUSABLE = (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError, PyJWTError)
"""What is raised when an issuer's keys cannot be had."""


class _Discovery(msgspec.Struct):
    """The fields of an issuer's discovery document that are needed here."""

    issuer: str
    jwks_uri: str


class IssuerKeys:
    """The keys of one issuer, by id. ``now`` is a monotonic clock in seconds."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        issuer: str,
        jwks_url: str | None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._now = now
        self._keys: Mapping[str | None, PyJWK] = {}
        self._tried_at: float | None = None
        self._fetched_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None) -> PyJWK | None:
        """Return the key with this id, or None. A token without an id finds the key without one."""
        if key_id in self._keys:
            if self._is_stale:
                self._fetch()  # for the tokens to come: this one need not wait for the issuer
            return self._keys[key_id]
        if (fetching := self._fetch()) is not None:
            # Other callers may wait for the same request. One who goes away must not cancel it.
            await asyncio.shield(fetching)
        return self._keys.get(key_id)

    async def fetch(self) -> int:
        """Fetch the keys at once, and return how many can be used. Raises ``UNUSABLE``."""
        found = PyJWKSet.from_dict(await self._get(await self._address(), dict[str, Any]))
        # Only public keys, and none that is for encryption.
        self._keys = {
            key.key_id: key
            for key in found.keys
            if key.key_type != _SECRET and key.public_key_use in (None, "sig")
        }
        self._fetched_at = self._now()
        return len(self._keys)

    async def close(self) -> None:
        """Cancel the request that is under way, if there is one."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})

    @property
    def _is_stale(self) -> bool:
        return self._fetched_at is None or self._now() - self._fetched_at > _STALE_SECONDS

    def _fetch(self) -> asyncio.Task[None] | None:
        """Return the request that is under way or begins now, or None if the last was just now."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        if self._tried_at is not None and self._now() - self._tried_at < _PAUSE_SECONDS:
            return None
        # Noted before the request, so that failed ones count too: an issuer that is down must not
        # be asked for each token.
        self._tried_at = self._now()
        self._fetching = asyncio.create_task(self._update(), name="issuer keys")
        return self._fetching

    async def _update(self) -> None:
        try:
            number = await self.fetch()
        except UNUSABLE as error:
            _log.warning("issuer_keys_unavailable", issuer=self._issuer, error=repr(error))
        else:
            _log.info("issuer_keys_fetched", issuer=self._issuer, keys=number)

    async def _address(self) -> str:
        """Return the URL of the keys (OpenID Connect Discovery 1.0, 4). Raises ValueError."""
        if self._jwks_url is None:
            base = self._issuer.rstrip("/")
            document = await self._get(f"{base}/.well-known/openid-configuration", _Discovery)
            # Required by 4.3 of the same: otherwise one issuer could answer in another's name.
            if document.issuer != self._issuer:
                raise ValueError(f"The discovery document names the issuer {document.issuer!r}.")
            self._jwks_url = document.jwks_uri
        return self._jwks_url

    async def _get(self, url: str, shape: type[T]) -> T:
        answer = await self._http.get(url)
        answer.raise_for_status()
        return msgspec.json.decode(answer.content, type=shape)


@asynccontextmanager
async def issuer_keys(
    *, issuer: str, jwks_url: str | None, trust: ssl.SSLContext
) -> AsyncIterator[IssuerKeys]:
    """Yield the keys of an issuer, and close the connections to it when the context ends.

    ``trust`` says whose certificates the issuer may have.
    """
    async with httpx.AsyncClient(verify=trust, timeout=_TIMEOUT_SECONDS) as http:
        keys = IssuerKeys(http, issuer=issuer, jwks_url=jwks_url)
        try:
            yield keys
        finally:
            await keys.close()
