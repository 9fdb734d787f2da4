"""What makes the Medusa chart a shop: who is let in when, its address, its set-up, its walls."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.charts.rendering import STORE, Helm, Object, Objects
from tests.charts.test_network import DNS, PRIVATE, PUBLIC, Peer, Pod, allows, is_connected

COMPONENTS = {"postgres", "medusa", "storefront", "setup"}
HTTP = 8080


def environment(container: Object) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}


def probed_paths(container: Object) -> dict[str, str]:
    probes = ("startupProbe", "readinessProbe", "livenessProbe")
    return {probe: container[probe]["httpGet"]["path"] for probe in probes}


def test_kinds(medusa_shop: Objects) -> None:
    kinds = sorted(item["kind"] for item in medusa_shop)
    assert kinds == [
        "Deployment", "Deployment", "Ingress", "Job", "LimitRange",
        *["NetworkPolicy"] * 7,
        "PersistentVolumeClaim", "ResourceQuota", "Service", "Service", "Service", "StatefulSet",
    ]  # fmt: skip
    assert medusa_shop.templates.keys() == COMPONENTS


def test_who_runs_what(medusa_shop: Objects) -> None:
    users = {
        component: template["spec"]["securityContext"]["runAsUser"]
        for component, template in medusa_shop.templates.items()
    }
    assert users == {"postgres": 999, **dict.fromkeys(COMPONENTS - {"postgres"}, 1000)}
    assert len(medusa_shop.all_containers) == len(COMPONENTS) + 1


def test_the_ingress_divides_the_shops_address(medusa_shop: Objects) -> None:
    (rule,) = medusa_shop.one("Ingress")["spec"]["rules"]
    services = {
        path["path"]: path["backend"]["service"]["name"].rpartition("-")[2]
        for path in rule["http"]["paths"]
    }
    medusas = ("/app", "/admin", "/store", "/auth", "/static", "/hooks")
    assert services == {**dict.fromkeys(medusas, "medusa"), "/": "storefront"}
    assert {path["pathType"] for path in rule["http"]["paths"]} == {"Prefix"}


def test_the_server_waits_for_the_migration_of_its_own_image(medusa: Helm) -> None:
    for values in ({}, {"medusa": {"image": {"tag": "2.22.0"}}}):
        shop = medusa.objects(values)
        (wait,) = shop.templates["medusa"]["spec"]["initContainers"]
        setup = shop.containers["setup"]
        assert wait["command"] == ["wait-for-migration"]
        assert wait["image"] == setup["image"] == shop.containers["medusa"]["image"]
        assert environment(wait)["SET_UP_BY"] == environment(setup)["SET_UP_BY"] == wait["image"]


def test_the_server_gets_no_traffic_before_the_shop_is_set_up(medusa_shop: Objects) -> None:
    """It starts before that: a stranger could register the administrator's address."""
    server = medusa_shop.containers["medusa"]
    assert probed_paths(server) == {
        "startupProbe": "/set-up", "readinessProbe": "/health", "livenessProbe": "/health",
    }  # fmt: skip
    assert environment(server)["SET_UP_BY"] == server["image"]
    (rule,) = medusa_shop.one("Ingress")["spec"]["rules"]
    assert "/set-up" not in {path["path"] for path in rule["http"]["paths"]}


MAIL = {
    "host": "mail.test", "port": 2525, "security": "none", "from": "my-shop@shops.test",
    "credentialsSecret": "store-mail",
}  # fmt: skip


