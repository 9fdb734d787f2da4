"""What holds for the chart of every engine: labels, selectors, security, sizes, switches."""

from dataclasses import replace
from typing import Any

import kubernetes_validate
import pytest

from provisioner.domain.engines import load_engine
from tests.charts.rendering import (
    COMPONENT_LABEL,
    KUBERNETES,
    STORE,
    STORE_LABEL,
    Helm,
    Object,
    Objects,
    Values,
    quantity,
    secret_keys,
    total,
)

HTTPS: Values = {
    "store": {**STORE, "url": "https://my-shop.store.localhost"},
    "ingress": {"tls": {"enabled": True}},
}
GATEWAY: Values = {"gateway": {"enabled": True, "name": "public", "namespace": "edge"}}
VARIANTS: dict[str, Values] = {
    "default": {},
    "no ingress": {"ingress": {"enabled": False}},
    "no network policies": {"networkPolicies": {"enabled": False}},
    "no internet": {"networkPolicies": {"allowInternet": False}},
    "no quota": {"quota": {"enabled": False}},
    "annotated": {"podAnnotations": {"everybody": "yes"}, "imagePullSecrets": ["registry"]},
    "https": HTTPS,
    "medium": {"plan": "medium"},
    "large": {"plan": "large"},
    "backup": {"backup": {"enabled": True}},
    "restore": {"backup": {"enabled": True}, "restore": {"enabled": True}},
    "copy": {"store": {**STORE, "isCopy": True}},
}
PLANS = ("small", "medium", "large")
AMOUNTS = ("cpu", "memory", "ephemeral-storage")


def selectors_of(engine: Helm) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": engine.chart.name,
        "app.kubernetes.io/instance": "woo-8f0c2f5e",
    }


def selectors(item: Object) -> list[tuple[dict[str, str], str]]:
    """Return each selector of pods in an object, with the component that it is to find."""
    spec, kind = item.get("spec", {}), item["kind"]
    if kind in {"Deployment", "StatefulSet"}:
        component = spec["template"]["metadata"]["labels"][COMPONENT_LABEL]
        return [(spec["selector"]["matchLabels"], component)]
    if kind == "Service":
        return [(spec["selector"], item["metadata"]["labels"][COMPONENT_LABEL])]
    return []


def test_everything_is_labelled_with_the_store(any_engine: Helm, any_shop: Objects) -> None:
    watched = [any_shop.templates[component] for component in any_shop.templates.keys() - {"cron"}]
    for item in [*any_shop, *watched, *any_shop.claims]:
        labels = item["metadata"]["labels"]
        assert labels[STORE_LABEL] == STORE["id"]
        assert labels[COMPONENT_LABEL] in any_shop.templates.keys() | {"quota"}
    for item in any_shop:
        labels = item["metadata"]["labels"]
        assert selectors_of(any_engine).items() <= labels.items()
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["app.kubernetes.io/version"]
        assert labels["helm.sh/chart"].startswith(f"{any_engine.chart.name}-")
        assert "namespace" not in item["metadata"]
        assert "helm.sh/hook" not in item["metadata"].get("annotations", {})


def test_selectors_are_minimal_and_find_their_pods(any_engine: Helm, any_shop: Objects) -> None:
    found = [pair for item in any_shop for pair in selectors(item)]
    assert found
    for selector, component in found:
        assert selector == {**selectors_of(any_engine), COMPONENT_LABEL: component}
        assert selector.items() <= any_shop.templates[component]["metadata"]["labels"].items()


def test_what_cannot_be_changed_does_not_depend_on_the_chart_version(
    any_engine: Helm, any_shop: Objects
) -> None:
    for item in [*any_shop.templates.values(), *any_shop.claims[1:]]:
        labels = set(item["metadata"]["labels"]) - {STORE_LABEL}
        assert labels == {*selectors_of(any_engine), COMPONENT_LABEL}


def test_services_reach_a_port_of_their_pods(any_shop: Objects) -> None:
    for service in any_shop.of("Service"):
        (port,) = service["spec"]["ports"]
        container = any_shop.containers[service["metadata"]["labels"][COMPONENT_LABEL]]
        assert port["targetPort"] in [item["name"] for item in container["ports"]]


def test_services_have_addresses_of_both_families_where_it_is_said(any_engine: Helm) -> None:
    assert not any("ipFamilyPolicy" in item["spec"] for item in any_engine.objects().of("Service"))
    services = any_engine.objects({"services": {"ipFamilyPolicy": "PreferDualStack"}}).of("Service")
    assert len(services) >= 2
    assert {item["spec"]["ipFamilyPolicy"] for item in services} == {"PreferDualStack"}
    said = any_engine.refusal({"services": {"ipFamilyPolicy": "IPv6"}})
    assert "/services/ipFamilyPolicy" in said


