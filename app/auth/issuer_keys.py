"""The public keys of an OIDC issuer: fetched when they are needed, and kept.

A token with an unknown key id makes us look whether the issuer has new keys, but never more often
than every few seconds: ids are whatever a caller sends, and must not become requests to the issuer.
Keys are looked at anew from time to time, so that one which the issuer has withdrawn is not trusted
for ever; while the issuer does not answer, those that are there go on.

PyJWT's own PyJWKClient does not do that: keys that are too old are gone when the issuer is down,
their renewal is waited for, and an issuer that is down is asked for each token. It also waits in
threads. ``tests/api/test_oidc.py`` tells: ``test_an_issuer_that_is_down``, ``test_rotation`` and
``test_an_issuer_that_is_down_is_not_asked_for_each_token``.
"""

import asyncio
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

_TIMEOUT_SECONDS = 5.0
_PAUSE_SECONDS = 10.0
_STALE_SECONDS = 600.0
_SECRET = "oct"  # noqa: S105 - the type of a key that both sides know; no issuer publishes those


class _Discovery(msgspec.Struct):
    """What is needed of an issuer's discovery document."""

    issuer: str
    jwks_uri: str


class IssuerKeys:
    """Keys by id. ``now`` is a clock in seconds that only goes forward."""

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
        """Return the key with this id (or the one that has none), or None when there is none."""
        if key_id in self._keys:
            if self._is_stale:
                self._fetch()  # for the next token: this one need not wait for the issuer
            return self._keys[key_id]
        if (fetching := self._fetch()) is not None:
            # Others may wait for the same answer, so one who goes away does not break it off.
            await asyncio.shield(fetching)
        return self._keys.get(key_id)

    async def close(self) -> None:
        """Give up what is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})

    @property
    def _is_stale(self) -> bool:
        return self._fetched_at is None or self._now() - self._fetched_at > _STALE_SECONDS

    def _fetch(self) -> asyncio.Task[None] | None:
        """Return the look that is under way or begins now; None when the last was just before."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        if self._tried_at is not None and self._now() - self._tried_at < _PAUSE_SECONDS:
            return None
        self._tried_at = self._now()
        self._fetching = asyncio.create_task(self._update(), name="issuer keys")
        return self._fetching

    async def _update(self) -> None:
        try:
            found = PyJWKSet.from_dict(await self._get(await self._address(), dict[str, Any]))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError, PyJWTError) as error:
            _log.warning("issuer_keys_unavailable", issuer=self._issuer, error=repr(error))
            return
        self._keys = {
            key.key_id: key
            for key in found.keys
            if key.key_type != _SECRET and key.public_key_use in (None, "sig")
        }
        self._fetched_at = self._now()
        _log.info("issuer_keys_fetched", issuer=self._issuer, keys=len(self._keys))

    async def _address(self) -> str:
        """Return where the keys are (OpenID Connect Discovery 1.0, 4)."""
        if self._jwks_url is None:
            base = self._issuer.rstrip("/")
            document = await self._get(f"{base}/.well-known/openid-configuration", _Discovery)
            if document.issuer != self._issuer:
                raise ValueError(f"The discovery document is of {document.issuer!r}.")
            self._jwks_url = document.jwks_uri
        return self._jwks_url

    async def _get(self, url: str, shape: type[T]) -> T:
        answer = await self._http.get(url)
        answer.raise_for_status()
        return msgspec.json.decode(answer.content, type=shape)


@asynccontextmanager
async def issuer_keys(*, issuer: str, jwks_url: str | None) -> AsyncIterator[IssuerKeys]:
    """Give the keys of an issuer for as long as the context is open."""
    async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) as http:
        keys = IssuerKeys(http, issuer=issuer, jwks_url=jwks_url)
        try:
            yield keys
        finally:
            await keys.close()
