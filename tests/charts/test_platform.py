"""The platform's own chart: what it makes, for whom, and what it refuses."""

from typing import Any

import kubernetes_validate
import pytest

from app.settings import Settings
from provisioner.domain.names import RESERVED_NAMES
from tests.charts.rendering import (
    KUBERNETES,
    PLATFORM,
    RELEASE,
    Helm,
    Object,
    Objects,
    Values,
)

pytestmark = pytest.mark.slow

POSTGRESQL: Values = {"database": {"existingSecret": "state"}}
COPIED: Values = {"database": {"existingSecret": "state", "copySqlite": True}}
BACKED_UP: Values = {"database": {"backup": {"enabled": True}}}
SHOP_BACKUPS: Values = {"backups": {"enabled": True, "existingSecret": "backup-key"}}
S3: Values = {
    "endpoint": "https://s3.example.com:8443", "bucket": "shops", "prefix": "of/shops",
    "existingSecret": "s3-keys",
}  # fmt: skip
IN_S3: Values = {"backups": {**SHOP_BACKUPS["backups"], "s3": S3}}
GATEWAY: Values = {"access": {"by": "gateway", "gateway": {"name": "public", "namespace": "edge"}}}
SHOPS_BY_GATEWAY: Values = {
    "stores": {
        "values": {"medusa": {"gateway": {"enabled": True, "name": "public", "namespace": "edge"}}}
    }
}
MAPS = {
    "apiGroups": [""],
    "resources": ["configmaps"],
    "verbs": ["get", "create", "patch", "delete"],
}
VARIANTS: dict[str, Values] = {
    "default": {},
    "postgresql": POSTGRESQL,
    "several": {**POSTGRESQL, "api": {"replicas": 3}},
    "copied": COPIED,
    "backed up": BACKED_UP,
    "backed up server": {"database": {"existingSecret": "state", "backup": {"enabled": True}}},
    "shop backups": SHOP_BACKUPS,
    "shop backups in an S3": IN_S3,
    "several dashboards": {"dashboard": {"replicas": 2}},
    "gateway": GATEWAY,
    "shops by a gateway": SHOPS_BY_GATEWAY,
    "closed shops elsewhere": {"closedShops": {"enabled": False}},
    "no access": {"access": {"by": "none"}},
    "no dashboard": {"dashboard": {"enabled": False}},
    "no network policies": {"networkPolicies": {"enabled": False}},
    "own account": {"serviceAccount": {"create": False, "name": "own", "onlyInStores": False}},
    "own engines": {"serviceAccount": {"extraRules": [MAPS]}},
    "oidc": {"oidc": {"issuer": "https://id.example.com", "audience": "a", "clientId": "c"}},
    "redis": {**POSTGRESQL, "limits": {"redis": {"existingSecret": "counts"}}},
    "tls": {"access": {"tls": {"enabled": True}}},
    "narrow": {"networkPolicies": {"fromNamespaces": ["traefik"], "fromCidrs": ["fd00::/8"]}},
    "monitored": {
        "monitoring": {
            "metricsSecret": "metrics",
            "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
            "alerts": {"enabled": True, "runbooks": "https://docs.test/alerts"},
            "grafanaDashboard": {"enabled": True},
            "tracesEndpoint": "http://otel:4318",
        }
    },
}
# Kinds that come with an operator; there is no published schema of Kubernetes' own for them.
FOREIGN = {"ServiceMonitor", "PrometheusRule", "HTTPRoute"}
POLICY = {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}


@pytest.fixture(scope="module")
def default(platform: Helm) -> Objects:
    return platform.objects()


def kinds(objects: Objects) -> set[tuple[str, str]]:
    return {(item["kind"], item["metadata"]["name"]) for item in objects}


def settings(objects: Objects) -> dict[str, str]:
    (found,) = [
        item["data"]
        for item in objects.of("ConfigMap")
        if "STORE_PLATFORM_PORT" in item.get("data", {})
    ]
    return dict(found)


def test_lint(platform: Helm) -> None:
    done = platform.lint()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout


@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_are_valid_objects(platform: Helm, variant: str) -> None:
    objects = platform.objects(VARIANTS[variant])
    for item in objects:
        if item["kind"] not in FOREIGN:
            kubernetes_validate.validate(item, KUBERNETES, strict=True)
    assert len(kinds(objects)) == len(objects)


@pytest.mark.parametrize("file", ["values-local.yaml", "values-prod.yaml"])
def test_the_shipped_values_files(platform: Helm, file: str) -> None:
    for item in platform.objects(files=[PLATFORM / file]):
        if item["kind"] not in FOREIGN:
            kubernetes_validate.validate(item, KUBERNETES, strict=True)


