"""Normalises the addresses of a platform that people type."""

import ipaddress
import re
from urllib.parse import quote, urlsplit

from app.storectl.errors import UsageError

_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_LONGEST = 253  # characters of a host name: RFC 1035 allows 255 bytes with length and end
_WRONG = "{url!r} is not the address of a platform. Use an address like http://127.0.0.1:8080."


def normalised(url: str) -> str:
    """Return a platform's base URL for any of its addresses, such as that of GraphiQL.

    Raises UsageError if the text is not such an address.
    """
    try:
        parts = urlsplit(url.strip() if "://" in url else f"http://{url.strip()}")
        scheme = _SCHEMES.get(parts.scheme)
        host = _host(parts.hostname or "")
        port = "" if parts.port is None else f":{parts.port}"
        # The URL is built again below, without user and password. An address that has them is
        # refused rather than changed.
        is_wrong = not scheme or parts.username or parts.password or parts.port == 0
    except ValueError as error:
        raise UsageError(_WRONG.format(url=url)) from error
    if is_wrong:
        raise UsageError(_WRONG.format(url=url))
    path = quote(parts.path, safe="/%~!$&'()*+,;=:@")
    path = path.rstrip("/").removesuffix("/graphiql").removesuffix("/graphql")
    return f"{scheme}://{host}{port}{path}"


def is_exposed(url: str) -> bool:
    """Return whether data that is sent to a base URL crosses a network unencrypted."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in _LOOPBACK


def _host(name: str) -> str:
    """Return a host in the form that URLs need. Raises ValueError."""
    # A link-local address with a zone, such as ``fe80::1%eth0``, is not allowed in a URL.
    if "%" in name:
        raise ValueError(name)
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name)}]"
    labels = name.lower()
    if not labels.isascii() or "xn--" in labels:
        # Names are converted to ASCII here, because the HTTP and the websocket library convert
        # them in different ways.
        import idna  # noqa: PLC0415 - large, and hardly ever needed

        labels = idna.encode(labels, uts46=True).decode()
    if len(labels) > _LONGEST or not _NAME.fullmatch(labels):
        raise ValueError(name)
    return labels
