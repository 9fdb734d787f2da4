"""A guest who orders in a shop of Medusa by its pages' own forms, without a browser."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

ADDRESS = {
    "email": "guest@example.com", "first_name": "Ada", "last_name": "Lovelace",
    "address_1": "Hafenstraße 7", "postal_code": "20359", "city": "Hamburg", "country_code": "de",
}  # fmt: skip
_ATTEMPT_SECONDS = 60.0


class OrderFailedError(Exception):
    """A page of the shop did not do what a shopper needs; the message has the step and status."""


@dataclass
class Guests:
    """Guests who order one after the other. ``host`` is the shop's, reached at ``address``."""

    address: str
    host: str
    trust: ssl.SSLContext
    numbers: list[int] = field(default_factory=list)
    """The shop's number of each order, in the order in which they were placed."""
    failures: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def ordering(self) -> AsyncIterator[None]:
        """Order again and again meanwhile; an order that has begun is ended."""
        closing = asyncio.Event()
        task = asyncio.create_task(self._order_until(closing), name="guests")
        try:
            yield
        finally:
            closing.set()
            await task

    async def _order_until(self, closing: asyncio.Event) -> None:
        while not closing.is_set():
            try:
                await self.order()
            except (OrderFailedError, httpx.HTTPError) as error:
                self.failures.append(repr(error))
                await asyncio.sleep(1)

    async def order(self) -> None:
        """Order the first product. Raises OrderFailedError, httpx.HTTPError."""
        scheme = urlsplit(self.address).scheme
        async with httpx.AsyncClient(
            base_url=self.address, verify=self.trust, timeout=_ATTEMPT_SECONDS,
            headers={"Host": self.host, "Origin": f"{scheme}://{self.host}"},
        ) as client:  # fmt: skip
            product = _found(r'href="(/products/[\w%-]+)"', await _page(client, "/"))
            page = await _page(client, product)
            names = ("product", "variant")
            item = {name: _found(f'name="{name}" value="([^"]+)"', page) for name in names}
            await _sent(client, "/cart/items", {**item, "quantity": "1"})
            await _sent(client, "/checkout", ADDRESS)
            page = await _page(client, "/checkout/delivery")
            delivery = _found(r'name="delivery" value="([^"]+)"', page)
            await _sent(client, "/checkout/delivery", {"delivery": delivery})
            total = _found(r'name="total" value="([^"]+)"', await _page(client, "/checkout/review"))
            order = await _sent(client, "/checkout/review", {"total": total})
            self.numbers.append(int(_found(r"number\s+#(\d+)", await _page(client, order))))


async def _page(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    if answer.status_code != httpx.codes.OK:
        raise OrderFailedError(f"GET {path}: {answer.status_code}")
    return answer.text


async def _sent(client: httpx.AsyncClient, path: str, form: Mapping[str, str]) -> str:
    """Send a form, and return where the shop leads the browser then."""
    answer = await client.post(path, data=form)
    if not answer.is_redirect:
        raise OrderFailedError(f"POST {path}: {answer.status_code}")
    return answer.headers["location"]


def _found(pattern: str, page: str) -> str:
    found = re.search(pattern, re.sub(r"<(?!a |input)[^>]+>", " ", page))
    if found is None:
        raise OrderFailedError(f"a page has no {pattern}")
    return found[1]
