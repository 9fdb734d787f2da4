"""Asks the ingress controller for a shop that does not exist: any answer shows that it is there."""

import httpx

from app.doctor.findings import Finding, failed, ok, skipped
from app.doctor.installation import Installation


async def check_ingress(installation: Installation) -> Finding:
    settings = installation.settings
    if not settings.reachability_check:
        return skipped("The platform does not ask shops (STORE_PLATFORM_REACHABILITY_CHECK).")
    shop = installation.shop
    host = shop.hostname or ""
    base = settings.ingress or f"{shop.scheme}://{_at(installation.shop_addresses[0])}"
    if settings.ingress is None:
        base += f":{installation.shop_port}"
    try:
        # Whom the certificate is for is another check's matter; nothing secret is sent.
        async with (
            installation.http(is_verified=False) as http,
            http.stream(
                "GET",
                base.rstrip("/") + "/",
                headers={"Host": shop.netloc},
                extensions={"sni_hostname": host},
            ) as answer,
        ):
            status = answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return failed(
            f"No ingress controller answers at {base} ({_words(error)}): no shop could become"
            " READY.",
            "Install one, lead the shops' names to it, or set STORE_PLATFORM_INGRESS to where it"
            " can be reached from here.",
        )
    return ok(f"The ingress controller answers at {base} (with {status}, as no shop is there).")


def _at(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
