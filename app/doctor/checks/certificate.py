"""Looks at the certificates that browsers are shown for a shop, and for the platform itself."""

import asyncio
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from app.doctor.findings import Finding, failed, ok, skipped, warning
from app.doctor.installation import Installation

_HANDSHAKE_SECONDS, _GOODBYE_SECONDS = 5.0, 1.0
_SOON = timedelta(days=14)
_KEPT_BACK = "every store would be kept from READY, since its address is asked first"
_WARNED = "browsers would warn every shopper"
_REMEDY = (
    "Have a trusted issuer make a wildcard certificate, and make it the ingress controller's"
    " default; or trust your own issuer with STORE_PLATFORM_TRUSTED_AUTHORITIES; or switch the"
    " question off with STORE_PLATFORM_REACHABILITY_CHECK=false."
)
_RENEW = "See that it is renewed, and that the ingress controller takes the new one."
_OWN_REMEDY = (
    "Have a trusted issuer make a certificate for this name, in the Secret of the platform's"
    " Ingress (access.tls.secretName) or at its Gateway; or trust your own issuer with"
    " STORE_PLATFORM_TRUSTED_AUTHORITIES."
)


async def check_certificate(installation: Installation) -> Finding:
    """Ask for a shop that does not exist: the ingress controller has one for all of them."""
    shop = installation.shop
    if shop.scheme != "https":
        return skipped("Shops have plain http.")
    host = shop.hostname or ""
    if not installation.shop_addresses:
        return skipped(f"No certificate is shown for {host}, whose address is not known.")
    address = installation.shop_addresses[0]
    try:
        ends_at = await _end_of_certificate(installation, address, installation.shop_port, host)
    except ssl.SSLCertVerificationError as error:
        hurt = _KEPT_BACK if installation.is_shop_asked else _WARNED
        seen = f"{_not_trusted(host, error)}: {hurt}."
        return failed(seen, _REMEDY) if installation.is_shop_asked else warning(seen, _REMEDY)
    except OSError as error:
        # That nobody answers at all is told by the check of the ingress.
        return skipped(f"No certificate is shown at {address} ({error.strerror or error}).")
    return _of_end(installation, host, ends_at)


async def check_host_certificate(installation: Installation) -> Finding:
    """Ask for the platform itself, whose certificate may be another than the shops'.

    Some clusters make the record and the certificate when they see the release's Ingress, so before
    an installation nothing here is a failure.
    """
    if (nothing := _nothing_to_ask(installation)) is not None:
        return nothing
    host, port = installation.host_name, installation.own.port or 443
    address = installation.host_addresses[0]
    try:
        ends_at = await _end_of_certificate(installation, address, port, host)
    except ssl.SSLCertVerificationError as error:
        told = warning if installation.is_before_install else failed
        seen = f"{_not_trusted(host, error)}: browsers keep people from signing in."
        return told(seen, _OWN_REMEDY)
    except OSError as error:
        said = error.strerror or error
        seen = f"Nobody answers by HTTPS for {host} at {address}:{port} ({said})"
        if installation.is_before_install:
            return skipped(f"{seen}, which is no fault before the first installation.")
        # A pod may be kept from the cluster's own public address, which everybody else reaches.
        return warning(
            f"{seen}, at least to who asks from here.",
            "See that the platform's Ingress or route is there, and that its name leads to it.",
        )
    return _of_end(installation, host, ends_at)


def _nothing_to_ask(installation: Installation) -> Finding | None:
    scheme = installation.own.scheme
    if not scheme:
        return skipped("Name the platform's address with --host https://… to have it looked at.")
    if scheme != "https":
        return skipped("The platform has plain http.")
    if not installation.host_addresses:
        host = installation.host_name
        return skipped(f"No certificate is shown for {host}, whose address is not known yet.")
    return None


def _not_trusted(host: str, error: ssl.SSLCertVerificationError) -> str:
    return f"The certificate for {host} is not trusted ({error.verify_message})"


def _of_end(installation: Installation, host: str, ends_at: datetime) -> Finding:
    left = ends_at - installation.now()
    seen = f"The certificate for {host} is trusted, and ends on {ends_at:%Y-%m-%d}"
    if left < _SOON:
        return warning(f"{seen}, in {max(left.days, 0)} days.", _RENEW)
    return ok(f"{seen}, in {left.days} days.")


async def _end_of_certificate(
    installation: Installation, address: str, port: int, host: str
) -> datetime:
    """Open a connection as a browser does, and trust whom the platform trusts."""
    _, writer = await asyncio.open_connection(
        address,
        port,
        ssl=installation.settings.trust(),
        server_hostname=host,
        ssl_handshake_timeout=_HANDSHAKE_SECONDS,
        ssl_shutdown_timeout=_GOODBYE_SECONDS,
    )
    try:
        shown: dict[str, Any] = writer.get_extra_info("peercert")
    finally:
        writer.close()
        with suppress(OSError):  # all that was wanted is there
            await writer.wait_closed()
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
