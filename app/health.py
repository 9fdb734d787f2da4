"""``/livez``: the process answers. ``/readyz``: it can do its work, or what keeps it from that."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from provisioner.supervisor import Platform


async def livez(_: Request) -> JSONResponse:
    """Answer 200: the event loop runs."""
    return JSONResponse({"status": "ok"})


class Readiness:
    """Answers 200 when stores can be worked on, else 503; either way with the state of each part.

    Whoever asks while a look is under way shares it: strangers may ask, too, and however many do,
    the database is asked once at a time.
    """

    def __init__(self) -> None:
        self._look: asyncio.Task[dict[str, str | None]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        problems = await self._problems(Request(scope, receive).app.state.platform)
        is_ready = not any(problems.values())
        parts = {part: problem or "ok" for part, problem in problems.items()}
        response = JSONResponse(
            {"status": "ok" if is_ready else "not ready", "parts": parts},
            status_code=200 if is_ready else 503,
        )
        await response(scope, receive, send)

    async def _problems(self, platform: Platform) -> dict[str, str | None]:
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(platform.check.problems(), name="readiness")
        return await asyncio.shield(self._look)  # who goes away does not end it for the others