def test_mail_leaves_through_the_server_that_was_named(medusa: Helm) -> None:
    shop = medusa.objects({"mail": MAIL, "store": {**STORE, "adminEmail": "me@example.com"}})
    told = environment(shop.containers["medusa"])
    assert {name: value for name, value in told.items() if name.startswith(("SMTP", "MERC"))} == {
        "SMTP_HOST": "mail.test", "SMTP_PORT": "2525", "SMTP_SECURITY": "none",
        "SMTP_FROM": "my-shop@shops.test", "MERCHANT_EMAIL": "me@example.com",
    }  # fmt: skip
    from_secrets = {
        entry["name"]: entry["valueFrom"]["secretKeyRef"]
        for entry in shop.containers["medusa"]["env"]
        if entry["name"].startswith("SMTP") and "valueFrom" in entry
    }
    assert from_secrets == {
        "SMTP_USERNAME": {"name": "store-mail", "key": "username"},
        "SMTP_PASSWORD": {"name": "store-mail", "key": "password"},
    }
    # Both write down who sends for the shop when they start
    of_setup = {entry["name"] for entry in shop.containers["setup"]["env"]}
    assert {name for name in told if name.startswith("SMTP")} | from_secrets.keys() <= of_setup


def test_mail_without_an_account_or_a_sender(medusa: Helm) -> None:
    shop = medusa.objects({"mail": {**MAIL, "from": "", "credentialsSecret": ""}})
    entries = {entry["name"]: entry for entry in shop.containers["medusa"]["env"]}
    assert entries["SMTP_FROM"]["value"] == f"shop@{STORE['host']}"
    assert "SMTP_USERNAME" not in entries
    assert "SMTP_PASSWORD" not in entries


def test_without_a_mail_server_nothing_is_said_of_mail(medusa_shop: Objects) -> None:
    named = {entry["name"] for entry in medusa_shop.containers["medusa"]["env"]}
    assert not [name for name in named if name.startswith(("SMTP", "MERCHANT"))]


@pytest.mark.parametrize("address", [*PUBLIC, *PRIVATE, Pod({"app": "mail"}, "mail")])
def test_only_the_server_reaches_the_mail_server(medusa: Helm, address: Peer) -> None:
    shop = medusa.objects({"mail": MAIL})
    allowed = {
        (component, port)
        for component in COMPONENTS
        for port in (25, 2525)
        if allows(shop, component, "Egress", address, port)
    }
    assert allowed == {("medusa", 2525)}


def test_the_storefront_is_ready_once_the_server_has_answered_it(medusa_shop: Objects) -> None:
    storefront = medusa_shop.containers["storefront"]
    # Later it stays while the server is away, and says so
    assert probed_paths(storefront) == {
        "startupProbe": "/readyz", "readinessProbe": "/healthz", "livenessProbe": "/healthz",
    }  # fmt: skip
    server = medusa_shop.one("Service", "-medusa")["metadata"]["name"]
    assert environment(storefront)["BACKEND_URL"] == f"http://{server}"


def test_services_have_ready_pods_only(medusa_shop: Objects) -> None:
    for service in medusa_shop.of("Service"):
        assert "publishNotReadyAddresses" not in service["spec"]


def test_the_storefront_and_the_setup_have_the_same_key(medusa_shop: Objects) -> None:
    for component in ("storefront", "setup"):
        env = medusa_shop.containers[component]["env"]
        names = [entry["name"] for entry in env]
        key = env[names.index("PUBLISHABLE_KEY")]
        assert key["value"] == "pk_$(PUBLISHABLE_TOKEN)"
        # Kubernetes knows only what stands above it
        assert names.index("PUBLISHABLE_TOKEN") < names.index("PUBLISHABLE_KEY")


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://my-shop.store.localhost"),
        ({"url": "https://my-shop.store.localhost"}, "https://my-shop.store.localhost"),
        ({"url": "https://my-shop.store.localhost/"}, "https://my-shop.store.localhost"),
    ],
)
def test_every_pod_knows_the_shops_address(
    medusa: Helm, given: Mapping[str, str], url: str
) -> None:
    shop = medusa.objects({"store": {**STORE, **given}})
    pods = ("medusa", "setup", "storefront")
    assert {environment(shop.containers[name])["SHOP_URL"] for name in pods} == {url}


