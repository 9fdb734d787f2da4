"""Opens the sockets that the service listens on."""

import errno
import socket

from provisioner.domain.errors import ConfigurationError

_BACKLOG = 2048  # uvicorn's default
# What the system answers where it has no IPv6 at all, or no address of it.
_NO_IPV6 = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


def listen(host: str, port: int, setting: str = "STORE_PLATFORM_PORT") -> list[socket.socket]:
    """Return sockets that listen on every address that a host's name stands for.

    ``::`` stands for IPv6 and IPv4, as far as the machine has them; uvicorn would leave out IPv4.
    Raises ConfigurationError, which names the setting, when the port cannot be used.
    """
    try:
        return [_every_address(port)] if host == "::" else _addresses_of(host, port)
    except OSError as error:
        raise ConfigurationError(
            f"Port {port} of {host} cannot be listened on: {error.strerror}. Choose another by"
            f" {setting}, or stop what has it."
        ) from error


def _every_address(port: int) -> socket.socket:
    try:
        return socket.create_server(
            ("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG
        )
    except OSError as error:
        if error.errno not in _NO_IPV6:
            raise
        return socket.create_server(("0.0.0.0", port), backlog=_BACKLOG)  # noqa: S104 - as told


def _addresses_of(host: str, port: int) -> list[socket.socket]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return [
        socket.create_server(address, family=family, backlog=_BACKLOG)
        for family, *_, address in found
    ]