def test_who_may_go_anywhere_may_do_so_by_both_families(any_engine: Helm) -> None:
    blocks = [
        {peer["ipBlock"]["cidr"] for peer in rule["to"] if "ipBlock" in peer}
        for policy in any_engine.objects().of("NetworkPolicy")
        for rule in policy["spec"].get("egress", [])
        if any("ipBlock" in peer for peer in rule.get("to", []))
    ]
    assert blocks == [{"0.0.0.0/0", "::/0"}]


def test_the_ingress_reaches_services_of_the_shop(any_shop: Objects) -> None:
    (rule,) = any_shop.one("Ingress")["spec"]["rules"]
    assert rule["host"] == STORE["host"]
    ports = {
        item["metadata"]["name"]: [port["name"] for port in item["spec"]["ports"]]
        for item in any_shop.of("Service")
    }
    for path in rule["http"]["paths"]:
        backend = path["backend"]["service"]
        assert backend["port"]["name"] in ports[backend["name"]]


def test_restricted_pod_security(any_shop: Objects) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    for template in any_shop.templates.values():
        spec: dict[str, Any] = template["spec"]
        pod = spec["securityContext"]
        assert pod["runAsNonRoot"] is True
        assert pod["runAsUser"] == pod["runAsGroup"] == pod["fsGroup"] > 0
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
        assert "sysctls" not in pod
        for forbidden in ("hostNetwork", "hostPID", "hostIPC", "hostUsers"):
            assert forbidden not in spec
        for volume in spec["volumes"]:
            (kind,) = set(volume) - {"name"}
            assert kind in {"emptyDir", "persistentVolumeClaim"}
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False


def test_restricted_containers(any_shop: Objects) -> None:
    assert len(any_shop.all_containers) >= len(any_shop.templates)
    for container in any_shop.all_containers:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert not any("hostPort" in port for port in container.get("ports", []))


def test_mounts_have_volumes_and_volumes_are_mounted(any_shop: Objects) -> None:
    of_sets = {
        item["spec"]["template"]["metadata"]["labels"][COMPONENT_LABEL]: {
            claim["metadata"]["name"] for claim in item["spec"]["volumeClaimTemplates"]
        }
        for item in any_shop.of("StatefulSet")
    }
    for component, template in any_shop.templates.items():
        volumes = {item["name"] for item in template["spec"]["volumes"]}
        mounts = any_shop.containers[component]["volumeMounts"]
        assert {mount["name"] for mount in mounts} == volumes | of_sets.get(component, set())
        assert "/tmp" in [mount["mountPath"] for mount in mounts]  # noqa: S108 - in the container


def test_volumes_of_one_node_are_of_one_pod_at_a_time(any_shop: Objects) -> None:
    assert {claim["spec"]["accessModes"][0] for claim in any_shop.claims} == {"ReadWriteOnce"}
    for item in any_shop.of("Deployment"):
        volumes = item["spec"]["template"]["spec"]["volumes"]
        if any("persistentVolumeClaim" in volume for volume in volumes):
            assert item["spec"]["strategy"] == {"type": "Recreate"}
            assert item["spec"]["replicas"] == 1


def test_no_secret_is_rendered(any_engine: Helm, any_shop: Objects) -> None:
    assert not any_shop.of("Secret")
    for container in any_shop.all_containers:
        for entry in container["env"]:
            if any(word in entry["name"] for word in ("PASSWORD", "SECRET", "TOKEN")):
                assert set(entry) == {"name", "valueFrom"}, container["name"]
                assert set(entry["valueFrom"]) == {"secretKeyRef"}
    # Another Secret is another name, and nothing else
    other = any_engine.objects({"store": {**STORE, "credentialsSecret": "elsewhere"}})
    assert {name for name, _ in secret_keys(list(other))} == {"elsewhere"}
    assert {key for _, key in secret_keys(list(other))} == {
        key for _, key in secret_keys(list(any_shop))
    }


def test_no_command_line_has_a_password(any_shop: Objects) -> None:
    for container in any_shop.all_containers:
        probes = [value for key, value in container.items() if key.endswith("Probe")]
        for words in (container.get("command"), container.get("args"), probes):
            assert "assword" not in str(words)
            assert "$(" not in str(words)


