"""Where the platform's pods may go, and who may come: its policies, evaluated."""

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
import yaml

from provisioner.domain.engines import load_engine
from tests.charts.rendering import STORE_LABEL, Helm, Objects, Values

pytestmark = pytest.mark.slow

REDIS: Values = {"limits": {"redis": {"existingSecret": "counts", "port": 6380}}}
EVERYTHING: Values = {
    "stores": {"url": "https://{name}.shops.test:9443", "ingressUrl": "http://traefik.edge:81"},
    "database": {"existingSecret": "state", "port": 5433},
    "oidc": {
        "issuer": "https://id.test:8444/realms/a",
        "audience": "a",
        "clientId": "c",
        "tokenOrigins": ["http://tokens.test"],
    },
    "monitoring": {"tracesEndpoint": "http://[fd00::17]:4319/v1"},
    **REDIS,
}
METADATA = [
    "169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fd20:ce::254", "fe80::a9fe:a9fe",
    "100.100.100.200", "168.63.129.16", "192.0.0.192",
]  # fmt: skip
OUTSIDE = ["93.184.216.34", "2606:2800:21f::1", "192.168.7.7", "10.9.9.9", "fd00::17"]


@dataclass(frozen=True)
class Other:
    """The other side: an address, and of a pod its namespace and labels too.

    ``is_shops``: the namespace is a store's.
    """

    address: str
    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    is_shops: bool = False


CLUSTER_DNS = Other("10.244.0.3", "kube-system", {"k8s-app": "kube-dns"})
CONTROLLER = Other("10.244.0.4", "traefik", {"app": "traefik"})


def is_it(peer: dict[str, Any], other: Other) -> bool:
    if "ipBlock" in peer:
        address, block = ip_address(other.address), ip_network(peer["ipBlock"]["cidr"])
        excepted = [ip_network(text) for text in peer["ipBlock"].get("except", [])]
        return address in block and not any(address in network for network in excepted)
    for wanted in peer["namespaceSelector"].get("matchExpressions", []):
        assert wanted == {"key": STORE_LABEL, "operator": "Exists"}
        if not other.is_shops:
            return False
    spaces = peer["namespaceSelector"].get("matchLabels", {})
    name = {"kubernetes.io/metadata.name": other.namespace}
    labels = peer.get("podSelector", {}).get("matchLabels", {})
    is_there = bool(other.namespace) and spaces.items() <= name.items()
    return is_there and labels.items() <= other.labels.items()


