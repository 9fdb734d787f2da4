"""Addresses of a platform, as people write them."""

import ipaddress
import re
from urllib.parse import quote, urlsplit

from app.storectl.errors import UsageError

_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_LONGEST = 253
_WRONG = "{url!r} is no address of a platform; give one like http://127.0.0.1:8080."


def normalised(url: str) -> str:
    """Return the base URL of a platform, given any of its addresses. Raises UsageError.

    Names are put into ASCII here, once, since the libraries differ in what they make of others.
    """
    try:
        parts = urlsplit(url.strip() if "://" in url else f"http://{url.strip()}")
        scheme = _SCHEMES.get(parts.scheme)
        host = _host(parts.hostname or "")
        port = "" if parts.port is None else f":{parts.port}"
        is_wrong = not scheme or parts.username or parts.password or parts.port == 0
    except ValueError as error:
        raise UsageError(_WRONG.format(url=url)) from error
    if is_wrong:
        raise UsageError(_WRONG.format(url=url))
    path = quote(parts.path, safe="/%~!$&'()*+,;=:@")
    path = path.rstrip("/").removesuffix("/graphiql").removesuffix("/graphql")
    return f"{scheme}://{host}{port}{path}"


def is_exposed(url: str) -> bool:
    """Whether what is sent to a base URL crosses a network unencrypted."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in _LOOPBACK


def _host(name: str) -> str:
    """Return a host as it stands in a URL. Raises ValueError."""
    if "%" in name:  # a link-local address with its interface: no URL may have it
        raise ValueError(name)
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name)}]"
    labels = name.lower()
    if not labels.isascii() or "xn--" in labels:
        import idna  # noqa: PLC0415 - large, and hardly ever needed

        labels = idna.encode(labels, uts46=True).decode()
    if len(labels) > _LONGEST or not _NAME.fullmatch(labels):
        raise ValueError(name)
    return labels
