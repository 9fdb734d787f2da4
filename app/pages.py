"""The built pages: GraphiQL now, the dashboard beside it."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles


def page_routes(folder: Path) -> list[BaseRoute]:
    """Return the routes of the pages built into ``folder``."""

    async def graphiql(_: Request) -> Response:
        page = folder / "graphiql.html"
        if not page.is_file():
            return PlainTextResponse(
                "The GraphiQL page is not built here. Run `make dashboard`, then reload.\n", 503
            )
        return FileResponse(page, headers={"Cache-Control": "no-cache"})

    async def home(_: Request) -> Response:
        return RedirectResponse("/graphiql")

    assets = StaticFiles(directory=folder / "assets", check_dir=False)
    return [
        Route("/", home),
        Route("/graphiql", graphiql),
        Mount("/assets", assets, name="assets"),
    ]
