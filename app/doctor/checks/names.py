"""Looks up the names at which shops and the platform answer."""

from app.doctor.findings import Finding, failed, ok, skipped, warning
from app.doctor.installation import Installation

_LOCAL = ".localhost"
_SHOWN = 3  # addresses that are told


async def check_names(installation: Installation) -> Finding:
    """Look up a shop that does not exist; set ``installation.shop_addresses``."""
    host = installation.shop.hostname or ""
    if host.endswith(_LOCAL) and not installation.is_shop_asked:
        return skipped(f"Browsers find *{_LOCAL} on their own machine, and nobody else does.")
    installation.shop_addresses = []
    try:
        installation.shop_addresses = await installation.resolve(host)
    except OSError as error:
        if not installation.settings.wildcard_record:
            return skipped(
                "Each shop's record is made with the shop (STORE_PLATFORM_WILDCARD_RECORD=false),"
                " so there is none to be looked up for one that does not exist."
            )
        seen = f"A shop's name is not found: {host} ({error.strerror or error})."
        remedy = (
            "Add a wildcard record to the DNS that leads the names of"
            f" {installation.settings.shop_url} to the ingress controller, or set"
            " STORE_PLATFORM_WILDCARD_RECORD=false if each shop's record is made with the shop."
        )
        # Where the platform does not look it up, it still is what every shopper does.
        return failed(seen, remedy) if installation.is_shop_asked else warning(seen, remedy)
    return ok(f"A shop's name leads to {_told(installation.shop_addresses)}.")


async def check_host(installation: Installation) -> Finding:
    """Look up the platform's own name; set ``installation.host_addresses``."""
    host = installation.host_name
    installation.host_addresses = []
    if not host:
        return skipped("Name the platform's own host with --host to have it looked up.")
    if host.endswith(_LOCAL):
        return skipped(f"Browsers find *{_LOCAL} on their own machine.")
    try:
        installation.host_addresses = await installation.resolve(host)
    except OSError as error:
        # Some clusters make the record when they see the release's Ingress.
        told = warning if installation.is_before_install else failed
        return told(
            f"The platform's own name is not found: {host} ({error.strerror or error}).",
            "Add a record to the DNS that leads it to the ingress controller or gateway.",
        )
    return ok(f"{host} leads to {_told(installation.host_addresses)}.")


def _told(addresses: list[str]) -> str:
    return ", ".join(addresses[:_SHOWN])
