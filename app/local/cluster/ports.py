"""Free ports for servers that may go away and come back at the same port.

They lie below the range from which the system takes the source ports of outgoing connections. Else
a client that keeps trying to reach a server that is gone may be given the server's port as its own:
it then talks to itself (a simultaneous open, RFC 9293 3.5), and keeps the server out.
"""

import random
import socket
from contextlib import suppress
from pathlib import Path

_LOWEST = 10_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_USUAL_EPHEMERAL = 32_768  # Linux' default, and below that of others


def free_ports(number: int) -> list[int]:
    """Return ports on 127.0.0.1 that are free now, all different."""
    held: dict[int, socket.socket] = {}
    try:
        while len(held) < number:
            port = random.randrange(_LOWEST, _first_ephemeral())  # noqa: S311 - guards nothing
            candidate = socket.socket()
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:  # somebody else's, or held by us already
                candidate.close()
            else:
                held[port] = candidate
        return list(held)
    finally:
        for item in held.values():
            item.close()


def first_free(*wanted: int) -> int:
    """Return the first of these ports that is free on 127.0.0.1 now, else any free one."""
    for port in wanted:
        with socket.socket() as candidate, suppress(OSError):  # taken, or not for this user
            # Connections of a server that is gone, which linger for a minute, keep nobody out.
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            candidate.bind(("127.0.0.1", port))
            return port
    return free_port()


def free_port() -> int:
    """Return one free port."""
    return free_ports(1)[0]


def _first_ephemeral() -> int:
    return int(_RANGE.read_text().split()[0]) if _RANGE.exists() else _USUAL_EPHEMERAL
