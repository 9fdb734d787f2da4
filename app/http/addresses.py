"""Where a request comes from.

What a header says of it is believed only as far as it was written by a proxy that the operator
trusts: each proxy appends the peer it saw to ``X-Forwarded-For``, so the header is read from the
right, and the first address that is no trusted proxy's is the client's. All to the left of it is
whatever the client chose to send. Where a client may have an address of the proxies' networks, how
many proxies there are tells who it is.

uvicorn's ProxyHeadersMiddleware reads the header in the same way, and four differences keep it from
being used: it does not bound the number of proxies, so that a client within the trusted networks
chooses its own address; it takes a peer such as ``::ffff:10.0.0.1``, which is what a socket for
IPv4 and IPv6 shows, for none of ``10.0.0.0/8``; it passes on what is no address, as ``<script>``;
and an address keeps its zone, which is as long as the client likes.
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

_MAX_HOPS = 16  # proxies one behind the other that are believed; more are a header made up
_SITE_BITS = 64  # what one customer of an IPv6 provider has to himself, at the least


@dataclass(frozen=True, slots=True)
class Proxies:
    """Our own proxies: their networks, and how many there are at most; 0 is as many as there be."""

    networks: Collection[Network] = ()
    hops: int = 0


def client_address(connection: HTTPConnection, proxies: Proxies) -> str:
    """Return the client's address."""
    peer = connection.client.host if connection.client else ""
    address = _parse(peer)
    if address is None:
        return peer or UNKNOWN
    for hop in islice(reversed(_forwarded_for(connection)), proxies.hops or _MAX_HOPS):
        if not _is_within(address, proxies.networks):
            break
        before = _parse(hop)
        if before is None:  # a proxy that hides its peer, or one that wrote nonsense
            break
        address = before
    return str(address)


def address_group(address: str) -> str:
    """Return what a limit counts for an address: itself, or the site of an IPv6 address."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, _SITE_BITS), strict=False))
    return address


def _forwarded_for(connection: HTTPConnection) -> list[str]:
    headers = connection.headers.getlist("x-forwarded-for")
    return [hop.strip() for header in headers for hop in header.split(",")]


def _parse(text: str) -> Address | None:
    """Read an address in the spellings that proxies use: bare, with a port, in brackets."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        address = IPv6Address(int(address))  # the name of an interface, of any length, is no part
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_within(address: Address, networks: Collection[Network]) -> bool:
    return any(address in network for network in networks)