@pytest.mark.parametrize("plan", PLANS)
def test_quota_has_room_for_everything_thrice(any_engine: Helm, plan: str) -> None:
    shop = any_engine.objects({"plan": plan})
    hard = shop.one("ResourceQuota")["spec"]["hard"]
    containers = list(shop.containers.values())
    for part in ("requests", "limits"):
        for resource in AMOUNTS:
            needed = 3 * total(containers, part, resource)
            assert quantity(hard[f"{part}.{resource}"]) >= needed, (part, resource)
    storage = sum(quantity(c["spec"]["resources"]["requests"]["storage"]) for c in shop.claims)
    assert quantity(hard["requests.storage"]) >= 3 * storage
    assert int(hard["persistentvolumeclaims"]) >= 3 * len(shop.claims)
    assert int(hard["pods"]) >= 3 * len(containers)
    assert hard["services.loadbalancers"] == hard["services.nodeports"] == "0"


def test_limit_range_supplies_what_the_quota_counts(any_shop: Objects) -> None:
    (limit,) = any_shop.one("LimitRange")["spec"]["limits"]
    assert limit["type"] == "Container"
    assert set(limit["default"]) == set(limit["defaultRequest"]) == set(AMOUNTS)


@pytest.mark.parametrize("plan", PLANS)
def test_nothing_fills_a_nodes_disk(any_engine: Helm, plan: str) -> None:
    shop = any_engine.objects({"plan": plan})
    for container in shop.all_containers:
        sizes = [
            container["resources"][part]["ephemeral-storage"] for part in ("requests", "limits")
        ]
        assert 0 < quantity(sizes[0]) <= quantity(sizes[1]), container["name"]
    for component, template in shop.templates.items():
        limit = shop.containers[component]["resources"]["limits"]["ephemeral-storage"]
        volumes = [
            volume["emptyDir"] for volume in template["spec"]["volumes"] if "emptyDir" in volume
        ]
        assert volumes
        assert volumes == [{"sizeLimit": limit}] * len(volumes)


def test_a_plan_is_more_than_the_one_below(any_engine: Helm) -> None:
    plans = [any_engine.objects({"plan": plan}) for plan in PLANS]
    for part in ("requests", "limits"):
        for resource in AMOUNTS:
            sums = [total(list(shop.containers.values()), part, resource) for shop in plans]
            assert sums == sorted(set(sums)), (part, resource)


def test_long_release_names(any_engine: Helm) -> None:
    done = any_engine.template(release="w" * 53)
    assert done.returncode == 0, done.stderr
    # Kubernetes puts "-<10 characters>" behind a StatefulSet's and "-<5>" behind a Job's name
    names = [item["metadata"]["name"] for item in Objects.read(done.stdout)]
    assert max(map(len, names)) <= 57


def test_lint(any_engine: Helm) -> None:
    done = any_engine.lint()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout


def test_global_values_are_allowed(any_engine: Helm) -> None:
    assert any_engine.text({"global": {"anything": 1}}) == any_engine.text()


@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_are_valid_objects(any_engine: Helm, variant: str) -> None:
    are_valid_objects(any_engine.objects(VARIANTS[variant]))


def are_valid_objects(objects: Objects) -> None:
    for item in objects:
        kubernetes_validate.validate(item, KUBERNETES, strict=True)
    names = [(item["kind"], item["metadata"]["name"]) for item in objects]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("variant", "kinds"),
    [
        ("no ingress", {"Ingress"}),
        ("no network policies", {"NetworkPolicy"}),
        ("no quota", {"ResourceQuota", "LimitRange"}),
    ],
)
def test_switched_off(any_engine: Helm, variant: str, kinds: set[str]) -> None:
    default, without = any_engine.objects(), any_engine.objects(VARIANTS[variant])
    assert without == [item for item in default if item["kind"] not in kinds]
    assert kinds <= {item["kind"] for item in default}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"colour": "red"}, "additional properties 'colour' not allowed"),
        ({"store": {**STORE, "password": "x"}}, "at '/store': additional properties 'password'"),
        ({"store": {"id": "8f0c", "name": "my-shop"}}, "at '/store/host'"),
        ({"store": {**STORE, "id": ""}}, "at '/store/id'"),
        ({"store": {**STORE, "host": "a b"}}, "at '/store/host'"),
        ({"store": {**STORE, "host": "shop.test:8080"}}, "at '/store/host'"),
        ({"store": {**STORE, "url": "my-shop.test"}}, "at '/store/url'"),
        ({"store": {**STORE, "url": "https://my-shop.test/path"}}, "at '/store/url'"),
        ({"store": {**STORE, "adminEmail": "nobody"}}, "at '/store/adminEmail'"),
        ({"plan": "huge"}, 'there is no plan "huge"; choose one of: large, medium, small.'),
        ({"plans": {"huge": {}}}, "at '/plans/huge'"),
        ({"networkPolicies": {"dns": {"podLabels": {"k8s-app": None}}}}, "/networkPolicies/dns/"),
    ],
)
def test_refused_values(any_engine: Helm, values: Values, told: str) -> None:
    assert told in any_engine.refusal(values)