def test_no_shop_takes_the_platforms_own_name(
    platform: Helm, monkeypatch: pytest.MonkeyPatch
) -> None:
    values: Values = {
        "access": {"host": "merchants.example.com"},
        "stores": {"reservedNames": ["-blog", "tea"]},
    }
    for name, value in settings(platform.objects(values)).items():
        monkeypatch.setenv(name, value)
    names = Settings.read().platform().names
    assert names.reserved == (RESERVED_NAMES | {"merchants", "tea"}) - {"blog"}


@pytest.mark.parametrize(
    ("variant", "gone", "come"),
    [
        ("gateway", {"Ingress"}, {"HTTPRoute"}),
        ("no access", {"Ingress"}, set()),
        ("no network policies", {"NetworkPolicy"}, set()),
        ("own account", {"ServiceAccount", *POLICY, "ClusterRole", "ClusterRoleBinding"}, set()),
        ("postgresql", {"PersistentVolumeClaim"}, {"Job"}),
        ("backed up", set(), {"CronJob", "Job"}),
        ("backed up server", set(), {"CronJob", "Job"}),
        ("shop backups", set(), {"Secret", "Role", "RoleBinding", "CronJob"}),
        ("several", {"PersistentVolumeClaim"}, {"Job", "PodDisruptionBudget"}),
        ("monitored", set(), {"ServiceMonitor", "PrometheusRule"}),
    ],
)
def test_switches(
    platform: Helm, default: Objects, variant: str, gone: set[str], come: set[str]
) -> None:
    before, after = _own_kinds(default), _own_kinds(platform.objects(VARIANTS[variant]))
    assert after == (before - gone) | come
    assert gone <= before


def _own_kinds(objects: Objects) -> set[str]:
    """Return the kinds of what is there apart from shops; see test_platform_closed_shops.py."""
    named = [(item["kind"], item["metadata"]["name"]) for item in objects]
    return {kind for kind, name in named if not name.endswith("-closed-shops")}


def test_every_setting_is_one_that_the_service_reads(platform: Helm) -> None:
    known = {f"STORE_PLATFORM_{name.upper()}" for name in Settings.model_fields}
    for variant in ("default", "postgresql", "oidc", "monitored", "shop backups"):
        given = settings(platform.objects({**VARIANTS[variant], "stores": {"values": {"a": {}}}}))
        assert {name for name in given if name.startswith("STORE_PLATFORM_")} - known == set()


def test_an_issuer_whose_tokens_come_from_elsewhere(platform: Helm) -> None:
    issuer = {**VARIANTS["oidc"]["oidc"], "tokenOrigins": ["https://tokens.example.com"]}
    objects = platform.objects({"oidc": issuer})
    given = settings(objects)["STORE_PLATFORM_OIDC_TOKEN_ORIGINS"]
    assert given == "https://tokens.example.com"
    connect_to = [e for e in objects.containers["dashboard"]["env"] if e["name"] == "CONNECT_TO"]
    assert connect_to[0]["value"] == "https://id.example.com https://tokens.example.com"
    said = platform.refusal({"oidc": {**issuer, "tokenOrigins": ["https://a.example.com; *"]}})
    assert "tokenOrigins" in said


def test_sqlite_is_one_process_alone(platform: Helm, default: Objects) -> None:
    deployment = default.one("Deployment", "-api")
    assert (deployment["spec"]["replicas"], deployment["spec"]["strategy"]) == (
        1,
        {"type": "Recreate"},
    )
    claim = default.one("PersistentVolumeClaim")
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    said = platform.refusal({"api": {"replicas": 2}})
    assert "api.replicas above 1 needs PostgreSQL" in said
    assert "Set database.existingSecret" in said


def test_a_replaced_pod_answers_until_proxies_know_that_it_goes(
    platform: Helm, default: Objects
) -> None:
    waiting = {"preStop": {"exec": {"command": ["sleep", "5"]}}}
    replicated = platform.objects(POSTGRESQL)
    assert replicated.containers["api"]["lifecycle"] == waiting
    assert replicated.containers["dashboard"]["lifecycle"] == waiting
    # On SQLite nobody else could answer meanwhile
    assert "lifecycle" not in default.containers["api"]


def test_postgresql_is_named_and_never_written_down(platform: Helm) -> None:
    objects = platform.objects(POSTGRESQL)
    reference = {
        "name": "STORE_PLATFORM_DATABASE_URL",
        "valueFrom": {"secretKeyRef": {"name": "state", "key": "url"}},
    }
    migration = objects.one("Job")
    for item in (objects.one("Deployment", "-api"), migration):
        (container,) = item["spec"]["template"]["spec"]["containers"]
        assert container["env"] == [reference]
    assert migration["metadata"]["annotations"]["helm.sh/hook"] == "pre-upgrade"
    assert not objects.of("Secret")


