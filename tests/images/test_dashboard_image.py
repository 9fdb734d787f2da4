"""The dashboard's web server: real nginx, with the image's configuration and the built pages."""

import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest

from app.headers import content_policy, security_headers
from tests.cluster.ports import free_port
from tests.images.dockerfile import PLATFORM, ROOT, stages
from tests.images.nginx import ensure_nginx
from tests.pages import FOLDER, ensure_built

pytestmark = pytest.mark.timeout(900)  # the first run builds the pages
STAGE = stages(PLATFORM)["dashboard"]
PAGE = {"Accept": "text/html,application/xhtml+xml"}
ISSUER = "https://id.example.com"
MIME_TYPES = """types {
    text/html html; text/css css; application/javascript js; image/svg+xml svg;
    application/json json; font/woff2 woff2;
}
"""
_START_SECONDS = 120.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: str


@dataclass(frozen=True)
class Nginx:
    """nginx on a port of its own, writing nowhere but below a folder."""

    port: int

    def get(self, path: str, headers: Mapping[str, str] = PAGE) -> Answer:
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=dict(headers))
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode(errors="replace"))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read().decode())

    def is_up(self) -> bool:
        try:
            return self.get("/healthz").status == 200
        except OSError:
            return False


def configuration(folder: Path, port: int, environment: Mapping[str, str]) -> Path:
    """Write the image's files as they are, but for the places where they are here."""
    moved = {
        "/etc/nginx/mime.types": f"{folder}/mime.types",
        "/usr/share/nginx/html": f"{FOLDER}/dist",
        "listen 8080;": f"listen 127.0.0.1:{port};",
        "/tmp/": f"{folder}/",  # noqa: S108 - in the container
    }
    for copied in STAGE.copies:
        (source,) = copied.sources
        if copied.stage is None:
            places = re.compile("|".join(map(re.escape, moved)))
            text = places.sub(lambda found: moved[found[0]], (ROOT / source).read_text())
            for name, value in environment.items():  # the base image's entry point does that
                text = text.replace(f"${{{name}}}", value)
            (folder / Path(source).name.removesuffix(".template")).write_text(text)
    (folder / "mime.types").write_text(MIME_TYPES)
    return folder / "nginx.conf"


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    ensure_built()
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    file = configuration(folder, port, {"CONNECT_TO": ISSUER, "STRICT_TRANSPORT": ""})
    # Started as root, it would become a user who may not be able to read this folder.
    also = "daemon off; user root;" if os.geteuid() == 0 else "daemon off;"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(ensure_nginx()), "-p", str(folder), "-c", str(file), "-g", also],
            stdout=log, stderr=log,
        )  # fmt: skip
    server = Nginx(port)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not server.is_up():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.mark.parametrize("path", ["/", "/stores", "/stores/store_1", "/graphiql", "/no/such/page"])
def test_every_page_opens_and_is_asked_for_anew(nginx: Nginx, path: str) -> None:
    answer = nginx.get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")
    assert answer.headers["Cache-Control"] == "no-cache"
    name = "graphiql.html" if path == "/graphiql" else "index.html"
    assert answer.body == (FOLDER / "dist" / name).read_text()


def test_what_a_page_names_is_there_for_ever(nginx: Nginx) -> None:
    (script,) = re.findall(r'src="(/assets/[^"]+\.js)"', nginx.get("/").body)
    answer = nginx.get(script, {"Accept-Encoding": "gzip"})
    assert (answer.status, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert nginx.get("/icon.svg").headers["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path", ["/assets/none.js", "/none.css", "/.vite/manifest.json", "/graphql", "/graphql/"]
)
def test_what_is_not_there_is_no_page(nginx: Nginx, path: str) -> None:
    assert nginx.get(path).status == 404


def test_a_script_that_asks_for_a_page_is_told(nginx: Nginx) -> None:
    assert nginx.get("/stores", {"Accept": "application/json"}).status == 404


@pytest.mark.parametrize("path", ["/", "/icon.svg", "/healthz", "/graphiql", "/none.css"])
def test_every_answer_has_the_headers_that_the_api_gives(nginx: Nginx, path: str) -> None:
    policy = content_policy(connect_to=[ISSUER])
    given = nginx.get(path).headers
    for name, value in security_headers(policy=policy, hsts_seconds=0).items():
        assert given.get_all(name) == [value], name
    assert "Strict-Transport-Security" not in given
    assert "/" not in given["Server"]  # no version


def test_tls_may_be_demanded() -> None:
    template = (ROOT / "dashboard" / "nginx" / "headers.conf.template").read_text()
    assert 'add_header Strict-Transport-Security "${STRICT_TRANSPORT}" always;' in template
    assert STAGE.environment["STRICT_TRANSPORT"] == STAGE.environment["CONNECT_TO"] == ""


def test_the_health_check_asks_what_is_served() -> None:
    assert STAGE.words("HEALTHCHECK")[-1] == "http://127.0.0.1:8080/healthz"
    assert STAGE.last("EXPOSE") == "8080"
