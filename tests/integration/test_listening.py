"""Every address of the machine is listened on, with what it has of IPv6 and IPv4."""

import errno
import socket
from typing import Any

import pytest

from app.http.listening import every_address
from provisioner.domain.errors import ConfigurationError


def reached(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=10).close()
    except OSError:
        return False
    return True


def test_both_families_on_one_port() -> None:
    with every_address(0) as listening:
        port = listening.getsockname()[1]
        assert [reached(host, port) for host in ("127.0.0.1", "::1")] == [True, True]


@pytest.mark.parametrize("number", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
def test_a_machine_without_ipv6(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    create = socket.create_server

    def without_ipv6(address: tuple[str, int], **how: Any) -> socket.socket:
        if how.get("family") is socket.AF_INET6:
            raise OSError(number, "there is none")
        return create(address, **how)

    monkeypatch.setattr(socket, "create_server", without_ipv6)
    with every_address(0) as listening:
        port = listening.getsockname()[1]
        assert [reached(host, port) for host in ("127.0.0.1", "::1")] == [True, False]


def test_a_port_that_another_has() -> None:
    with every_address(0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Port {port} cannot be listened on"):
            every_address(port)