def test_from_sqlite_to_postgresql(platform: Helm) -> None:
    objects = platform.objects(COPIED)
    job = objects.one("Job", "-copy")
    # Before the upgrade, and after the doctor
    annotations = job["metadata"]["annotations"]
    assert annotations["helm.sh/hook"] == "pre-upgrade"
    assert -10 < int(annotations["helm.sh/hook-weight"]) < 0
    container = objects.containers["copy"]
    (source,) = [e["value"] for e in container["env"] if "value" in e]
    file = source.removeprefix("sqlite:///")
    volumes = {v["name"]: v for v in objects.templates["copy"]["spec"]["volumes"]}
    (mount,) = [m for m in container["volumeMounts"] if file.startswith(m["mountPath"])]
    claim = volumes[mount["name"]]["persistentVolumeClaim"]["claimName"]
    # The volume stays a part of the release meanwhile, whatever is kept of it afterwards
    assert objects.one("PersistentVolumeClaim")["metadata"]["name"] == claim
    given = {e["name"]: e["valueFrom"] for e in container["env"] if "valueFrom" in e}
    assert given == {"STORE_PLATFORM_COPY_TO": {"secretKeyRef": {"name": "state", "key": "url"}}}
    assert not platform.objects(POSTGRESQL).of("PersistentVolumeClaim")
    refused = platform.refusal({"database": {"copySqlite": True}})
    assert "name the Secret with its URL in database.existingSecret" in refused


def test_what_only_production_has(platform: Helm) -> None:
    prod = platform.objects(files=[PLATFORM / "values-prod.yaml"])
    assert prod.one("Deployment", "-api")["spec"]["replicas"] == 2
    assert prod.one("Ingress", PLATFORM.name)["spec"]["tls"] == [
        {"hosts": ["platform.example.com"], "secretName": "store-platform-tls"}
    ]
    assert settings(prod)["STORE_PLATFORM_SHOP_URL"] == "https://{name}.shops.example.com"


@pytest.mark.parametrize(
    "variant", ["default", "several", "backed up", "backed up server", "shop backups"]
)
def test_pods_meet_the_restricted_standard(platform: Helm, variant: str) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    for component, template in platform.objects(VARIANTS[variant]).templates.items():
        spec: dict[str, Any] = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True, component
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is (component == "api")
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(container["resources"]) == {"requests", "limits"}


def backends(item: Object) -> dict[str, str]:
    """Return which service answers each path of an Ingress or HTTPRoute."""
    if item["kind"] == "Ingress":
        (rule,) = item["spec"]["rules"]
        return {p["path"]: p["backend"]["service"]["name"] for p in rule["http"]["paths"]}
    return {
        match["path"]["value"]: rule["backendRefs"][0]["name"]
        for rule in item["spec"]["rules"]
        for match in rule["matches"]
    }


@pytest.mark.parametrize("by", ["ingress", "gateway"])
def test_who_answers_what(platform: Helm, by: str) -> None:
    kind = {"ingress": "Ingress", "gateway": "HTTPRoute"}[by]
    access = {"access": {"by": by, "gateway": {"name": "public"}}}
    api, pages = f"{RELEASE}-store-platform-api", f"{RELEASE}-store-platform-dashboard"
    objects = platform.objects(access)
    assert backends(objects.one(kind, PLATFORM.name)) == {
        "/graphql": api,
        "/config.json": api,
        "/": pages,
    }
    names = {item["metadata"]["name"] for item in objects.of("Service")}
    assert names == {api, pages}
    without = platform.objects({**access, "dashboard": {"enabled": False}})
    assert backends(without.one(kind, PLATFORM.name)) == {"/": api}


def test_selectors_find_their_pods(default: Objects) -> None:
    for service in default.of("Service"):
        selector = service["spec"]["selector"]
        component = selector["app.kubernetes.io/component"]
        assert selector.items() <= default.templates[component]["metadata"]["labels"].items()
        targets = {port["targetPort"] for port in service["spec"]["ports"]}
        assert targets <= {port["name"] for port in default.containers[component]["ports"]}


def test_the_role_names_every_kind_of_the_engines_charts(default: Objects, shop: Objects) -> None:
    granted = {
        resource
        for rule in default.one("ClusterRole", "-in-stores")["rules"]
        for resource in rule["resources"]
        if {"get", "create", "patch", "delete"} <= set(rule["verbs"])
    }
    plural = {
        "NetworkPolicy": "networkpolicies",
        "Ingress": "ingresses",
    }
    assert {plural.get(kind, f"{kind.lower()}s") for kind in {o["kind"] for o in shop}} <= granted


