"""Finds the proxy for the platform's URL, for both requests and websockets.

Each of the two client libraries reads the environment in its own way. One of them fails because of
a proxy that it cannot use even if ``NO_PROXY`` excepts the host. So the environment is read here.
"""

import ipaddress
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from app.storectl.errors import UsageError

_SCHEMES = frozenset({"http", "https"})


def proxy_for(url: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the proxy's URL for a platform's URL, or None to connect directly.

    Raises UsageError if the environment names a proxy that cannot be used.
    """
    target = urlsplit(url)
    given = _first(environment, f"{target.scheme}_proxy", "all_proxy")
    if given is None:
        return None
    variable, value = given
    # Before the proxy is checked: an excepted host must work even if the proxy's address is wrong.
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
        # The message does not repeat the value, which may contain a password.
        raise UsageError(f"The value of {variable} is not the address of a proxy. {remedy}")
    if parts.scheme.lower() not in _SCHEMES:
        raise UsageError(
            f"{variable} names a proxy of the kind {parts.scheme!r}, which storectl cannot use."
            f" {remedy}"
        )
    return proxy


def _first(environment: Mapping[str, str], *names: str) -> tuple[str, str] | None:
    """Return the name and value of the first variable that is set, or None.

    As in curl, the lower-case spelling of a name comes first.
    """
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
        pass  # the entry or the host is a name, not an IP address
    name, _, number = entry.partition(":")
    if number and number != str(port):
        return False
    name = name.removeprefix("*").removeprefix(".")
    return host == name or host.endswith(f".{name}")
