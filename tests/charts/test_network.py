"""Who may talk to whom. The policies are evaluated: what they allow is what counts."""

import ipaddress
from typing import Any

import pytest

from tests.charts.rendering import Helm, Objects

HTTP = 8080
PUBLIC = ["93.184.216.34", "2606:2800:21f::1"]
PRIVATE = [
    "10.1.2.3", "172.20.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "fd00::1", "fe80::1",
]  # fmt: skip
Peer = dict[str, str] | str
"""A pod of the same namespace by its labels, or an address."""


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        expression["operator"] == "In" and labels.get(expression["key"]) in expression["values"]
        for expression in selector.get("matchExpressions", [])
    )


def is_peer(peer: dict[str, Any], other: Peer) -> bool:
    if isinstance(other, dict):
        return set(peer) == {"podSelector"} and matches(peer["podSelector"], other)
    if "ipBlock" not in peer:
        return False
    address = ipaddress.ip_address(other)
    if address.version != ipaddress.ip_network(peer["ipBlock"]["cidr"]).version:
        return False
    excepted = any(address in ipaddress.ip_network(net) for net in peer["ipBlock"]["except"])
    return address in ipaddress.ip_network(peer["ipBlock"]["cidr"]) and not excepted


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
    labels = {key: template["metadata"]["labels"] for key, template in shop.templates.items()}
    return allows(shop, source, "Egress", labels[target], port) and allows(
        shop, target, "Ingress", labels[source], port
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
    assert allowed == {(source, "mysql") for source in ("wordpress", "setup", "cron")}


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
    assert all(allows(shop, pod, "Egress", address, 53) for address in [*PUBLIC, *PRIVATE])


def test_the_database_goes_nowhere(shop: Objects) -> None:
    for address in [*PUBLIC, *PRIVATE]:
        for port in (53, 80, 443, 3306):
            assert not allows(shop, "mysql", "Egress", address, port)


def test_internet_switched_off(helm: Helm) -> None:
    shop = helm.objects({"networkPolicies": {"allowInternet": False}})
    assert not allows(shop, "wordpress", "Egress", PUBLIC[0], 443)
    assert allows(shop, "wordpress", "Egress", PUBLIC[0], 53)
    assert is_connected(shop, "wordpress", "mysql", 3306)
