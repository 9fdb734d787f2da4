"""The shop's web server, by its own configuration in real Apache: who is let in, and when."""

import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.images.apache import WORKERS, serving

LOOPBACK = {"127.0.0.1"} | ({"::1"} if Path("/proc/net/if_inet6").exists() else set())
PROBE = "/wp-includes/images/blank.gif"
FILES = (
    "index.php", "wp-login.php", "xmlrpc.php", "wp-admin/index.php", "wp-admin/install.php",
    "wp-admin/setup-config.php", "wp-admin/upgrade.php", "wp-admin/maint/repair.php",
    "wp-admin/admin-ajax.php", "wp-content/uploads/logo.png", "wp-content/plugins/own/page.php",
    "wp-includes/images/rss.png", PROBE[1:],
    "wp-content/uploads/2026/page.php", "wp-content/uploads/2026/page.PHP",
    "wp-content/uploads/page.phtml", "wp-content/uploads/page.phar", "wp-content/uploads/page.php5",
    "wp-content/.image-stamp", "wp-content/plugins/own/.env", "wp-content/uploads/.listing",
)  # fmt: skip
NOBODYS = (
    *(f"/{name}" for name in FILES if "uploads/" in name and ".ph" in name.lower()),
    *(f"/{name}" for name in FILES if "/." in name),
    "//wp-content//uploads/2026//page.php", "/wp-content/uploads/2026/%70age%2ephp",
    "/wp-content/./uploads/../uploads/2026/page.php", "/wp-content/uploads/2026/page.php/",
    "/wp-content/uploads/2026/page.php/more", "/wp-content/uploads/none.php", "/wp-content/.set-up",
    "/wp-content/%2eset-up", "/wp-content/./.set-up", "/wp-content//.image-stamp",
)  # fmt: skip
INSTALLERS = (
    "/wp-admin/install.php", "/wp-admin/install.php?step=2", "/wp-admin/setup-config.php?step=0",
    "/wp-admin/upgrade.php?step=1", "/wp-admin/maint/repair.php?repair=1",
)  # fmt: skip
WAYS_AROUND = (
    "//wp-admin//install.php", "/wp-admin/./install.php", "/wp-admin/%69nstall.php",
    "/wp-admin/install.php/", "/wp-admin/install.php/more", "/wp-content/../wp-admin/install.php",
    "/wp-content/%2e%2e/wp-admin/install.php", "/./wp-admin/maint/../install.php",
    f"{PROBE}/../../../wp-admin/install.php",
)  # fmt: skip