@pytest.mark.parametrize("enabled", [True, False])
def test_routes_are_allowed_where_a_gateway_is_named_for_shops(
    platform: Helm, default: Objects, *, enabled: bool
) -> None:
    routes = {
        "apiGroups": ["gateway.networking.k8s.io"],
        "resources": ["httproutes"],
        "verbs": ["get", "create", "patch", "delete"],
    }
    before = default.one("ClusterRole", "-in-stores")["rules"]
    assert routes not in before
    gateway = {"enabled": enabled, "name": "public", "namespace": "edge"}
    values = {"woocommerce": {"plan": "medium"}, "medusa": {"gateway": gateway}}
    objects = platform.objects({"stores": {"values": values}})
    assert objects.one("ClusterRole", "-in-stores")["rules"] == [*before, routes]
    unnamed = platform.objects({"stores": {"values": {"medusa": {"gateway": {}}}}})
    assert unnamed.one("ClusterRole", "-in-stores")["rules"] == before


def test_the_roles_have_no_wildcard_and_raise_nobody_above_a_store(default: Objects) -> None:
    in_stores = default.one("ClusterRole", "-in-stores")
    bind = {
        "apiGroups": ["rbac.authorization.k8s.io"],
        "resources": ["clusterroles"],
        "resourceNames": [in_stores["metadata"]["name"]],
        "verbs": ["bind"],
    }
    rules = [rule for role in default.of("ClusterRole") for rule in role["rules"]]
    forbidden = {"*", "bind", "escalate", "impersonate", "roles", "clusterroles"}
    powerful = [
        rule
        for rule in rules
        if forbidden & {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}
    ]
    assert powerful == [bind]


def test_everywhere_it_reads_no_secret_and_writes_namespaces_alone(default: Objects) -> None:
    (binding,) = default.of("ClusterRoleBinding")
    (everywhere,) = [
        role["rules"]
        for role in default.of("ClusterRole")
        if role["metadata"]["name"] == binding["roleRef"]["name"]
    ]
    writing = {
        (resource, verb)
        for rule in everywhere
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if verb not in {"get", "list", "watch"}
    }
    assert writing == {
        ("namespaces", "create"),
        ("namespaces", "patch"),
        ("namespaces", "delete"),
        ("rolebindings", "create"),
        ("clusterroles", "bind"),
    }
    assert not any("secrets" in rule["resources"] for rule in everywhere)
    role = default.one("ClusterRole", "-in-stores")["metadata"]["name"]
    assert settings(default)["STORE_PLATFORM_STORE_ROLE"] == role


def test_an_account_of_ones_own_has_its_rights_from_elsewhere(platform: Helm) -> None:
    assert "STORE_PLATFORM_STORE_ROLE" not in settings(platform.objects(VARIANTS["own account"]))


def test_what_engines_of_ones_own_need(platform: Helm) -> None:
    more = {"apiGroups": ["example.com"], "resources": ["caches"], "verbs": ["get", "patch"]}
    objects = platform.objects({"serviceAccount": {"extraRules": [MAPS, more]}})
    assert objects.one("ClusterRole", "-in-stores")["rules"][-2:] == [MAPS, more]
    constraints = objects.one("ValidatingAdmissionPolicy")["spec"]["matchConstraints"]
    (watched,) = constraints["resourceRules"]
    assert (watched["apiGroups"], watched["resources"]) == (["*"], ["*/*"])


@pytest.mark.parametrize(
    ("values", "several"),
    [
        ({}, set()),
        ({**POSTGRESQL, "api": {"replicas": 2}}, {"api"}),
        ({"dashboard": {"replicas": 2}}, {"dashboard"}),
        (
            {**POSTGRESQL, "api": {"replicas": 2}, "dashboard": {"replicas": 3}},
            {"api", "dashboard"},
        ),
        ({"dashboard": {"enabled": False, "replicas": 3}}, set()),
    ],
)
def test_replicas_are_apart_and_one_of_them_stays(
    platform: Helm, values: Values, several: set[str]
) -> None:
    objects = platform.objects(values)
    budgets = {
        item["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"]
        for item in objects.of("PodDisruptionBudget")
    }
    spread = {
        component
        for component, template in objects.templates.items()
        if "topologySpreadConstraints" in template["spec"]
    }
    assert budgets == spread == several
    for component in several:
        template = objects.templates[component]
        (constraint,) = template["spec"]["topologySpreadConstraints"]
        selected = constraint["labelSelector"]["matchLabels"]
        assert selected.items() <= template["metadata"]["labels"].items()


def test_what_is_written_to_a_nodes_disk_has_a_limit(platform: Helm) -> None:
    for container in platform.objects(POSTGRESQL).containers.values():
        assert set(container["resources"]["requests"]) == {"cpu", "memory", "ephemeral-storage"}
        assert set(container["resources"]["limits"]) == {"cpu", "memory", "ephemeral-storage"}
