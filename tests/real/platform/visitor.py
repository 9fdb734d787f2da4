"""Somebody who asks the platform for its pages without a pause, and notes each that fails."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

PAGES = ("/", "/config.json")
"""One of nginx, and one of the API."""
_PAUSE_SECONDS = 0.1


@dataclass
class Visitor:
    """``host`` is the platform's, reached at ``address``."""

    address: str
    host: str
    trust: ssl.SSLContext
    answers: int = 0
    failures: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._ask_on(), name="visitor")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _ask_on(self) -> None:
        headers = {"Host": self.host, "Accept": "text/html"}
        async with httpx.AsyncClient(
            base_url=self.address, verify=self.trust, headers=headers, timeout=30
        ) as client:
            while True:
                for page in PAGES:
                    await self._ask(client, page)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _ask(self, client: httpx.AsyncClient, page: str) -> None:
        try:
            (await client.get(page)).raise_for_status()
        except httpx.HTTPError as error:
            self.failures.append(f"{page}: {error!r}")
        else:
            self.answers += 1
