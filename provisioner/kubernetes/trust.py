"""Whom the service trusts when it asks others by HTTPS."""

import ssl
from pathlib import Path

import httpx


def trusting(authorities: Path | None) -> ssl.SSLContext:
    """Return what trusts the public authorities, and those in a PEM file besides.

    Raises OSError (ssl.SSLError is one) if there are none to be read in the file.
    """
    context = httpx.create_ssl_context()
    if authorities is not None:
        context.load_verify_locations(cafile=authorities)
    return context
