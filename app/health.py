"""``/livez``: the process answers. ``/readyz``: it can do its work, or what keeps it from that."""

from starlette.requests import Request
from starlette.responses import JSONResponse


async def livez(_: Request) -> JSONResponse:
    """Answer 200: the event loop runs."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> JSONResponse:
    """Answer 200 when stores can be worked on, else 503; either way with the state of each part."""
    problems = await request.app.state.platform.check.problems()
    is_ready = not any(problems.values())
    parts = {part: problem or "ok" for part, problem in problems.items()}
    return JSONResponse(
        {"status": "ok" if is_ready else "not ready", "parts": parts},
        status_code=200 if is_ready else 503,
    )
