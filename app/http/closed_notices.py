"""What visitors are told where no shop answers them: as a page, or as JSON for programs."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from starlette.responses import HTMLResponse, JSONResponse, Response

from app.http.media_types import prefers_json
from provisioner.services.closed_shops import ClosedShop, WhyClosed

_PAGE = Path(__file__).with_name("closed_shop.html").read_text(encoding="utf-8")
_TEMPLATE = Template(_PAGE)
_STYLE = _PAGE.partition("<style>")[2].partition("</style>")[0]
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

CONTENT_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of the page: its own style alone."""

_HEADERS = {
    "Cache-Control": "no-store",  # or visitors would be told so when the shop is open again
    "X-Robots-Tag": "noindex",
    "Vary": "Accept",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """What a visitor is told. ``retry_after_seconds`` is None where waiting changes nothing."""

    status: int
    title: str
    text: str
    retry_after_seconds: int | None = None

    def response(self, accept: str) -> Response:
        """Return the notice in the form that a caller accepts."""
        headers = dict(_HEADERS)
        if self.retry_after_seconds is not None:
            headers["Retry-After"] = str(self.retry_after_seconds)
        if prefers_json(accept):
            return JSONResponse(self._content, self.status, headers)
        words = {"title": escape(self.title), "text": escape(self.text)}
        return HTMLResponse(_TEMPLATE.substitute(words), self.status, headers)

    @property
    def _content(self) -> Mapping[str, object]:
        error = f"{self.title}. {self.text}"
        if self.retry_after_seconds is None:
            return {"error": error}
        return {"error": error, "retryAfterSeconds": self.retry_after_seconds}


NO_SHOP = Notice(
    404, "There is no shop at this address", "Look whether the address is written as you know it."
)
UNKNOWN = Notice(503, "This shop cannot be reached just now", "Try again in a minute.", 30)
"""For a shop of which nothing can be read."""


def notice_of(shop: ClosedShop) -> Notice:
    """Return what visitors of a shop are told, in its name."""
    match shop.why:
        case WhyClosed.PAUSED:
            text = "The shop has been paused by its merchant. Nothing in it is lost."
            return Notice(503, f"{shop.title} is closed for now", text, 3600)
        case WhyClosed.WORKED_ON:
            text = "The shop is being worked on. Reload this page in a few minutes."
            return Notice(503, f"{shop.title} will be back soon", text, 30)
        case WhyClosed.PREPARED:
            text = "The shop opens when it is ready. Reload this page in a few minutes."
            return Notice(503, f"{shop.title} is being prepared", text, 10)
        case WhyClosed.UNREACHABLE:
            title = f"{shop.title} cannot be reached just now"
            return Notice(503, title, UNKNOWN.text, UNKNOWN.retry_after_seconds)


def too_many(retry_after_seconds: int) -> Notice:
    """Return what is told to a visitor who has asked for too many shops."""
    text = f"Try again in {retry_after_seconds} seconds."
    return Notice(429, "Too many requests", text, retry_after_seconds)
