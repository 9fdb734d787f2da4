"""The probes: ``/livez`` tells whether the process works, ``/readyz`` whether it can do its job.

When ``/livez`` fails, Kubernetes restarts the process. So it fails only for what a restart mends.
A database that is away, locked or out of room would be just the same for a new process.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from provisioner.platform import Platform


async def livez(request: Request) -> JSONResponse:
    """Answer 503 if a connection to the database is stuck, else 200: the event loop runs."""
    # Without a query: the check must not wait for a database that hangs.
    problem = request.app.state.platform.check.stuck()
    if problem is not None:
        return JSONResponse({"status": "stuck", "problem": problem}, status_code=503)
    return JSONResponse({"status": "ok"})


class Readiness:
    """Answers 200 when stores can be worked on, else 503, both with the state of each part.

    Requests that come during a check share it. Strangers may ask too, and however many do, the
    database is asked once at a time.
    """

    def __init__(self) -> None:
        self._look: asyncio.Task[dict[str, str | None]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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
        # Shielded, because a client who goes away must not end the check for the others.
        return await asyncio.shield(self._look)
