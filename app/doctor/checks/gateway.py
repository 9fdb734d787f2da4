"""Looks at the Gateways that lead to the platform and its shops, where no Ingress does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from app.doctor.checks.storage import MAY_NOT_READ
from app.doctor.findings import Finding, failed, ok, skipped, worst
from app.doctor.gateways import Gateway, GatewayName, Listener
from app.doctor.installation import Installation
from provisioner.domain.errors import ClusterRejectedError, NotFoundError
from provisioner.reconcile.namespaces import MANAGED_BY, labels_for


@dataclass(frozen=True, slots=True)
class _Route:
    """A route that names a Gateway: whose it is, its host and the labels of its namespace.

    ``labels`` is None for the platform's own, whose namespace the doctor does not know.
    """

    whose: str
    gateway: GatewayName
    host: str
    labels: Mapping[str, str] | None


async def check_gateway(installation: Installation) -> Finding:
    """Look whether each Gateway is there and at work, and takes the routes that name it."""
    routes = list(_routes(installation))
    if not routes:
        return skipped("Neither shops nor the platform are reached by a Gateway.")
    return worst([await _finding(installation, route) for route in routes])


def _routes(installation: Installation) -> Iterator[_Route]:
    if installation.gateway is not None and installation.host_name:
        yield _Route("the platform", installation.gateway, installation.host_name, None)
    for shop in installation.shops:
        for name in sorted(shop.gateways, key=str):
            host = installation.shop.hostname or ""
            yield _Route(f"shops of {shop.engine}", name, host, labels_for("doctor"))


async def _finding(installation: Installation, route: _Route) -> Finding:
    place, nobody = f"Gateway {route.gateway}", f"nobody is led to {route.whose}"
    try:
        content = await installation.api.call("GET", route.gateway.path)
    except ClusterRejectedError:
        return skipped(f"The account may not read the {place}.", MAY_NOT_READ)
    except NotFoundError:
        return failed(
            f"There is no {place}: {nobody}.",
            "Install a controller of the Gateway API, and create the Gateway, or name another.",
        )
    found = msgspec.json.decode(content, type=Gateway)
    if found.trouble is not None:
        return failed(
            f"The {place} is {found.trouble}: {nobody}.",
            "See its status, and that the controller of its GatewayClass runs.",
        )
    answering = [each for each in _named(found, route) if each.answers_for(route.host)]
    if not answering:
        named = route.gateway.listener
        which = f"The listener {named}" if named else "No listener"
        return failed(
            f"{which} of the {place} is{' not' if named else ''} there for HTTP of {route.host}:"
            f" {nobody}.",
            f"Give it a listener whose hostname covers {route.host}, or that has none.",
        )
    return _of_listeners(answering, route, place)


def _named(found: Gateway, route: _Route) -> list[Listener]:
    wanted = route.gateway.listener
    return [each for each in found.spec.listeners if wanted in (None, each.name)]


def _of_listeners(answering: list[Listener], route: _Route, place: str) -> Finding:
    labels = route.labels
    taking = [each.name for each in answering if labels is None or each.takes_from(labels)]
    if taking:
        return ok(f"The {place} leads to {route.whose} by its listener {', '.join(taking)}.")
    names = ", ".join(each.name for each in answering)
    ((label, value),) = MANAGED_BY.items()
    return failed(
        f"The {place} takes no routes from the stores' namespaces (listener {names}): nobody is led"
        f" to {route.whose}.",
        "Set allowedRoutes.namespaces of the listener to `from: Selector` with the label"
        f" {label}: {value}, or to `from: All`.",
    )
