"""Every address of the machine is listened on, with what it has of IPv6 and IPv4."""

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from app.http.listening import listen
from provisioner.domain.errors import ConfigurationError


@contextmanager
def listening(host: str) -> Iterator[int]:
    """Listen on a free port, and give its number."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(opened) for opened in listen(host, 0)]
        yield sockets[0].getsockname()[1]


def reached(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=10).close()
    except OSError:
        return False
    return True


def test_both_families_on_one_port() -> None:
    with listening("::") as port:
        assert [reached(host, port) for host in ("127.0.0.1", "::1")] == [True, True]


@pytest.mark.parametrize("number", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
def test_a_machine_without_ipv6(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    create = socket.create_server

    def without_ipv6(address: tuple[str, int], **how: Any) -> socket.socket:
        if how.get("family") is socket.AF_INET6:
            raise OSError(number, "there is none")
        return create(address, **how)

    monkeypatch.setattr(socket, "create_server", without_ipv6)
    with listening("::") as port:
        assert [reached(host, port) for host in ("127.0.0.1", "::1")] == [True, False]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_one_address_alone(host: str) -> None:
    with listening(host) as port:
        addresses = ("127.0.0.1", "::1")
        assert [reached(address, port) for address in addresses] == [
            address == host for address in addresses
        ]


@pytest.mark.parametrize("host", ["::", "127.0.0.1"])
def test_a_port_that_another_has(host: str) -> None:
    with listening(host) as port:
        told = f"Port {port} of {host} cannot be listened on: .* by STORE_PLATFORM_ANY,"
        with pytest.raises(ConfigurationError, match=told):
            listen(host, port, "STORE_PLATFORM_ANY")


def test_a_host_that_nobody_knows() -> None:
    with pytest.raises(ConfigurationError, match=r"Port 0 of no-such-host\.invalid cannot"):
        listen("no-such-host.invalid", 0)
