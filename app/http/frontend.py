"""Serves the built pages: the dashboard and GraphiQL."""

from pathlib import Path, PurePosixPath

from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOR_EVER = "public, max-age=31536000, immutable"


class _HashedFiles(StaticFiles):
    """Files whose names change with their content, so that browsers may keep them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = _FOR_EVER
        return response


def frontend_routes(folder: Path, *, has_graphiql: bool) -> list[BaseRoute]:
    """Return the routes of the pages that are built into ``folder``.

    They must come last in the application, because the dashboard answers at every other address.
    """

    def page(name: str) -> Response:
        file = folder / name
        if not file.is_file():
            return PlainTextResponse(
                "The pages are not built here. Run `make dashboard`, then reload.\n", 503
            )
        # A page names its scripts by their hashes, so browsers must ask for the page each time.
        return FileResponse(file, headers={"Cache-Control": "no-cache"})

    async def graphiql(_: Request) -> Response:
        if not has_graphiql:
            raise HTTPException(404)
        return page("graphiql.html")

    async def icon(_: Request) -> Response:
        return page("icon.svg")

    async def dashboard(request: Request) -> Response:
        """Serve the dashboard at every address that no other route has: it routes by itself."""
        if not _is_navigation(request):
            raise HTTPException(404)
        return page("index.html")

    # The service also runs where the pages are not built: Starlette must not look for the folder.
    assets = GZipMiddleware(_HashedFiles(directory=folder / "assets", check_dir=False))
    return [
        Route("/graphiql", graphiql),
        Route("/icon.svg", icon),
        Mount("/assets", assets, name="assets"),
        Route("/", dashboard),
        Route("/{path:path}", dashboard),
    ]


def _is_navigation(request: Request) -> bool:
    """Return whether a person opens a page.

    Otherwise a script calls an API, or a page loads a file that does not exist. Both need a 404 and
    not the dashboard's HTML.
    """
    wants_page = "text/html" in request.headers.get("accept", "")
    return wants_page and not PurePosixPath(request.url.path).suffix and not _is_api(request)


def _is_api(request: Request) -> bool:
    return request.url.path.rstrip("/") == "/graphql"
