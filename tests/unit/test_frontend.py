"""How the built pages are served."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from app.http.frontend import frontend_routes

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("the dashboard")
    (tmp_path / "graphiql.html").write_text("the explorer")
    (tmp_path / "assets" / "index-a1b2.js").write_text("x" * 5000)
    return tmp_path


def browser(folder: Path) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(
        app=Starlette(routes=frontend_routes(folder, has_graphiql=True))
    )
    return httpx.AsyncClient(transport=transport, base_url="http://platform", headers=BROWSER)


@pytest.mark.parametrize("path", ["/", "/stores", "/stores/store_1", "/no/such/page"])
async def test_a_deep_link_opens_the_dashboard(built: Path, path: str) -> None:
    async with browser(built) as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.text) == (200, "the dashboard")
    assert answer.headers["cache-control"] == "no-cache"


async def test_graphiql_stays(built: Path) -> None:
    async with browser(built) as client:
        assert (await client.get("/graphiql")).text == "the explorer"


@pytest.mark.parametrize("path", ["/assets/gone.js", "/favicon.ico", "/robots.txt", "/graphql"])
async def test_what_is_no_page_is_not_answered_with_one(built: Path, path: str) -> None:
    async with browser(built) as client:
        assert (await client.get(path)).status_code == 404


async def test_a_script_that_asks_for_nothing_we_have(built: Path) -> None:
    async with browser(built) as client:
        answer = await client.get("/stores", headers={"Accept": "application/json"})
    assert answer.status_code == 404


async def test_hashed_files_are_kept_for_ever_and_travel_compressed(built: Path) -> None:
    async with browser(built) as client:
        answer = await client.get("/assets/index-a1b2.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == "x" * 5000


async def test_pages_that_are_not_built(tmp_path: Path) -> None:
    async with browser(tmp_path) as client:
        answer = await client.get("/")
    assert answer.status_code == 503
    assert answer.text == "The pages are not built here. Run `make dashboard`, then reload.\n"
