"""Opens the socket for a service that listens on every address of the machine."""

import errno
import socket

from provisioner.domain.errors import ConfigurationError

_BACKLOG = 2048  # uvicorn's default
# What the system answers where it has no IPv6 at all, or no address of it.
_NO_IPV6 = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


def every_address(port: int) -> socket.socket:
    """Return a socket that listens on IPv6 and IPv4, as far as the machine has them.

    uvicorn would leave out IPv4 if it were told to listen on ``::``. Raises ConfigurationError when
    the port cannot be used.
    """
    try:
        try:
            return socket.create_server(
                ("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG
            )
        except OSError as error:
            if error.errno not in _NO_IPV6:
                raise
            return socket.create_server(("0.0.0.0", port), backlog=_BACKLOG)  # noqa: S104 - as told
    except OSError as error:
        raise ConfigurationError(
            f"Port {port} cannot be listened on: {error.strerror}. Choose another by"
            " STORE_PLATFORM_PORT, or stop what has it."
        ) from error
