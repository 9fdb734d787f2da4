"""Who may talk to whom. The policies are evaluated: what they allow is what counts."""

import ipaddress
from dataclasses import dataclass
from typing import Any

import pytest

from tests.charts.rendering import NAMESPACE, Helm, Objects

HTTP = 8080
PUBLIC = ["93.184.216.34", "2606:2800:21f::1", "64:ff9b::5db8:d822"]
PRIVATE = [
    "10.1.2.3", "172.20.0.1", "192.168.1.1", "100.64.0.1", "100.100.100.200", "169.254.169.254",
    "169.254.20.10", "192.0.0.192", "198.18.0.1", "fd00::1", "fd00:ec2::254", "fe80::1",
    # The same, by a translator of IPv6 to IPv4
    "64:ff9b::a01:203", "64:ff9b::ac14:1", "64:ff9b::c0a8:101", "64:ff9b::6440:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b::c000:c0", "64:ff9b::c612:1", "64:ff9b:1::1",
]  # fmt: skip
NODE_LOCAL = "169.254.20.10"


@dataclass(frozen=True)
class Pod:
    """A pod of some namespace, by what selectors look at."""

    labels: dict[str, str]
    namespace: str = NAMESPACE


Peer = Pod | str
"""A pod, or an address outside the cluster."""
DNS = Pod({"k8s-app": "kube-dns", "pod-template-hash": "1"}, "kube-system")


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        expression["operator"] == "In" and labels.get(expression["key"]) in expression["values"]
        for expression in selector.get("matchExpressions", [])
    )


def is_peer(peer: dict[str, Any], other: Peer) -> bool:
    if isinstance(other, Pod):
        return "ipBlock" not in peer and selects(peer, other)
    if "ipBlock" not in peer:
        return False
    address = ipaddress.ip_address(other)
    if address.version != ipaddress.ip_network(peer["ipBlock"]["cidr"]).version:
        return False
    exceptions = peer["ipBlock"].get("except", [])
    excepted = any(address in ipaddress.ip_network(net) for net in exceptions)
    return address in ipaddress.ip_network(peer["ipBlock"]["cidr"]) and not excepted


def selects(peer: dict[str, Any], pod: Pod) -> bool:
    """Whether a peer's selectors, which both have to match, select a pod."""
    if "namespaceSelector" in peer:
        is_there = matches(
            peer["namespaceSelector"], {"kubernetes.io/metadata.name": pod.namespace}
        )
    else:
        is_there = pod.namespace == NAMESPACE
    return is_there and matches(peer.get("podSelector", {}), pod.labels)


def allows(shop: Objects, pod: str, direction: str, other: Peer, port: int) -> bool:
    """Whether the policies let the pod ``Egress`` to, or take ``Ingress`` from, the other side."""
    labels = shop.templates[pod]["metadata"]["labels"]
    peers, rules = {"Egress": ("to", "egress"), "Ingress": ("from", "ingress")}[direction]
    selected = [
        policy["spec"]
        for policy in shop.of("NetworkPolicy")
        if matches(policy["spec"]["podSelector"], labels)
        and direction in policy["spec"]["policyTypes"]
    ]
    container = shop.containers[pod]
    named = {item["name"]: item["containerPort"] for item in container.get("ports", [])}
    assert selected, "without a policy everything is allowed"
    return any(
        (peers not in rule or any(is_peer(peer, other) for peer in rule[peers]))
        and port in [named.get(item["port"], item["port"]) for item in rule["ports"]]
        for policy in selected
        for rule in policy.get(rules, [])
    )


def is_connected(shop: Objects, source: str, target: str, port: int) -> bool:
    pods = {key: Pod(template["metadata"]["labels"]) for key, template in shop.templates.items()}
    return allows(shop, source, "Egress", pods[target], port) and allows(
        shop, target, "Ingress", pods[source], port
    )