def test_the_administrators_address(medusa: Helm) -> None:
    shop = medusa.objects({"store": {**STORE, "adminEmail": "me@example.com"}})
    assert environment(shop.containers["setup"])["ADMIN_EMAIL"] == "me@example.com"


def test_where_the_shop_sells(medusa: Helm) -> None:
    shop = medusa.objects({"shop": {"currency": "usd", "countries": ["us", "ca"]}})
    told = environment(shop.containers["setup"])
    assert (told["SHOP_CURRENCY"], told["SHOP_COUNTRIES"]) == ("usd", "us,ca")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"medusa": {"colour": "red"}}, "at '/medusa': additional properties 'colour'"),
        ({"shop": {"currency": "EUR"}}, "at '/shop/currency'"),
        ({"shop": {"countries": []}}, "at '/shop/countries'"),
        ({"shop": {"countries": ["Germany"]}}, "at '/shop/countries/0'"),
        ({"medusa": {"port": 80}}, "at '/medusa/port'"),
        ({"storefront": {"userId": 0}}, "at '/storefront/userId'"),
        ({"postgres": {"image": {"tag": ""}}}, "at '/postgres/image/tag'"),
        ({"plans": {"small": {"medusa": {"heapMebibytes": 1}}}}, "heapMebibytes"),
        ({"mail": {**MAIL, "host": "mail.test:25"}}, "at '/mail/host'"),
        ({"mail": {**MAIL, "security": "ssl"}}, "at '/mail/security'"),
        ({"mail": {**MAIL, "from": "my-shop"}}, "at '/mail/from'"),
        ({"mail": {**MAIL, "port": 0}}, "at '/mail/port'"),
    ],
)
def test_refused_values(medusa: Helm, values: Mapping[str, Any], told: str) -> None:
    assert told in medusa.refusal(values)


def test_the_heap_is_the_plans_or_an_own_one(medusa: Helm) -> None:
    heaps = [
        environment(medusa.objects(values).containers["medusa"])["NODE_OPTIONS"]
        for values in ({}, {"plan": "large"}, {"medusa": {"heapMebibytes": 300}})
    ]
    assert heaps == [f"--max-old-space-size={size}" for size in (256, 2048, 300)]


def test_uploads_survive_and_private_ones_are_apart(medusa_shop: Objects) -> None:
    mounts = {
        mount["mountPath"]: mount.get("subPath")
        for mount in medusa_shop.containers["medusa"]["volumeMounts"]
        if mount["name"] == "uploads"
    }
    assert mounts == {"/srv/medusa/static": "static", "/srv/medusa/private": "private"}


def test_the_databases_folder_is_below_its_volume(medusa_shop: Objects) -> None:
    postgres = medusa_shop.containers["postgres"]
    mount = postgres["volumeMounts"][0]
    assert mount == {
        "name": "data", "mountPath": "/var/lib/postgresql/data", "subPath": "postgres",
    }  # fmt: skip
    assert environment(postgres)["PGDATA"] == f"{mount['mountPath']}/pgdata"


def test_probes_of_postgres_do_not_take_its_initialisation_for_readiness(
    medusa_shop: Objects,
) -> None:
    for probe in ("startupProbe", "readinessProbe"):
        command = medusa_shop.containers["postgres"][probe]["exec"]["command"]
        assert "--host=127.0.0.1" in command


def setup_name(helm: Helm, values: Mapping[str, Any]) -> str:
    name: str = helm.objects(values).one("Job")["metadata"]["name"]
    return name


def test_the_setup_runs_again_exactly_when_its_pod_is_another(medusa: Helm) -> None:
    """A Job cannot be changed; one of the same name is there already, and done."""
    default = setup_name(medusa, {})
    assert setup_name(medusa, {"storefront": {"image": {"tag": "9"}}}) == default
    others: list[Mapping[str, Any]] = [
        {"medusa": {"image": {"tag": "2.22.0"}}},
        {"setup": {"command": ["other"]}},
        {"setup": {"backoffLimit": 1}},
        {"store": {**STORE, "url": "https://my-shop.store.localhost"}},
        {"podAnnotations": {"everybody": "yes"}},
        {"plan": "large"},
    ]
    names = {setup_name(medusa, values) for values in others}
    assert len(names | {default}) == len(others) + 1


