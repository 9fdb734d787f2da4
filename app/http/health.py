"""``/livez``: the process can get on. ``/readyz``: it can do its work, or what keeps it from that.

Whoever sees ``/livez`` fail starts the process anew. So it fails only for what that mends, and not
for a database that is away, locked or out of room: that would be so for a new process too.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from provisioner.platform import Platform


async def livez(request: Request) -> JSONResponse:
    """Answer 200: the event loop runs, and no connection to the database is stuck; else 503."""
    problem = request.app.state.platform.check.stuck()
    if problem is not None:
        return JSONResponse({"status": "stuck", "problem": problem}, status_code=503)
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
