"""Asks the registries of the shops' images whether they answer; nothing is pulled."""

import asyncio

import httpx

from app.doctor.findings import Finding, ok, skipped, warning, worst
from app.doctor.installation import Installation

_HOSTS = {"docker.io": "registry-1.docker.io"}
"""Registries whose images have another host in their name."""

_ANSWERS = (httpx.codes.OK, httpx.codes.UNAUTHORIZED)


async def check_registry(installation: Installation) -> Finding:
    """Ask each registry for its version, which needs no sign-in to be answered.

    The nodes pull images, and may reach what this machine does not. So nothing here is a failure.
    """
    images = {image for shop in installation.shops for image in shop.images}
    pulled = {image for image in images if image.pull_policy != "Never"}
    hosts = sorted({image.registry for image in pulled if image.registry is not None})
    findings = list(await asyncio.gather(*(_asked(installation, host) for host in hosts)))
    if local := sorted(image.reference for image in pulled if image.registry is None):
        findings.append(_local(local))
    if never := sorted(image.reference for image in images - pulled):
        findings.append(ok(f"Never pulled, so they must be on every node: {', '.join(never)}."))
    return worst(findings) if findings else skipped("The engines' shops have no images.")


async def _asked(installation: Installation, host: str) -> Finding:
    url = f"https://{_HOSTS.get(host, host)}/v2/"
    remedy = "See that the nodes reach it, or name a registry that they do in the engines' values."
    try:
        async with installation.http() as http:
            status = (await http.get(url)).status_code
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        words = str(error) or type(error).__name__
        return warning(f"The registry {host} does not answer from here ({words}).", remedy)
    if status not in _ANSWERS:
        return warning(f"The registry {host} answers with {status}.", remedy)
    return ok(f"The registry {host} answers.")


def _local(references: list[str]) -> Finding:
    return warning(
        f"These images name no registry: {', '.join(references)}. A node that does not have one"
        " asks docker.io for it, in vain.",
        "Load them into every node and set pullPolicy to Never, or push them to a registry and name"
        " it in the engines' values.",
    )