@pytest.mark.parametrize(
    ("component", "named"),
    [("postgres", {"postgres"}), ("medusa", {"wait", "medusa", "setup"}),
     ("storefront", {"storefront"})],
)  # fmt: skip
def test_image(medusa: Helm, component: str, named: set[str]) -> None:
    image = {"repository": "mirror.test/shops/it", "tag": "1", "pullPolicy": "Always"}
    objects = medusa.objects({component: {"image": image}})
    pulled = {
        container["name"]: container["imagePullPolicy"]
        for container in objects.all_containers
        if container["image"] == "mirror.test/shops/it:1"
    }
    assert pulled == dict.fromkeys(named, "Always")


def test_a_storefront_of_the_merchants_own(medusa: Helm) -> None:
    own = {
        "command": ["npm", "start"], "port": 3000, "userId": 10001, "startupPath": "/",
        "probePath": "/alive", "scratchPaths": ["/tmp", "/app/.next/cache"],  # noqa: S108
    }  # fmt: skip
    shop = medusa.objects({"storefront": own})
    container = shop.containers["storefront"]
    assert container["command"] == ["npm", "start"]
    assert container["ports"] == [{"name": "http", "containerPort": 3000}]
    assert environment(container)["PORT"] == "3000"
    assert container["startupProbe"]["httpGet"]["path"] == "/"
    assert container["livenessProbe"]["httpGet"]["path"] == "/alive"
    assert shop.templates["storefront"]["spec"]["securityContext"]["runAsUser"] == 10001


def test_connections_within_the_store(medusa_shop: Objects) -> None:
    allowed = {
        (source, target, port)
        for source in medusa_shop.templates
        for target in medusa_shop.templates
        for port in (HTTP, 5432)
        if is_connected(medusa_shop, source, target, port)
    }
    assert allowed == {
        ("medusa", "postgres", 5432), ("setup", "postgres", 5432), ("storefront", "medusa", HTTP),
    }  # fmt: skip


def test_the_ingress_controller_reaches_the_server_and_the_storefront(
    medusa_shop: Objects,
) -> None:
    reached = {
        component
        for component in medusa_shop.templates
        for port in (HTTP, 5432)
        if allows(medusa_shop, component, "Ingress", "10.1.2.3", port)
    }
    assert reached == {"medusa", "storefront"}


def test_the_server_alone_reaches_the_internet(medusa: Helm, medusa_shop: Objects) -> None:
    for component in COMPONENTS:
        reached = [a for a in PUBLIC if allows(medusa_shop, component, "Egress", a, 443)]
        assert reached == (PUBLIC if component == "medusa" else [])
        assert not any(allows(medusa_shop, component, "Egress", a, 443) for a in PRIVATE)
        assert not any(allows(medusa_shop, component, "Egress", a, 80) for a in PUBLIC)
    without = medusa.objects({"networkPolicies": {"allowInternet": False}})
    assert not allows(without, "medusa", "Egress", PUBLIC[0], 443)
    assert is_connected(without, "medusa", "postgres", 5432)


def test_everybody_but_the_database_asks_dns(medusa_shop: Objects) -> None:
    asking = {c for c in COMPONENTS if allows(medusa_shop, c, "Egress", DNS, 53)}
    assert asking == COMPONENTS - {"postgres"}


def test_the_images_own_commands_by_default(medusa_shop: Objects) -> None:
    for component in ("postgres", "medusa", "storefront"):
        assert "command" not in medusa_shop.containers[component]
    assert json.dumps(medusa_shop).count('"http://my-shop.store.localhost"') == 3
