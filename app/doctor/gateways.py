"""The cluster's Gateways, and which routes their listeners take.

The rules are those of the Gateway API: https://gateway-api.sigs.k8s.io/reference/spec/.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from provisioner.kubernetes.wire import Condition, Metadata, Wire

HTTP_ROUTE = "gateway.networking.k8s.io/v1/HTTPRoute"
_PROTOCOLS = ("HTTP", "HTTPS")
_CONDITIONS = ("Accepted", "Programmed")


@dataclass(frozen=True, slots=True)
class GatewayName:
    """Which Gateway a route names, and which of its listeners; None is any that fits."""

    namespace: str
    name: str
    listener: str | None = None

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def path(self) -> str:
        """Where the API server has it."""
        return (
            f"/apis/gateway.networking.k8s.io/v1/namespaces/{self.namespace}/gateways/{self.name}"
        )


class _Expression(Wire):
    key: str
    operator: str
    values: tuple[str, ...] = ()

    def fits(self, labels: Mapping[str, str]) -> bool:
        if self.operator == "Exists":
            return self.key in labels
        if self.operator == "DoesNotExist":
            return self.key not in labels
        is_listed = labels.get(self.key) in self.values
        return is_listed if self.operator == "In" else not is_listed


class _Selector(Wire):
    match_labels: dict[str, str] = msgspec.field(default_factory=dict)
    match_expressions: tuple[_Expression, ...] = ()

    def fits(self, labels: Mapping[str, str]) -> bool:
        return self.match_labels.items() <= labels.items() and all(
            expression.fits(labels) for expression in self.match_expressions
        )


class _Namespaces(Wire):
    whose: str = msgspec.field(default="Same", name="from")
    selector: _Selector = msgspec.field(default_factory=_Selector)


class _AllowedRoutes(Wire):
    namespaces: _Namespaces = msgspec.field(default_factory=_Namespaces)


class Listener(Wire):
    """One listener; without a ``hostname`` it answers for every name."""

    name: str
    protocol: str
    hostname: str = ""
    allowed_routes: _AllowedRoutes = msgspec.field(default_factory=_AllowedRoutes)

    def answers_for(self, host: str) -> bool:
        """Return whether routes for this host name can attach to the listener."""
        if self.protocol not in _PROTOCOLS:
            return False
        is_below = self.hostname.startswith("*.") and host.endswith(self.hostname[1:])
        return not self.hostname or is_below or host == self.hostname

    def takes_from(self, labels: Mapping[str, str]) -> bool:
        """Return whether it takes routes from namespaces with these labels, but its own."""
        allowed = self.allowed_routes.namespaces
        is_chosen = allowed.whose == "Selector" and allowed.selector.fits(labels)
        return allowed.whose == "All" or is_chosen


class _Spec(Wire):
    listeners: tuple[Listener, ...] = ()


class _Status(Wire):
    conditions: tuple[Condition, ...] = ()


class Gateway(Wire):
    """A Gateway, with what its controller says of it."""

    metadata: Metadata
    spec: _Spec = msgspec.field(default_factory=_Spec)
    status: _Status = msgspec.field(default_factory=_Status)

    @property
    def trouble(self) -> str | None:
        """What keeps it from working, or None."""
        said = {condition.type: condition for condition in self.status.conditions}
        for name in _CONDITIONS:
            # Where nobody looks after its class there is no condition, or one of "Unknown".
            condition = said.get(name, Condition(message="no controller says so"))
            if condition.status != "True":
                return f"not {name} ({condition.message or condition.reason})"
        return None
