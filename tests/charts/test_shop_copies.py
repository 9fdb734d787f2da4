"""What the charts of engines make of a copy of a shop, to try things in: it reaches nobody."""

import json

import pytest

from tests.charts import test_every_engine as rules
from tests.charts.rendering import STORE, Helm, Objects, Values
from tests.charts.test_network import DNS, PRIVATE, PUBLIC, Peer, Pod, allows, is_connected
from tests.charts.test_shop import SHOP, environment
from tests.charts.test_shop_backups import DATABASES, SERVER

COPY = {**STORE, "isCopy": True}
OUTWARD: Values = {
    "mail": {"host": "mail.example.com", "port": 2525, "credentialsSecret": "store-mail"},
    "networkPolicies": {"allowInternet": True},
    "backup": {"enabled": True},
    "restore": {"enabled": True},
}
"""All that leads out of a shop."""
MAIL_SERVER = Pod({"app": "mail"}, "mail")
ANYBODY: list[Peer] = [MAIL_SERVER, SERVER, *PUBLIC, *PRIVATE]
SENDERS = {"woocommerce": SHOP, "medusa": ("medusa",)}
"""Who sends mail, and goes to the internet, where the shop is no copy."""
PORTS = (25, 80, 443, 465, 587, 2525, 8000)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copy(any_engine: Helm) -> Objects:
    """A copy of a shop of each engine, with all that would lead out of it. Not to be changed."""
    return any_engine.objects({**OUTWARD, "store": COPY})


@pytest.fixture(scope="module")
def woocommerce_copy(helm: Helm) -> Objects:
    """The same of WooCommerce."""
    return helm.objects({**OUTWARD, "store": COPY})


def reached(shop: Objects) -> set[tuple[str, str, int]]:
    """Return which pod gets to whom beyond the shop, and to which port."""
    return {
        (pod, other.namespace if isinstance(other, Pod) else other, port)
        for pod in shop.templates
        for other in ANYBODY
        for port in PORTS
        if allows(shop, pod, "Egress", other, port)
    }


def connections(shop: Objects) -> set[tuple[str, str, int]]:
    """Return which pod of the shop gets to which other one, and to which port."""
    return {
        (source, target, port)
        for source in shop.templates
        for target in shop.templates
        for port in (3306, 5432, 8080)
        if is_connected(shop, source, target, port)
    }


def test_a_copy_reaches_nobody(any_engine: Helm, copy: Objects) -> None:
    """But for the server of backups."""
    outward = reached(any_engine.objects(OUTWARD))
    for pod in SENDERS[any_engine.chart.name]:
        assert {(pod, MAIL_SERVER.namespace, 2525), (pod, PUBLIC[0], 443)} <= outward
    assert {pod for pod, _, _ in reached(copy)} == {"backup", "restore"}
    assert {port for _, _, port in reached(copy)} == {8000}


def test_a_copy_is_whole(any_engine: Helm, copy: Objects) -> None:
    """Within the shop, and to the server of backups, everything goes as ever."""
    shop = any_engine.objects(OUTWARD)
    assert connections(copy) == connections(shop) != set()
    assert copy.templates.keys() == shop.templates.keys()
    database, _ = DATABASES[any_engine.chart.name]
    for pod in copy.templates.keys() - {database}:
        assert allows(copy, pod, "Egress", DNS, 53)
    for pod in ("backup", "restore"):
        assert allows(copy, pod, "Egress", SERVER, 8000)


def test_a_copy_knows_no_mail_server(copy: Objects) -> None:
    rules.are_valid_objects(copy)
    written = json.dumps(copy)
    words = ("SMTP_", "MERCHANT_EMAIL", "mail.example.com", "store-mail")
    assert not any(word in written for word in words)


def test_a_copy_of_woocommerce_does_nothing_by_itself(
    helm: Helm, woocommerce_copy: Objects
) -> None:
    cron, without = (
        shop.one("CronJob", "-cron")["spec"] for shop in (woocommerce_copy, helm.objects())
    )
    assert cron["suspend"] is True
    assert "suspend" not in without


def test_every_pod_of_woocommerce_is_told_that_it_is_of_a_copy(
    helm: Helm, woocommerce_copy: Objects
) -> None:
    told = {name: environment(woocommerce_copy.containers[name]) for name in SHOP}
    assert {name: given["SHOP_IS_COPY"] for name, given in told.items()} == dict.fromkeys(
        SHOP, "true"
    )
    assert "SHOP_IS_COPY" not in json.dumps(woocommerce_copy.templates["mysql"])
    assert "SHOP_IS_COPY" not in helm.text(OUTWARD)


def test_the_pods_of_medusa_are_told_what_they_are_to_do(medusa: Helm) -> None:
    copy, shop = (medusa.objects({**OUTWARD, "store": store}) for store in (COPY, STORE))
    told = {
        name: environment(copy.containers[name]).items()
        - environment(shop.containers[name]).items()
        for name in ("medusa", "setup", "storefront")
    }
    assert told == {
        "medusa": {("MEDUSA_WORKER_MODE", "server")},  # nothing by the clock
        "setup": set(),
        "storefront": {("SHOP_IS_COPY", "true")},
    }
    written = json.dumps(shop)
    assert "SHOP_IS_COPY" not in written
    assert "MEDUSA_WORKER_MODE" not in written


def test_what_is_no_copy_is_as_without_the_value(any_engine: Helm) -> None:
    said = any_engine.text({**OUTWARD, "store": {**STORE, "isCopy": False}})
    assert said == any_engine.text(OUTWARD)


def test_without_network_policies_there_is_no_copy(any_engine: Helm) -> None:
    without = {"networkPolicies": {"enabled": False}}
    told = any_engine.refusal({**without, "store": COPY})
    assert "Set networkPolicies.enabled to true." in told
    assert "NetworkPolicy" not in any_engine.text(without)


@pytest.mark.parametrize("value", ["true", 1])
def test_refused_values(any_engine: Helm, value: object) -> None:
    assert "at '/store/isCopy'" in any_engine.refusal({"store": {**STORE, "isCopy": value}})
