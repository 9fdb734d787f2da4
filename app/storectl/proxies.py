"""Which proxy leads to the platform: the same for requests and for websockets.

The two client libraries read the environment each in its own way, and one of them fails over a
proxy that it cannot use even where ``NO_PROXY`` says to go without. So it is read here, once.
"""

import ipaddress
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from app.storectl.errors import UsageError

_SCHEMES = frozenset({"http", "https"})


def proxy_for(url: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the proxy's URL for a platform's URL, or None to go there directly.

    Raises UsageError when the environment names one that cannot be used.
    """
    target = urlsplit(url)
    given = _first(environment, f"{target.scheme}_proxy", "all_proxy")
    if given is None:
        return None
    variable, value = given
    if _is_excepted(target.hostname or "", target.port, environment):
        return None
    proxy = value if "://" in value else f"http://{value}"
    remedy = "Name an HTTP proxy there, or put the platform's host into NO_PROXY."
    try:
        parts = urlsplit(proxy)
        is_usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or not proxy.isascii() or not proxy.isprintable():
        # The value may hold a password.
        raise UsageError(f"What {variable} holds is no address of a proxy. {remedy}")
    if parts.scheme.lower() not in _SCHEMES:
        raise UsageError(
            f"{variable} names a proxy of the kind {parts.scheme!r}, which storectl cannot use."
            f" {remedy}"
        )
    return proxy


def _first(environment: Mapping[str, str], *names: str) -> tuple[str, str] | None:
    """Return a variable and its value; as with curl, the spelling in small letters goes first."""
    for name in names:
        for spelling in (name, name.upper()):
            if value := environment.get(spelling, "").strip():
                return spelling, value
    return None


def _is_excepted(host: str, port: int | None, environment: Mapping[str, str]) -> bool:
    _, listed = _first(environment, "no_proxy") or ("", "")
    entries = [entry.strip().lower() for entry in listed.split(",") if entry.strip()]
    return any(_covers(entry, host, port) for entry in entries)


def _covers(entry: str, host: str, port: int | None) -> bool:
    if entry == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        pass  # one of them is a name
    name, _, number = entry.partition(":")
    if number and number != str(port):
        return False
    name = name.removeprefix("*").removeprefix(".")
    return host == name or host.endswith(f".{name}")
