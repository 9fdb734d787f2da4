"""Looks for the ingress classes that shops use."""

import msgspec

from app.doctor.checks.storage import MAY_NOT_READ
from app.doctor.classes import IngressClasses
from app.doctor.findings import Finding, failed, ok, skipped, warning, worst
from app.doctor.installation import Installation
from provisioner.domain.errors import ClusterRejectedError

_CLASSES = "/apis/networking.k8s.io/v1/ingressclasses"


async def check_ingress_class(installation: Installation) -> Finding:
    try:
        content = await installation.api.call("GET", _CLASSES)
    except ClusterRejectedError:
        return skipped("The account may not list the cluster's ingress classes.", MAY_NOT_READ)
    classes = msgspec.json.decode(content, type=IngressClasses).items
    known = [found.name for found in classes]
    defaults = [found.name for found in classes if found.is_default]
    findings = [
        _finding(shop.engine, name, known, defaults)
        for shop in installation.shops
        for name in sorted(shop.ingress_classes, key=str)
    ]
    return worst(findings) if findings else skipped("No engine's shops have an Ingress.")


def _finding(engine: str, name: str | None, known: list[str], defaults: list[str]) -> Finding:
    choice = f"(there are: {', '.join(known) or 'none'})"
    if name in known:
        return ok(f"Shops of {engine} have the IngressClass {name}.")
    if name is not None:
        return failed(
            f"There is no IngressClass {name}, which the values of {engine} name: no controller"
            " leads anybody to its shops.",
            f"Install the controller, or name another class {choice} in the values of {engine}.",
        )
    if defaults:
        return ok(f"Shops of {engine} have the cluster's default IngressClass, {defaults[0]}.")
    return warning(
        f"No IngressClass is the cluster's default, and the values of {engine} name none: only a"
        " controller that takes what has no class leads anybody to its shops.",
        f"Make one the default, or name one {choice} in the values of {engine}.",
    )
