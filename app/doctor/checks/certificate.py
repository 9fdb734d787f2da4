"""Looks at the certificate that the ingress controller shows for a shop that does not exist."""

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


async def check_certificate(installation: Installation) -> Finding:
    """Open a connection as a shopper does, and trust whom the platform trusts."""
    shop = installation.shop
    if shop.scheme != "https":
        return skipped("Shops have plain http.")
    host = shop.hostname or ""
    if not installation.shop_addresses:
        return skipped(f"No certificate is shown for {host}, whose address is not known.")
    address = installation.shop_addresses[0]
    try:
        ends_at = await _end_of_certificate(installation, address, host)
    except ssl.SSLCertVerificationError as error:
        hurt = _KEPT_BACK if installation.is_shop_asked else _WARNED
        seen = f"The certificate for {host} is not trusted ({error.verify_message}): {hurt}."
        return failed(seen, _REMEDY) if installation.is_shop_asked else warning(seen, _REMEDY)
    except OSError as error:
        # That nobody answers at all is told by the check of the ingress.
        return skipped(f"No certificate is shown at {address} ({error.strerror or error}).")
    left = ends_at - installation.now()
    seen = f"The certificate for {host} is trusted, and ends on {ends_at:%Y-%m-%d}"
    if left < _SOON:
        return warning(f"{seen}, in {max(left.days, 0)} days.", _RENEW)
    return ok(f"{seen}.")


async def _end_of_certificate(installation: Installation, address: str, host: str) -> datetime:
    _, writer = await asyncio.open_connection(
        address,
        installation.shop_port,
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
