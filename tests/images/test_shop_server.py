"""The shop's web server, by its own configuration in real Apache: who is let in, and when."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.images.apache import serving

PROBE = "/wp-includes/images/blank.gif"
FILES = (
    "index.php", "wp-login.php", "xmlrpc.php", "wp-admin/index.php", "wp-admin/install.php",
    "wp-admin/setup-config.php", "wp-admin/upgrade.php", "wp-admin/maint/repair.php",
    "wp-admin/admin-ajax.php", "wp-content/uploads/logo.png", "wp-content/plugins/own/page.php",
    "wp-includes/images/rss.png", PROBE[1:],
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
        self._port = port

    def status(self, path: str, method: str = "GET") -> int:
        return self.answer(path, method)[0]

    def answer(self, path: str, method: str = "GET") -> tuple[int, str]:
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=60)) as connection:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)  # Apache's workers are nobody's
        for name in FILES:
            file = root / "wordpress" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"this is {name}")
        (root / "run").mkdir()
        with serving(root / "wordpress", root / "run") as port:
            yield Shop(root / "wordpress", port)


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


def test_what_opens_it_is_looked_for_at_each_request(closed_shop: Shop) -> None:
    assert closed_shop.status("/") == 503
    (closed_shop.content / ".set-up").touch()
    assert closed_shop.status("/") == 200
