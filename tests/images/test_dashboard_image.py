"""The dashboard's web server: real nginx, with the image's configuration and the built pages."""

import re
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest

from app.http.headers import content_policy, security_headers
from app.local.cluster.ports import free_port
from app.local.frontend import FOLDER, ensure_built
from app.local.images.dockerfile import stages
from tests.images.dockerfile import PLATFORM, ROOT
from tests.images.nginx import running_nginx

pytestmark = pytest.mark.timeout(900)  # the first run builds the pages
STAGE = stages(PLATFORM)["dashboard"]
PAGE = {"Accept": "text/html,application/xhtml+xml"}
ISSUER = "https://id.example.com"
MIME_TYPES = """types {
    text/html html; text/css css; application/javascript js; image/svg+xml svg;
    application/json json; font/woff2 woff2;
}
"""
STRICT = "max-age=31536000; includeSubDomains"


class _Stays(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_Stays)


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
            with _OPENER.open(asked, timeout=60) as answer:
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
        "listen 8080;": f"listen {port};",
        "listen [::]:8080;": f"listen [::]:{port};",
        "/tmp/": f"{folder}/",  # noqa: S108 - in the container
    }
    places = re.compile("|".join(map(re.escape, moved)))
    for copied in STAGE.copies:
        (source,) = copied.sources
        if copied.stage is not None:
            continue
        text = places.sub(lambda found: moved[found[0]], (ROOT / source).read_text())
        if "/templates/" in copied.target:  # the base image's entry point does that
            for name, value in environment.items():
                text = text.replace(f"${{{name}}}", value)
        file = folder / Path(source).name.removesuffix(".template")
        file.write_text(text)
        if copied.target.startswith("/docker-entrypoint.d/"):  # and runs these
            subprocess.run(["/bin/sh", str(file)], check=True)
    (folder / "mime.types").write_text(MIME_TYPES)
    return folder / "nginx.conf"


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Nginx]:
    """Run the image's nginx with an environment over the image's own."""
    ensure_built()
    port = free_port()
    file = configuration(folder, port, {**STAGE.environment, **environment})
    server = Nginx(port)
    with running_nginx(file, server.is_up):
        yield server


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    with serving(tmp_path_factory.mktemp("nginx"), CONNECT_TO=ISSUER) as server:
        yield server


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """One that the chart has told of TLS, and of an API without GraphiQL."""
    told = {"REDIRECT_TO_TLS": "true", "STRICT_TRANSPORT": STRICT, "GRAPHIQL": "false"}
    with serving(tmp_path_factory.mktemp("strict"), **told) as server:
        yield server


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


def test_everybody_is_sent_to_tls(strict: Nginx) -> None:
    """The proxy in front says that a request came without; a probe comes from nowhere."""
    for path in ("/", "/stores?first=1", "/icon.svg", "/graphiql"):
        answer = strict.get(path, {**PAGE, "X-Forwarded-Proto": "http", "Host": "shops.test:80"})
        assert (answer.status, answer.headers["Location"]) == (308, f"https://shops.test{path}")
    for headers in (PAGE, {**PAGE, "X-Forwarded-Proto": "https"}):
        answer = strict.get("/", headers)
        assert (answer.status, answer.headers["Strict-Transport-Security"]) == (200, STRICT)
    assert strict.is_up()


def test_nobody_is_sent_to_tls_where_there_is_none(nginx: Nginx) -> None:
    assert nginx.get("/", {**PAGE, "X-Forwarded-Proto": "http"}).status == 200


@pytest.mark.parametrize("path", ["/graphiql", "/graphiql.html"])
def test_graphiql_switched_off(strict: Nginx, path: str) -> None:
    answer = strict.get(path)
    assert answer.status == 404
    assert "<script" not in answer.body


def test_it_listens_on_ipv6_where_there_is_any(nginx: Nginx) -> None:
    assert Path("/proc/net/if_inet6").exists()
    with socket.create_connection(("::1", nginx.port), timeout=60) as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_it_listens_on_ipv4_where_there_is_no_other(tmp_path: Path) -> None:
    script = (ROOT / "dashboard" / "nginx" / "listen.sh").read_text()
    told = script.replace("/proc/net/if_inet6", f"{tmp_path}/none").replace("/tmp/", f"{tmp_path}/")  # noqa: S108
    subprocess.run(["/bin/sh", "-c", told], check=True)
    assert (tmp_path / "listen.conf").read_text() == "listen 8080;\n"
    assert (ROOT / "dashboard" / "nginx" / "listen.sh").stat().st_mode & 0o111


def test_the_health_check_asks_what_is_served() -> None:
    assert STAGE.words("HEALTHCHECK")[-1] == "http://127.0.0.1:8080/healthz"
    assert STAGE.last("EXPOSE") == "8080"
