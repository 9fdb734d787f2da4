"""How visitors of closed shops get to the platform: after every shop, and to nothing else."""

from dataclasses import replace

import pytest

from tests.charts.rendering import PLATFORM, Helm, Objects, Values
from tests.charts.test_platform import SHOPS_BY_GATEWAY, settings
from tests.charts.test_platform_network import CONTROLLER, Other, may

pytestmark = pytest.mark.slow

OFF: Values = {"closedShops": {"enabled": False}}
LATER_LABEL: Values = {"stores": {"url": "https://{name}-shop.example.com"}}
PRIORITY = "traefik.ingress.kubernetes.io/router.priority"


def by_class(**classes: str) -> Values:
    """Return values in which the shops of each engine have an ingress class."""
    values = {engine: {"ingress": {"className": name}} for engine, name in classes.items()}
    return {"stores": {"values": values}}


def leads_there(objects: Objects) -> bool:
    """Return whether there is anything of it: all of its parts or none."""
    parts = [
        any("closed-shops" in item["metadata"]["name"] for item in objects),
        "STORE_PLATFORM_CLOSED_SHOPS_PORT" in settings(objects),
        "closed-shops" in [port["name"] for port in objects.containers["api"]["ports"]],
        "closed-shops" in [p["name"] for p in objects.one("Service", "-api")["spec"]["ports"]],
        may(objects, "api", "ingress", CONTROLLER, "closed-shops"),
    ]
    assert len(set(parts)) == 1, parts
    return parts[0]


def test_what_no_shop_has_is_led_to_a_port_of_its_own(platform: Helm) -> None:
    objects = platform.objects()
    assert leads_there(objects)
    ingress = objects.one("Ingress", "-closed-shops")
    (rule,) = ingress["spec"]["rules"]
    assert rule["host"] == "*.store.localhost"
    (path,) = rule["http"]["paths"]
    service = objects.one("Service", "-api")
    assert path["backend"]["service"] == {
        "name": service["metadata"]["name"],
        "port": {"name": "closed-shops"},
    }
    (port,) = [p for p in service["spec"]["ports"] if p["name"] == "closed-shops"]
    (target,) = [p for p in objects.containers["api"]["ports"] if p["name"] == port["targetPort"]]
    listened = settings(objects)["STORE_PLATFORM_CLOSED_SHOPS_PORT"]
    assert str(target["containerPort"]) == listened != settings(objects)["STORE_PLATFORM_PORT"]


def test_shops_go_before_it_in_traefik_whatever_else_is_said(platform: Helm) -> None:
    said = {PRIORITY: "1000", "example.com/a": "b"}
    objects = platform.objects({"closedShops": {"ingress": {"annotations": said}}})
    found = objects.one("Ingress", "-closed-shops")["metadata"]["annotations"]
    assert found == {PRIORITY: "1", "example.com/a": "b"}


def test_it_has_the_class_and_the_tls_of_shops(platform: Helm) -> None:
    plain = platform.objects().one("Ingress", "-closed-shops")["spec"]
    assert "tls" not in plain
    assert "ingressClassName" not in plain
    prod = platform.objects(files=[PLATFORM / "values-prod.yaml"])
    spec = prod.one("Ingress", "-closed-shops")["spec"]
    assert spec["ingressClassName"] == "traefik"
    # As shops': the ingress controller's default certificate, which is the wildcard.
    assert spec["tls"] == [{"hosts": ["*.shops.example.com"]}]
    own = {
        "stores": {"url": "https://{name}.shops.test:8443"},
        "closedShops": {"ingress": {"className": "nginx", "tlsSecretName": "wildcard"}},
    }
    spec = platform.objects(own).one("Ingress", "-closed-shops")["spec"]
    assert spec["ingressClassName"] == "nginx"
    assert spec["tls"] == [{"hosts": ["*.shops.test"], "secretName": "wildcard"}]


def test_several_classes_need_one_to_be_named(platform: Helm) -> None:
    assert platform.objects(by_class(medusa="a", woocommerce="a"))
    two = by_class(medusa="a", woocommerce="b")
    said = platform.refusal(two)
    assert "closedShops.ingress.className: shops have several ingress classes (a, b)" in said
    named = platform.objects({**two, "closedShops": {"ingress": {"className": "b"}}})
    assert named.one("Ingress", "-closed-shops")["spec"]["ingressClassName"] == "b"
    assert not leads_there(platform.objects({**two, **OFF}))


def test_where_shops_are_reached_by_a_gateway(platform: Helm) -> None:
    objects = platform.objects(SHOPS_BY_GATEWAY)
    assert leads_there(objects)
    assert not [o for o in objects.of("Ingress") if "closed" in o["metadata"]["name"]]
    route = objects.one("HTTPRoute", "-closed-shops")["spec"]
    assert route["hostnames"] == ["*.store.localhost"]
    assert route["parentRefs"] == [{"name": "public", "namespace": "edge"}]
    service = objects.one("Service", "-api")
    (rule,) = route["rules"]
    (backend,) = rule["backendRefs"]
    assert backend["name"] == service["metadata"]["name"]
    assert backend["port"] in [p["port"] for p in service["spec"]["ports"] if "closed" in p["name"]]


def test_where_some_shops_are_reached_by_a_gateway(platform: Helm) -> None:
    gateway = SHOPS_BY_GATEWAY["stores"]["values"]["medusa"]
    both = {"medusa": gateway, "woocommerce": {"ingress": {"className": "nginx"}}}
    objects = platform.objects({"stores": {"values": both}})
    assert objects.one("HTTPRoute", "-closed-shops")
    assert objects.one("Ingress", "-closed-shops")["spec"]["ingressClassName"] == "nginx"


def test_a_cluster_without_the_gateway_api(platform: Helm) -> None:
    bare = replace(platform, apis=())
    assert not bare.objects(SHOPS_BY_GATEWAY).of("HTTPRoute")
    insisted = {**SHOPS_BY_GATEWAY, "closedShops": {"enabled": True}}
    assert "closedShops.enabled: this cluster has no HTTPRoute" in bare.refusal(insisted)


@pytest.mark.parametrize("given", [OFF, LATER_LABEL], ids=["off", "no wildcard"])
def test_where_nothing_leads_there(platform: Helm, given: Values) -> None:
    assert not leads_there(platform.objects(given))


def test_a_pattern_that_has_no_wildcard_is_refused_if_insisted(platform: Helm) -> None:
    said = platform.refusal({**LATER_LABEL, "closedShops": {"enabled": True}})
    assert "closedShops.enabled: {name} has to be the whole first label" in said
    assert "stores.url is https://{name}-shop.example.com" in said


def test_a_pattern_that_is_set_by_the_environment(platform: Helm) -> None:
    extra = {"STORE_PLATFORM_SHOP_URL": "https://{name}.other.test"}
    objects = platform.objects({"api": {"extraEnv": extra}})
    (rule,) = objects.one("Ingress", "-closed-shops")["spec"]["rules"]
    assert rule["host"] == "*.other.test"


def test_who_may_open_connections_there(platform: Helm) -> None:
    narrow = platform.objects({"networkPolicies": {"fromNamespaces": ["traefik"]}})
    assert may(narrow, "api", "ingress", CONTROLLER, "closed-shops")
    assert not may(narrow, "api", "ingress", Other("10.244.0.9", "mine"), "closed-shops")
    assert not may(narrow, "dashboard", "ingress", CONTROLLER, "closed-shops")
