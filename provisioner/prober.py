"""Looks whether a store's address answers, the way a shopper's browser would ask."""

from typing import Self

import httpx

from provisioner.models import Store

_TIMEOUT_SECONDS = 5.0
_MESSAGE = 200


class HttpProber:
    """Asks through the ingress. Implements ``ports.Prober``.

    ``ingress`` is the base URL at which the ingress controller can be reached, for where the shops'
    host names do not resolve; the shop's host goes into the Host header then.
    """

    def __init__(self, ingress: str | None, *, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        self._ingress = ingress
        self._client = httpx.AsyncClient(timeout=timeout_seconds, follow_redirects=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def problem(self, store: Store, path: str) -> str | None:
        """See ``ports.Prober``. Any answer below 400 counts; a redirect is an answer."""
        base = self._ingress or store.url
        headers = {"Host": store.host} if self._ingress else {}
        try:
            answer = await self._client.get(base.rstrip("/") + path, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return (str(error) or type(error).__name__)[:_MESSAGE]
        return f"it answered {answer.status_code}." if answer.is_error else None