@pytest.mark.parametrize("secret", ["", "shop-tls"])
def test_tls_with_the_ingress_controllers_certificate_or_an_own_one(
    any_engine: Helm, secret: str
) -> None:
    shop = any_engine.objects({"ingress": {"tls": {"enabled": True, "secretName": secret}}})
    (tls,) = shop.one("Ingress")["spec"]["tls"]
    named = {"secretName": secret} if secret else {}
    assert tls == {"hosts": [STORE["host"]], **named}


def test_no_tls_by_default(any_shop: Objects) -> None:
    assert "tls" not in any_shop.one("Ingress")["spec"]


def test_a_gateway_in_place_of_an_ingress(any_engine: Helm, any_shop: Objects) -> None:
    shop = any_engine.objects(GATEWAY)
    ways_in = {"Ingress", "HTTPRoute"}
    others = [item for item in any_shop if item["kind"] not in ways_in]
    assert [item for item in shop if item["kind"] not in ways_in] == others
    assert not shop.of("Ingress")
    route, ingress = shop.one("HTTPRoute"), any_shop.one("Ingress")
    assert route["metadata"] == ingress["metadata"]
    assert route["spec"]["parentRefs"] == [{"name": "public", "namespace": "edge"}]
    (rule,) = ingress["spec"]["rules"]
    assert route["spec"]["hostnames"] == [rule["host"]]
    # Each path leads where it led by the Ingress; a rule without matches takes all the others.
    by_ingress = {p["path"]: p["backend"]["service"]["name"] for p in rule["http"]["paths"]}
    assert by_ingress == {
        match["path"]["value"]: each["backendRefs"][0]["name"]
        for each in route["spec"]["rules"]
        for match in each.get("matches", [{"path": {"value": "/"}}])
    }
    ports = {item["metadata"]["name"]: item["spec"]["ports"] for item in shop.of("Service")}
    for each in route["spec"]["rules"]:
        (backend,) = each["backendRefs"]
        assert backend["port"] in [port["port"] for port in ports[backend["name"]]]


def test_a_listener_of_the_gateway(any_engine: Helm) -> None:
    gateway = {**GATEWAY["gateway"], "sectionName": "shops"}
    parents = any_engine.objects({"gateway": gateway}).one("HTTPRoute")["spec"]["parentRefs"]
    assert parents == [{"name": "public", "namespace": "edge", "sectionName": "shops"}]


@pytest.mark.parametrize("missing", ["name", "namespace"])
def test_a_gateway_is_named(any_engine: Helm, missing: str) -> None:
    gateway = {**GATEWAY["gateway"], missing: ""}
    assert f"gateway.{missing}: name the Gateway" in any_engine.refusal({"gateway": gateway})


def test_a_cluster_without_the_gateway_api(any_engine: Helm) -> None:
    bare = replace(any_engine, apis=())
    said = bare.refusal(GATEWAY)
    assert "gateway.enabled: this cluster has no HTTPRoute, a kind of the Gateway API." in said
    assert "--api-versions gateway.networking.k8s.io/v1/HTTPRoute" in said
    assert bare.objects({"gateway": {"name": "public"}}).one("Ingress")


@pytest.mark.parametrize("led_by", [{}, GATEWAY], ids=["ingress", "gateway"])
def test_who_is_installed_closed_lacks_its_routes_and_what_the_clock_does(
    any_engine: Helm, led_by: Values
) -> None:
    engine = load_engine(any_engine.chart)
    values = {**led_by, "backup": {"enabled": True}}
    opened = {name(item): item for item in any_engine.objects(values)}
    closed = {name(item): item for item in any_engine.objects({**values, **engine.while_closed})}
    assert set(opened) - set(closed) == {key for key, item in opened.items() if leads_in(item)}
    # Opening it starts nothing anew and sets nothing up again
    assert closed.items() <= opened.items()


def name(item: Object) -> tuple[str, str]:
    return item["kind"], item["metadata"]["name"]


def leads_in(item: Object) -> bool:
    """Whether an object leads visitors to a shop, or does something there by the clock."""
    is_running = item["kind"] == "CronJob" and not item["spec"].get("suspend", False)
    return is_running or item["kind"] in {"Ingress", "HTTPRoute"}
