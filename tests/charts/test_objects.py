"""The objects of the WooCommerce chart, beyond what holds for every engine's."""

from tests.charts.rendering import COMPONENT_LABEL, STORE, Objects

SELECTORS = {
    "app.kubernetes.io/name": "woocommerce",
    "app.kubernetes.io/instance": "woo-8f0c2f5e",
}
COMPONENTS = {"mysql", "wordpress", "setup", "cron"}
SHOP = COMPONENTS - {"mysql"}


def test_kinds(shop: Objects) -> None:
    kinds = sorted(item["kind"] for item in shop)
    assert kinds == [
        "CronJob", "Deployment", "Ingress", "Job", "LimitRange",
        *["NetworkPolicy"] * 6,
        "PersistentVolumeClaim", "ResourceQuota", "Service", "Service", "StatefulSet",
    ]  # fmt: skip


def test_what_cron_runs_is_not_watched(shop: Objects) -> None:
    """Its pods come and go all day: each would be an event of the store."""
    job = shop.one("CronJob")["spec"]["jobTemplate"]
    for item in (job, job["spec"]["template"]):
        assert item["metadata"]["labels"] == {**SELECTORS, COMPONENT_LABEL: "cron"}


def test_who_runs_what(shop: Objects) -> None:
    users = {
        component: template["spec"]["securityContext"]["runAsUser"]
        for component, template in shop.templates.items()
    }
    assert users == {"mysql": 999, **dict.fromkeys(SHOP, 33)}
    assert len(shop.all_containers) == len(COMPONENTS) + 1


def test_the_ingress_is_wordpress_and_wordpress_has_the_database(shop: Objects) -> None:
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


def test_probes_of_wordpress_do_not_wait_for_the_setup(shop: Objects) -> None:
    container = shop.containers["wordpress"]
    for probe in ("startupProbe", "livenessProbe"):
        assert container[probe]["httpGet"] == {
            "path": "/wp-includes/images/blank.gif",
            "port": "http",
        }
    assert container["readinessProbe"]["tcpSocket"] == {"port": "http"}


def test_probes_of_mysql_do_not_take_its_initialisation_for_readiness(shop: Objects) -> None:
    container = shop.containers["mysql"]
    for probe in ("startupProbe", "readinessProbe"):
        command = container[probe]["exec"]["command"]
        assert command[:3] == ["mysqladmin", "ping", "--host=127.0.0.1"]
