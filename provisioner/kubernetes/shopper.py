"""Walks through a shop as a shopper would, up to the check-out, without placing an order.

A shop belongs to its merchant and may send anything. So the whole walk has one time limit, only the
beginning of a page is read, cookies are few and short, and what is found on a page is only ever put
into the path or the form of the next request to the same shop.
"""

import asyncio
import html
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import quote

import httpx

from provisioner.domain.engines import PageVisit
from provisioner.domain.stores import Store

_MAX_PAGE = 512 * 1024  # bytes
_MAX_COOKIES = 20
_MAX_VALUE = 2_000  # characters of a cookie, or of what is found on a page
_COOKIE = re.compile(
    r"^\s*([\w!#$%&'*+.^`|~-]{1,100})=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*)"
)
"""A cookie's name and value, without its attributes: RFC 6265, 4.1.1."""


class Shopper:
    """One walk through one shop.

    ``base`` is the URL that requests go to, and ``headers`` lead them to the shop.
    """

    def __init__(
        self, client: httpx.AsyncClient, store: Store, base: str, headers: Mapping[str, str]
    ) -> None:
        self._client = client
        self._base = base.rstrip("/")
        # Shops refuse forms that come from other sites.
        self._headers = {**headers, "Origin": store.url.rstrip("/")}
        self._cookies: dict[str, str] = {}
        self._found: dict[str, str] = {}

    async def problem(self, visits: Sequence[PageVisit]) -> str | None:
        """Return what is wrong with the first page that does not work, or None.

        Raises httpx.HTTPError and what else a request can raise.
        """
        for visit in visits:
            path = visit.path.format_map(self._found)
            status, page = await self._visit(visit, path)
            if status >= HTTPStatus.BAD_REQUEST:
                return f"its page {path} answered {status}."
            # Regular expressions are slow on hostile text, and must not hold up the event loop.
            missing = await asyncio.to_thread(self._look_for, visit.finds, page)
            if missing is not None:
                return f"its page {path} shows no {missing}."
        return None

    async def _visit(self, visit: PageVisit, path: str) -> tuple[int, str]:
        form = {name: value.format_map(self._found) for name, value in visit.form.items()}
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = self._headers | ({"Cookie": cookies} if cookies else {})
        # A path from a page must not become part of the host's name.
        url = f"{self._base}/{quote(path.lstrip('/'), safe='/?&=%')}"
        method = "POST" if form else "GET"
        async with self._client.stream(method, url, headers=headers, data=form or None) as answer:
            self._keep_cookies(answer.headers.get_list("set-cookie"))
            page = await _beginning(answer) if visit.finds else b""
            return answer.status_code, page.decode(errors="replace")

    def _keep_cookies(self, lines: Sequence[str]) -> None:
        for line in lines:
            found = _COOKIE.match(line[:_MAX_VALUE])
            if found and (found[1] in self._cookies or len(self._cookies) < _MAX_COOKIES):
                self._cookies[found[1]] = found[2]

    def _look_for(self, finds: Mapping[str, str], page: str) -> str | None:
        """Keep what is found on a page; return the name of what is missing, or None."""
        for name, pattern in finds.items():
            found = re.search(pattern, page)
            if found is None or len(found[found.re.groups]) > _MAX_VALUE:
                return name
            self._found[name] = html.unescape(found[found.re.groups])
        return None


async def _beginning(answer: httpx.Response) -> bytes:
    page = b""
    async for part in answer.aiter_raw():
        page += part
        if len(page) >= _MAX_PAGE:
            break
    return page[:_MAX_PAGE]
