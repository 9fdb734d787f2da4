"""The rendered objects: labels, selectors, security, sizes."""

from typing import Any

import pytest
import yaml

from tests.charts.rendering import (
    COMPONENT_LABEL,
    STORE,
    STORE_LABEL,
    Helm,
    Object,
    Objects,
    quantity,
    secret_keys,
    total,
)

SELECTORS = {
    "app.kubernetes.io/name": "woocommerce",
    "app.kubernetes.io/instance": "woo-8f0c2f5e",
}
COMPONENTS = {"mysql", "wordpress", "setup", "cron"}
SHOP = COMPONENTS - {"mysql"}


def selectors(item: Object) -> list[tuple[dict[str, str], str]]:
    """Return each selector of pods in an object, with the component that it is to find."""
    spec, kind = item.get("spec", {}), item["kind"]
    if kind in {"Deployment", "StatefulSet"}:
        component = spec["template"]["metadata"]["labels"][COMPONENT_LABEL]
        return [(spec["selector"]["matchLabels"], component)]
    if kind == "Service":
        return [(spec["selector"], item["metadata"]["labels"][COMPONENT_LABEL])]
    return []


def test_kinds(shop: Objects) -> None:
    kinds = sorted(item["kind"] for item in shop)
    assert kinds == [
        "CronJob", "Deployment", "Ingress", "Job", "LimitRange",
        "NetworkPolicy", "NetworkPolicy", "NetworkPolicy", "NetworkPolicy", "NetworkPolicy",
        "PersistentVolumeClaim", "ResourceQuota", "Service", "Service", "StatefulSet",
    ]  # fmt: skip


def test_everything_is_labelled_with_the_store(shop: Objects) -> None:
    watched = [shop.templates[component] for component in COMPONENTS - {"cron"}]
    for item in [*shop, *watched, *shop.claims]:
        labels = item["metadata"]["labels"]
        assert labels[STORE_LABEL] == STORE["id"]
        assert labels[COMPONENT_LABEL] in COMPONENTS | {"quota"}
    for item in shop:
        labels = item["metadata"]["labels"]
        assert SELECTORS.items() <= labels.items()
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["app.kubernetes.io/version"] == "7.1"
        assert labels["helm.sh/chart"].startswith("woocommerce-")
        assert "namespace" not in item["metadata"]
        assert "helm.sh/hook" not in item["metadata"].get("annotations", {})


def test_what_cron_runs_is_not_watched(shop: Objects) -> None:
    """Its pods come and go all day: each would be an event of the store."""
    job = shop.one("CronJob")["spec"]["jobTemplate"]
    for item in (job, job["spec"]["template"]):
        assert item["metadata"]["labels"] == {**SELECTORS, COMPONENT_LABEL: "cron"}


def test_selectors_are_minimal_and_find_their_pods(shop: Objects) -> None:
    found = [pair for item in shop for pair in selectors(item)]
    assert len(found) == 4  # two workloads, two services
    for selector, component in found:
        assert selector == {**SELECTORS, COMPONENT_LABEL: component}
        assert selector.items() <= shop.templates[component]["metadata"]["labels"].items()


def test_what_cannot_be_changed_does_not_depend_on_the_chart_version(shop: Objects) -> None:
    for item in [*shop.templates.values(), *shop.claims[1:]]:
        labels = set(item["metadata"]["labels"]) - {STORE_LABEL}
        assert labels == {*SELECTORS, COMPONENT_LABEL}


def test_services_reach_a_port_of_their_pods(shop: Objects) -> None:
    for service in shop.of("Service"):
        (port,) = service["spec"]["ports"]
        container = shop.containers[service["metadata"]["labels"][COMPONENT_LABEL]]
        assert port["targetPort"] in [item["name"] for item in container["ports"]]
    (rule,) = shop.one("Ingress")["spec"]["rules"]
    assert rule["host"] == STORE["host"]
    (path,) = rule["http"]["paths"]
    backend = path["backend"]["service"]
    service = shop.one("Service", "-wordpress")
    assert backend == {"name": service["metadata"]["name"], "port": {"name": "http"}}
    database = shop.one("Service", "-mysql")["metadata"]["name"]
    for component in SHOP:
        assert {"name": "WORDPRESS_DB_HOST", "value": database} in shop.containers[component]["env"]
    assert shop.one("StatefulSet")["spec"]["serviceName"] == database


@pytest.mark.parametrize("component", sorted(COMPONENTS))
def test_restricted_pod_security(shop: Objects, component: str) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    spec: dict[str, Any] = shop.templates[component]["spec"]
    pod = spec["securityContext"]
    assert pod["runAsNonRoot"] is True
    assert pod["runAsUser"] == pod["fsGroup"] == {"mysql": 999}.get(component, 33)
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert "sysctls" not in pod
    for forbidden in ("hostNetwork", "hostPID", "hostIPC", "hostUsers"):
        assert forbidden not in spec
    for volume in spec["volumes"]:
        (kind,) = set(volume) - {"name"}
        assert kind in {"emptyDir", "persistentVolumeClaim"}
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False


def test_restricted_containers(shop: Objects) -> None:
    assert len(shop.all_containers) == len(COMPONENTS) + 1
    for container in shop.all_containers:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert not any("hostPort" in port for port in container.get("ports", []))


