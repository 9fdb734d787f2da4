"""Reads where a Service is reached inside the cluster."""

from ipaddress import IPv6Address, ip_address

import msgspec

from provisioner.domain.cluster_rejections import no_text
from provisioner.domain.errors import NotFoundError
from provisioner.kubernetes.api import KubeApi

_HEADLESS = "None"


class _Port(msgspec.Struct):
    port: int


class _Spec(msgspec.Struct, rename={"cluster_ip": "clusterIP"}):
    # An ExternalName has neither, and another cluster's address: it is none of this one's.
    cluster_ip: str = ""
    ports: list[_Port] = []


class _Service(msgspec.Struct):
    spec: _Spec


_services = msgspec.json.Decoder(_Service)


async def address_of(api: KubeApi, namespace: str, name: str, port: int) -> str | None:
    """Return a Service's address; see ``ports.Cluster.service_address``."""
    path = f"/api/v1/namespaces/{namespace}/services/{name}"
    content = await api.call("GET", path)
    try:
        spec = _services.decode(content).spec
        address = None if spec.cluster_ip in ("", _HEADLESS) else ip_address(spec.cluster_ip)
    except (msgspec.MsgspecError, ValueError):
        raise no_text(path) from None
    if address is None:
        return None
    if port not in {item.port for item in spec.ports}:
        raise NotFoundError(f"services {name!r} has no port {port}")
    host = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
    return f"{host}:{port}"