def may(objects: Objects, component: str, direction: str, other: Other, port: int | str) -> bool:
    """Whether the component's policy lets it ``egress`` to, or take ``ingress`` from, the other."""
    (policy,) = [
        item["spec"]
        for item in objects.of("NetworkPolicy")
        if item["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == component
    ]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    peers = {"egress": "to", "ingress": "from"}[direction]
    return any(
        port in [item["port"] for item in rule["ports"]]
        and (peers not in rule or any(is_it(peer, other) for peer in rule[peers]))
        for rule in policy.get(direction, [])
    )


def ports_of(objects: Objects, component: str, other: Other) -> set[int]:
    return {port for port in range(1, 10_000) if may(objects, component, "egress", other, port)}


@pytest.fixture(scope="module")
def default(platform: Helm) -> Objects:
    return platform.objects()


@pytest.fixture(scope="module")
def everything(platform: Helm) -> Objects:
    return platform.objects(EVERYTHING)


def test_the_ports_are_those_of_the_urls(default: Objects, everything: Objects) -> None:
    always = {443, 6443, 8000, 8443}  # the API server's, and Traefik's behind its Service
    for address in OUTSIDE:
        assert ports_of(default, "api", Other(address)) == always | {80}
        found = ports_of(everything, "api", Other(address))
        assert found == always | {9443, 81, 5433, 8444, 80, 4319, 6380}
    assert ports_of(everything, "migration", Other(OUTSIDE[0])) == {5433}


def test_no_nodes_credentials_are_reached(everything: Objects) -> None:
    for component in ("api", "migration", "dashboard"):
        for address in METADATA:
            assert ports_of(everything, component, Other(address)) == set(), address


def test_dns_is_the_clusters_alone(platform: Helm, default: Objects) -> None:
    assert may(default, "api", "egress", CLUSTER_DNS, 53)
    for other in (
        *map(Other, OUTSIDE),
        CONTROLLER,
        Other("10.244.0.9", "kube-system", {"k8s-app": "other"}),
        Other("10.244.0.9", "mine", {"k8s-app": "kube-dns"}),
    ):
        assert not may(default, "api", "egress", other, 53)
    elsewhere = {"namespace": "dns", "podLabels": {"k8s-app": "own"}, "cidrs": ["169.254.20.10/32"]}
    objects = platform.objects({"networkPolicies": {"dns": elsewhere}})
    assert may(objects, "api", "egress", Other("10.244.0.3", "dns", {"k8s-app": "own"}), 53)
    assert may(objects, "api", "egress", Other("169.254.20.10"), 53)
    assert not may(objects, "api", "egress", Other("169.254.169.254"), 53)


def test_where_the_api_server_is(platform: Helm) -> None:
    objects = platform.objects({"networkPolicies": {"apiServerCidrs": ["10.96.0.1/32"]}})
    assert may(objects, "api", "egress", Other("10.96.0.1"), 6443)
    assert not may(objects, "api", "egress", Other("10.96.0.2"), 6443)


def test_the_api_servers_ports_are_apart_from_those_of_urls(platform: Helm) -> None:
    server, shops = Other("10.96.0.1"), Other("10.9.9.9")
    said = {"apiServerCidrs": ["10.96.0.1/32"], "apiServerPorts": [6443], "extraPorts": []}
    objects = platform.objects({"networkPolicies": said})
    assert ports_of(objects, "api", server) == {6443, 80}
    assert ports_of(objects, "api", shops) == {80}
    https = {"stores": {"url": "https://{name}.shops.test"}, "networkPolicies": said}
    assert ports_of(platform.objects(https), "api", shops) == {443}
    # No ports at all would be every port.
    assert "/networkPolicies/apiServerPorts" in platform.refusal(
        {"networkPolicies": {"apiServerPorts": []}}
    )


def test_a_shop_is_asked_at_its_own_pods(platform: Helm, any_engine: Helm) -> None:
    """Whose port it is that counts, behind a Service with another, and never its database's."""
    https = {"stores": {"url": "https://{name}.shops.test"}}
    default = platform.objects(https)
    shop, other = Other("10.244.1.1", "woo-1", is_shops=True), Other("10.244.1.2", "mine")
    always = ports_of(default, "api", other)
    assert ports_of(default, "api", shop) - always == {80, 8080}
    service = load_engine(any_engine.chart).shop_service
    assert service is not None
    rendered = any_engine.objects()
    (port,) = rendered.containers[service.component]["ports"]
    assert {service.port, port["containerPort"]} == {80, 8080}
    said = {"networkPolicies": {"shopPorts": [3000]}}
    assert ports_of(platform.objects(https | said), "api", shop) - always == {3000}
    # No ports at all would be every port.
    assert "/networkPolicies/shopPorts" in platform.refusal({"networkPolicies": {"shopPorts": []}})


def test_services_have_addresses_of_both_families_where_it_is_said(
    platform: Helm, default: Objects
) -> None:
    assert not any("ipFamilyPolicy" in item["spec"] for item in default.of("Service"))
    objects = platform.objects({"services": {"ipFamilyPolicy": "PreferDualStack"}})
    policies = [item["spec"]["ipFamilyPolicy"] for item in objects.of("Service")]
    assert policies == ["PreferDualStack"] * 2
    assert "/services/ipFamilyPolicy" in platform.refusal({"services": {"ipFamilyPolicy": "IPv6"}})


def test_and_so_have_those_of_shops(platform: Helm, any_engine: Helm) -> None:
    """What ``stores.values`` says of an engine reaches its chart."""
    name = any_engine.chart.name
    given = {"services": {"ipFamilyPolicy": "PreferDualStack"}}
    objects = platform.objects({"stores": {"values": {name: given}}})
    handed = objects.one("ConfigMap", "-engine-values")["data"][f"{name}.yaml"]
    services = any_engine.objects(yaml.safe_load(handed)).of("Service")
    assert {item["spec"]["ipFamilyPolicy"] for item in services} == {"PreferDualStack"}


def test_nobody_connects_to_a_migration(everything: Objects) -> None:
    assert not may(everything, "migration", "ingress", CONTROLLER, "http")


def test_who_may_open_connections(platform: Helm, default: Objects) -> None:
    said = {"fromNamespaces": ["traefik", "monitoring"], "fromCidrs": ["192.168.1.0/24"]}
    narrow = platform.objects({"networkPolicies": said})
    stranger = Other("10.244.0.9", "mine")
    for component in ("api", "dashboard"):
        assert may(default, component, "ingress", stranger, "http")
        assert not may(narrow, component, "ingress", stranger, "http")
        for other in (CONTROLLER, Other("192.168.1.9")):
            assert may(narrow, component, "ingress", other, "http")


def test_redis_is_named_and_never_written_down(platform: Helm, default: Objects) -> None:
    objects = platform.objects(REDIS)
    reference = {
        "name": "STORE_PLATFORM_RATE_LIMIT_STORAGE",
        "valueFrom": {"secretKeyRef": {"name": "counts", "key": "url"}},
    }
    assert reference in objects.containers["api"]["env"]
    without = [entry["name"] for entry in default.containers["api"]["env"]]
    assert reference["name"] not in without
    assert not any(reference["name"] in item.get("data", {}) for item in objects.of("ConfigMap"))