@pytest.mark.parametrize("component", sorted(COMPONENTS))
def test_mounts_have_volumes_and_volumes_are_mounted(shop: Objects, component: str) -> None:
    volumes = {item["name"] for item in shop.templates[component]["spec"]["volumes"]}
    if component == "mysql":
        volumes |= {claim["metadata"]["name"] for claim in shop.claims}
        volumes.discard("woo-8f0c2f5e-wordpress")
    mounts = shop.containers[component]["volumeMounts"]
    assert {mount["name"] for mount in mounts} == volumes
    assert "/tmp" in [mount["mountPath"] for mount in mounts]  # noqa: S108 - in the container


def test_wordpress_and_its_jobs_share_the_files(shop: Objects) -> None:
    claim = shop.one("PersistentVolumeClaim")["metadata"]["name"]
    for component in SHOP:
        volumes = {v["name"]: v for v in shop.templates[component]["spec"]["volumes"]}
        assert volumes["site"]["persistentVolumeClaim"] == {"claimName": claim}
    specs = {component: shop.templates[component]["spec"] for component in SHOP}
    (sync,) = specs["wordpress"]["initContainers"]
    content = {
        "name": "site", "mountPath": "/usr/src/wordpress/wp-content", "subPath": "wp-content",
    }  # fmt: skip
    for container in [sync, *(shop.containers[component] for component in SHOP)]:
        assert content in container["volumeMounts"]
    assert len({spec["securityContext"]["runAsUser"] for spec in specs.values()}) == 1
    # One node at a time may mount it: one pod at a time, and the jobs beside it
    assert shop.one("Deployment")["spec"]["strategy"] == {"type": "Recreate"}
    for job in ("setup", "cron"):
        affinity = specs[job]["affinity"]["podAffinity"]
        (near,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]
        assert near["topologyKey"] == "kubernetes.io/hostname"
        assert near["labelSelector"]["matchLabels"] == {**SELECTORS, COMPONENT_LABEL: "wordpress"}
    assert {claim["spec"]["accessModes"][0] for claim in shop.claims} == {"ReadWriteOnce"}


def test_no_secret_is_rendered(helm: Helm, shop: Objects) -> None:
    assert not shop.of("Secret")
    for container in shop.all_containers:
        for entry in container["env"]:
            if "PASSWORD" in entry["name"]:
                assert set(entry) == {"name", "valueFrom"}, container["name"]
                assert set(entry["valueFrom"]) == {"secretKeyRef"}
    # Another Secret is another name, and nothing else
    other = helm.objects({"store": {**STORE, "credentialsSecret": "elsewhere"}})
    assert {name for name, _ in secret_keys(list(other))} == {"elsewhere"}
    assert {key for _, key in secret_keys(list(other))} == {
        key for _, key in secret_keys(list(shop))
    }


def test_no_command_line_has_a_password(shop: Objects) -> None:
    for container in shop.all_containers:
        probes = [value for key, value in container.items() if key.endswith("Probe")]
        for words in (container.get("command"), container.get("args"), probes):
            assert "assword" not in str(words)
            assert "$(" not in str(words)


def test_probes_of_wordpress_do_not_wait_for_the_setup(shop: Objects) -> None:
    container = shop.containers["wordpress"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"] == {
            "path": "/wp-includes/images/blank.gif",
            "port": "http",
        }


def test_probes_of_mysql_do_not_take_its_initialisation_for_readiness(shop: Objects) -> None:
    container = shop.containers["mysql"]
    for probe in ("startupProbe", "readinessProbe"):
        command = container[probe]["exec"]["command"]
        assert command[:3] == ["mysqladmin", "ping", "--host=127.0.0.1"]


@pytest.mark.parametrize("plan", ["small", "medium", "large"])
def test_quota_has_room_for_everything_thrice(helm: Helm, plan: str) -> None:
    shop = helm.objects({"plan": plan})
    hard = shop.one("ResourceQuota")["spec"]["hard"]
    containers = list(shop.containers.values())
    for part in ("requests", "limits"):
        for resource in ("cpu", "memory", "ephemeral-storage"):
            needed = 3 * total(containers, part, resource)
            assert quantity(hard[f"{part}.{resource}"]) >= needed, (part, resource)
    storage = sum(quantity(c["spec"]["resources"]["requests"]["storage"]) for c in shop.claims)
    assert quantity(hard["requests.storage"]) >= 3 * storage
    assert int(hard["persistentvolumeclaims"]) >= 3 * len(shop.claims)
    assert int(hard["pods"]) >= 3 * len(containers)
    assert hard["services.loadbalancers"] == hard["services.nodeports"] == "0"


def test_limit_range_supplies_what_the_quota_counts(shop: Objects) -> None:
    (limit,) = shop.one("LimitRange")["spec"]["limits"]
    assert limit["type"] == "Container"
    assert set(limit["default"]) == set(limit["defaultRequest"]) == {
        "cpu", "memory", "ephemeral-storage",
    }  # fmt: skip


@pytest.mark.parametrize("plan", ["small", "medium", "large"])
def test_nothing_fills_a_nodes_disk(helm: Helm, plan: str) -> None:
    shop = helm.objects({"plan": plan})
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
        assert len(volumes) == 2
        assert volumes == [{"sizeLimit": limit}] * 2


def test_long_release_names(helm: Helm) -> None:
    done = helm.template(release="w" * 53)
    assert done.returncode == 0, done.stderr
    # Kubernetes puts "-<10 characters>" behind a StatefulSet's and "-<5>" behind a Job's name
    names = [item["metadata"]["name"] for item in Objects(yaml.safe_load_all(done.stdout))]
    assert max(map(len, names)) <= 57