class Shop:
    """A shop's files, and its web server."""

    def __init__(self, documents: Path, port: int) -> None:
        self.content = documents / "wp-content"
        self.port = port

    def status(self, path: str, method: str = "GET", *, host: str = "127.0.0.1") -> int:
        return self.answer(path, method, host=host)[0]

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Have every worker wait for a visitor who does not say what they want."""
        with ExitStack() as stack:
            for _ in range(WORKERS):
                visitor = socket.create_connection(("127.0.0.1", self.port), timeout=60)
                stack.enter_context(visitor).sendall(b"GET ")
            yield

    def is_connected(self) -> bool:
        """Return whether a connection is made, be it answered or not."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60):
            return True

    def robots(self, path: str) -> list[str]:
        """Return what search engines are told of an answer, header by header."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.headers.get_all("X-Robots-Tag", [])

    def answer(self, path: str, method: str = "GET", *, host: str = "127.0.0.1") -> tuple[int, str]:
        with closing(HTTPConnection(host, self.port, timeout=60)) as connection:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()


@contextmanager
def serving_a_shop(**env: str) -> Iterator[Shop]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)  # Apache's workers are nobody's
        for name in FILES:
            file = root / "wordpress" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"this is {name}")
        (root / "run").mkdir()
        with serving(root / "wordpress", root / "run", **env) as port:
            yield Shop(root / "wordpress", port)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with serving_a_shop() as served:
        yield served


@pytest.fixture
def closed_shop(shop: Shop) -> Shop:
    """A shop whose setup is not done."""
    (shop.content / ".set-up").unlink(missing_ok=True)
    return shop


@pytest.fixture
def open_shop(shop: Shop) -> Shop:
    (shop.content / ".set-up").touch()
    return shop


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS"])
def test_before_the_setup_nobody_is_let_in(closed_shop: Shop, method: str) -> None:
    paths = [f"/{name}" for name in FILES if f"/{name}" != PROBE]
    asked = ["/", "/wp-json/", "/no/such/page", *paths, *INSTALLERS, *WAYS_AROUND]
    assert {path: closed_shop.status(path, method) for path in asked} == dict.fromkeys(asked, 503)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_it_listens_on_both_families(closed_shop: Shop, address: str) -> None:
    if address not in LOOPBACK:
        pytest.skip("This machine has no IPv6.")
    assert closed_shop.status(PROBE, host=address) == 200


def test_before_the_setup_the_probes_are_answered(closed_shop: Shop) -> None:
    assert closed_shop.answer(PROBE) == (200, f"this is {PROBE[1:]}")
    assert closed_shop.answer("/") == (503, "This shop is not set up yet.")


def test_what_a_plugin_brings_opens_no_closed_shop(closed_shop: Shop) -> None:
    rules = closed_shop.content / ".htaccess"
    rules.write_text("Require all granted\nRewriteEngine On\nRewriteRule ^ - [L]\n")
    assert closed_shop.status("/wp-content/plugins/own/page.php") == 503
    rules.unlink()


def test_after_the_setup_everybody_is(open_shop: Shop) -> None:
    assert open_shop.answer("/wp-login.php") == (200, "this is wp-login.php")
    assert open_shop.answer("/wp-admin/") == (200, "this is wp-admin/index.php")
    assert open_shop.answer("/wp-admin/admin-ajax.php", "POST")[0] == 200
    for page in ("/", "/no/such/page"):
        assert open_shop.answer(page) == (200, "this is index.php")


@pytest.mark.parametrize("path", [*INSTALLERS, *WAYS_AROUND])
def test_wordpress_own_installer_is_nobodys(open_shop: Shop, path: str) -> None:
    status, text = open_shop.answer(path)
    assert "this is wp-admin" not in text
    assert status in (403, 404)


@pytest.mark.parametrize("rules", ["", "Require all granted\n"])
@pytest.mark.parametrize("path", NOBODYS)
def test_what_is_no_page_and_no_picture_is_shown_to_nobody(
    open_shop: Shop, path: str, rules: str
) -> None:
    (open_shop.content / "uploads" / ".htaccess").write_text(rules)
    (open_shop.content / ".htaccess").write_text(rules)
    status, text = open_shop.answer(path)
    assert (status, "this is" in text) == (403, False)
    assert open_shop.answer("/wp-content/uploads/logo.png")[0] == 200


def test_a_visitor_keeps_no_worker_from_the_next(open_shop: Shop) -> None:
    with closing(HTTPConnection("127.0.0.1", open_shop.port, timeout=60)) as connection:
        connection.request("GET", PROBE)
        answer = connection.getresponse()
        assert answer.getheader("Connection") == "close"


def test_a_busy_shop_lets_the_next_wait(open_shop: Shop) -> None:
    with ThreadPoolExecutor() as others:
        with open_shop.busy():
            next_one = others.submit(open_shop.status, PROBE)
            assert open_shop.is_connected()  # which is what Kubernetes asks
            assert not next_one.done()
        assert next_one.result(timeout=60) == 200


def test_what_opens_it_is_looked_for_at_each_request(closed_shop: Shop) -> None:
    assert closed_shop.status("/") == 503
    (closed_shop.content / ".set-up").touch()
    assert closed_shop.status("/") == 200


def test_a_copy_is_no_search_engines_whatever_is_asked_for(open_shop: Shop) -> None:
    asked = [
        "/", "/wp-login.php", "/no/such/page", "/wp-content/uploads/logo.png", PROBE,
        "/wp-content/.set-up", "/wp-admin/install.php",
    ]  # fmt: skip
    with serving_a_shop(SHOP_IS_COPY="true") as copy:
        closed = copy.robots("/")
        (copy.content / ".set-up").touch()
        # As a plug-in may have it for its folder
        rules = copy.content / "uploads" / ".htaccess"
        rules.write_text('Header set X-Robots-Tag "all"\n')
        told = {path: copy.robots(path) for path in asked}
    assert closed == ["noindex, nofollow"]
    assert told == {path: ["noindex, nofollow"] for path in asked}
    assert {path: open_shop.robots(path) for path in asked} == {path: [] for path in asked}