def test_everything_is_denied_at_first(shop: Objects) -> None:
    assert shop.one("NetworkPolicy", "-deny-all")["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }


def test_connections_within_the_store(shop: Objects) -> None:
    allowed = {
        (source, target)
        for source in shop.templates
        for target in shop.templates
        for port in (HTTP, 3306)
        if is_connected(shop, source, target, port)
    }
    to_the_database = {(source, "mysql") for source in ("wordpress", "setup", "cron")}
    assert allowed == to_the_database | {("setup", "wordpress"), ("cron", "wordpress")}


def test_the_ingress_controller_reaches_wordpress_only(shop: Objects) -> None:
    assert allows(shop, "wordpress", "Ingress", "10.1.2.3", HTTP)
    assert not allows(shop, "mysql", "Ingress", "10.1.2.3", 3306)
    assert not allows(shop, "setup", "Ingress", "10.1.2.3", HTTP)
    assert not allows(shop, "cron", "Ingress", "10.1.2.3", HTTP)


@pytest.mark.parametrize("pod", ["wordpress", "setup", "cron"])
def test_out_to_the_internet(shop: Objects, pod: str) -> None:
    assert all(allows(shop, pod, "Egress", address, 443) for address in PUBLIC)
    assert not any(allows(shop, pod, "Egress", address, 443) for address in PRIVATE)
    assert not any(allows(shop, pod, "Egress", address, 80) for address in PUBLIC)


@pytest.mark.parametrize("pod", ["wordpress", "setup", "cron"])
def test_names_are_asked_of_the_clusters_dns_alone(shop: Objects, pod: str) -> None:
    assert allows(shop, pod, "Egress", DNS, 53)
    others: list[Peer] = [
        Pod(DNS.labels, "kube-public"),  # anybody may call a pod so in a namespace of theirs
        Pod(DNS.labels),
        Pod({"k8s-app": "metrics-server"}, "kube-system"),
        *PUBLIC,
        *PRIVATE,
    ]
    assert not any(allows(shop, pod, "Egress", other, 53) for other in others)
    assert not any(allows(shop, pod, "Egress", DNS, port) for port in (80, 443, 9153))


def test_another_clusters_dns(helm: Helm) -> None:
    dns = {
        "namespaceLabels": {"kubernetes.io/metadata.name": "openshift-dns"},
        "podLabels": {"dns.operator.openshift.io/daemonset-dns": "default"},
        "addresses": [f"{NODE_LOCAL}/32", "fd00::53/128"],
    }
    # helm merges maps: what is not wanted of the default is taken out
    dns["podLabels"]["k8s-app"] = None  # type: ignore[index]
    shop = helm.objects({"networkPolicies": {"dns": dns}})
    theirs = Pod({"dns.operator.openshift.io/daemonset-dns": "default"}, "openshift-dns")
    allowed: list[Peer] = [theirs, NODE_LOCAL, "fd00::53"]
    for other in allowed:
        assert allows(shop, "wordpress", "Egress", other, 53)
        assert not allows(shop, "wordpress", "Egress", other, 443)
    denied: list[Peer] = [DNS, "169.254.169.254", "fd00::1", PUBLIC[0]]
    for other in denied:
        assert not allows(shop, "wordpress", "Egress", other, 53)


@pytest.mark.parametrize(
    "dns",
    [
        {"podLabels": {"k8s-app": None}},  # it would be every pod
        {"namespaceLabels": {"kubernetes.io/metadata.name": None}},
        {"addresses": ["169.254.20.10"]},
        {"addresses": ["dns.example.com/32"]},
    ],
)
def test_what_would_select_everything_is_refused(helm: Helm, dns: dict[str, Any]) -> None:
    assert "/networkPolicies/dns/" in helm.refusal({"networkPolicies": {"dns": dns}})


def test_the_database_goes_nowhere(shop: Objects) -> None:
    everywhere: list[Peer] = [DNS, *PUBLIC, *PRIVATE]
    for address in everywhere:
        for port in (53, 80, 443, 3306):
            assert not allows(shop, "mysql", "Egress", address, port)


def test_internet_switched_off(helm: Helm) -> None:
    shop = helm.objects({"networkPolicies": {"allowInternet": False}})
    assert not allows(shop, "wordpress", "Egress", PUBLIC[0], 443)
    assert allows(shop, "wordpress", "Egress", DNS, 53)
    assert is_connected(shop, "wordpress", "mysql", 3306)


def test_mail_goes_to_its_port_alone(helm: Helm) -> None:
    shop = helm.objects({"mail": {"host": "mail.example.com", "port": 2525}})
    without = helm.objects()
    servers: list[Peer] = [Pod({"app": "mail"}, "mail"), *PUBLIC, *PRIVATE]
    for server in servers:
        for pod in ("wordpress", "setup", "cron"):
            assert allows(shop, pod, "Egress", server, 2525)
            assert not allows(shop, pod, "Egress", server, 25)
            assert not allows(without, pod, "Egress", server, 587)
        assert not allows(shop, "mysql", "Egress", server, 2525)
