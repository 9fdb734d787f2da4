"""X-Forwarded-For is believed as far as trusted proxies wrote it, and no further."""

from ipaddress import ip_network

import pytest
from pydantic import ValidationError
from starlette.requests import HTTPConnection

from app.http.addresses import Proxies, address_group, client_address
from app.settings import Settings

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))


def connection(peer: str | None, *forwarded: str) -> HTTPConnection:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    client = None if peer is None else (peer, 4711)
    return HTTPConnection({"type": "http", "headers": headers, "client": client})


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        # Not from a proxy of ours: whatever it says
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("127.0.0.1", ["198.51.100.1"], "127.0.0.1"),
        # What the client wrote lies to the left of what the proxy wrote
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["127.0.0.1, 10.9.9.9, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["127.0.0.1", "198.51.100.1"], "198.51.100.1"),
        # Through two proxies
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        # A client that is itself within the trusted networks
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [], "10.0.0.1"),
        # Spellings
        ("10.0.0.1", ["198.51.100.1:52100"], "198.51.100.1"),
        ("10.0.0.1", ["[2a00::1]:443"], "2a00::1"),
        ("2001:db8::1", ["2a00::1"], "2a00::1"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["2a00::1%eth0"], "2a00::1"),
        ("10.0.0.1", ["2a00::1%" + "x" * 60_000], "2a00::1"),
        ("10.0.0.1", [", ".join(["6.6.6.6", *["10.0.0.9"] * 16])], "10.0.0.9"),
        ("10.0.0.1", ["10.0.0.9," * 6000], "10.0.0.1"),
        # Nonsense is not passed on, and nothing beyond it is believed
        ("10.0.0.1", ["6.6.6.6, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["6.6.6.6, <script>, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [""], "10.0.0.1"),
        (None, ["198.51.100.1"], "unknown"),
    ],
)
def test_client_address(peer: str | None, forwarded: list[str], expected: str) -> None:
    assert client_address(connection(peer, *forwarded), Proxies(TRUSTED)) == expected


@pytest.mark.parametrize(
    ("hops", "forwarded", "expected"),
    [
        # A client within the trusted networks, and what it wrote itself
        (1, "6.6.6.6, 10.0.0.3", "10.0.0.3"),
        (1, "10.6.6.6, 10.0.0.3", "10.0.0.3"),
        (2, "6.6.6.6, 10.0.0.3, 10.0.0.2", "10.0.0.3"),
        # Fewer than there may be, and one that is not ours
        (2, "198.51.100.1", "198.51.100.1"),
        (2, "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        (1, "unknown", "10.0.0.1"),
    ],
)
def test_no_more_proxies_are_believed_than_there_are(
    hops: int, forwarded: str, expected: str
) -> None:
    proxies = Proxies(TRUSTED, hops)
    assert client_address(connection("10.0.0.1", forwarded), proxies) == expected
    assert client_address(connection("203.0.113.7", forwarded), proxies) == "203.0.113.7"


def test_without_trusted_proxies_the_header_means_nothing() -> None:
    assert client_address(connection("10.0.0.1", "198.51.100.1"), Proxies()) == "10.0.0.1"


def test_a_limit_counts_a_whole_ipv6_site() -> None:
    assert (
        address_group("2a00:1:2:3:4:5:6:7") == address_group("2a00:1:2:3::1") == "2a00:1:2:3::/64"
    )
    assert address_group("198.51.100.1") == "198.51.100.1"
    assert address_group("unknown") == "unknown"


def test_trusted_proxies_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_PLATFORM_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::/32")
    assert Settings.read().trusted_proxies == TRUSTED
    monkeypatch.delenv("STORE_PLATFORM_TRUSTED_PROXIES")
    assert Settings.read().trusted_proxies == ()


@pytest.mark.parametrize("wrong", ["proxy.example.com", "10.0.0.1/8", "10.0.0.0/8,,"])
def test_a_wrong_network_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("STORE_PLATFORM_TRUSTED_PROXIES", wrong)
    with pytest.raises(ValidationError) as refused:
        Settings.read()
    assert {error["loc"][0] for error in refused.value.errors()} == {"trusted_proxies"}
