"""``/livez``: the process answers. ``/readyz``: it can do its work, or what keeps it from that."""

from starlette.requests import Request
from starlette.responses import JSONResponse


async def livez(_: Request) -> JSONResponse:
    """Answer 200: the event loop runs."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> JSONResponse:
    """Answer 200 when stores can be worked on, else 503 with the reason."""
    problem = request.app.state.platform.problem()
    if problem is None:
        return JSONResponse({"status": "ok"})
    return JSONResponse({"status": "not ready", "cluster": problem}, status_code=503)
