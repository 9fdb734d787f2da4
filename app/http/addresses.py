"""Finds the address of the client that has sent a request.

Each proxy appends the address of its peer to the header ``X-Forwarded-For``. So the header is read
from the right, and the first address that is not a trusted proxy's is the client's. Everything to
the left of it is whatever the client chose to send. Where clients may have addresses in the
networks of the proxies, the number of proxies tells which address is the client's.

uvicorn's ProxyHeadersMiddleware reads the header in the same way, but has four faults:

- It does not bound the number of proxies, so a client in a trusted network chooses its address.
- It does not find ``::ffff:10.0.0.1`` in ``10.0.0.0/8``. A socket for both IPv4 and IPv6 shows the
  address of an IPv4 peer like this.
- It passes on what is not an address, such as ``<script>``.
- It keeps the zone of an address, which is as long as the client likes.

``tests/unit/test_addresses.py`` has a case for each.
"""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from itertools import islice

from starlette.requests import HTTPConnection

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN = "unknown"
"""The address of a peer that has none, such as one on a Unix socket."""

_MAX_HOPS = 16  # proxies in a row; a header that names more is made up
_SITE_BITS = 64  # one customer of an IPv6 provider has at least a network of this prefix


@dataclass(frozen=True, slots=True)
class Proxies:
    """The trusted proxies: their networks, and how many a request passes at most (0: no limit)."""

    networks: Collection[Network] = ()
    hops: int = 0


def client_address(connection: HTTPConnection, proxies: Proxies) -> str:
    """Return the client's address, or ``UNKNOWN``."""
    peer = connection.client.host if connection.client else ""
    address = _parse(peer)
    if address is None:
        return peer or UNKNOWN
    for hop in islice(reversed(_forwarded_for(connection)), proxies.hops or _MAX_HOPS):
        if not _is_within(address, proxies.networks):
            break
        before = _parse(hop)
        if before is None:  # the proxy hides its peer, or writes nonsense: keep its own address
            break
        address = before
    return str(address)


def address_group(address: str) -> str:
    """Return what a limit counts in place of an address: itself, or the network of an IPv6 one."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, _SITE_BITS), strict=False))
    return address


def _forwarded_for(connection: HTTPConnection) -> list[str]:
    headers = connection.headers.getlist("x-forwarded-for")
    return [hop.strip() for header in headers for hop in header.split(",")]


def _parse(text: str) -> Address | None:
    """Return the address in a text, or None. It may be bare, with a port, or in brackets."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # The zone is the name of an interface, of any length: it is no part of the address.
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        address = IPv6Address(int(address))
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_within(address: Address, networks: Collection[Network]) -> bool:
    return any(address in network for network in networks)
