"""What the doctor says of Gateways: whether they are at work, and whose routes they take."""

from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest
import typer

from app.cli.doctor import _gateway
from app.doctor.checks.gateway import check_gateway
from app.doctor.findings import Finding, Verdict, failed, ok, skipped
from app.doctor.gateways import GatewayName
from app.doctor.installation import Installation
from app.doctor.shops import EngineShop
from app.settings import Settings
from provisioner.domain.codes import ReasonCode
from provisioner.domain.errors import ClusterRejectedError, NotFoundError
from provisioner.domain.stores import Reason

PUBLIC = GatewayName("edge", "public")
WELL = [{"type": "Accepted", "status": "True"}, {"type": "Programmed", "status": "True"}]
FOR_ALL = {"namespaces": {"from": "All"}}
LED = "The Gateway edge/public leads to shops of tiny by its listener web."
NOBODY = "nobody is led to shops of tiny"
REMEDY_OF_HOST = "Give it a listener whose hostname covers doctor-1.shops.test, or that has none."
REMEDY_OF_ROUTES = (
    "Set allowedRoutes.namespaces of the listener to `from: Selector` with the label"
    " app.kubernetes.io/managed-by: store-platform, or to `from: All`."
)
NOT_TAKEN = failed(
    "The Gateway edge/public takes no routes from the stores' namespaces (listener web): nobody is"
    " led to shops of tiny.",
    REMEDY_OF_ROUTES,
)


class ApiWithGateway:
    """An API server that has one object, or raises an error; it remembers what it was asked."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self._answer = answer
        self.asked: list[tuple[str, str]] = []

    async def call(self, method: str, path: str) -> bytes:
        self.asked.append((method, path))
        if isinstance(self._answer, Exception):
            raise self._answer
        return msgspec.json.encode(self._answer)


def listener(name: str = "web", **given: Any) -> dict[str, Any]:
    return {"name": name, "protocol": "HTTPS", "port": 443, "allowedRoutes": FOR_ALL, **given}


def gateway(*listeners: dict[str, Any], conditions: Any = WELL) -> dict[str, Any]:
    return {
        "metadata": {"name": "public", "namespace": "edge"},
        "spec": {"gatewayClassName": "some", "listeners": listeners or [listener()]},
        "status": {"conditions": conditions},
    }


def installation(
    answer: dict[str, Any] | Exception, *gateways: GatewayName, **given: Any
) -> Installation:
    made = Installation(
        Settings.model_validate({"shop_url": "https://{name}.shops.test"}),
        AsyncExitStack(),
        shop_name="doctor-1",
        **given,
    )
    nothing: frozenset[Any] = frozenset()
    made.shops = [EngineShop("tiny", nothing, nothing, frozenset(gateways), nothing)]
    made.api = ApiWithGateway(answer)  # type: ignore[assignment]
    return made


async def look(
    answer: dict[str, Any] | Exception, name: GatewayName = PUBLIC, **given: Any
) -> Finding:
    return await check_gateway(installation(answer, name, **given))


async def test_one_that_takes_the_shops_routes() -> None:
    made = installation(gateway(), PUBLIC)
    assert await check_gateway(made) == ok(LED)
    api: Any = made.api
    assert api.asked == [
        ("GET", "/apis/gateway.networking.k8s.io/v1/namespaces/edge/gateways/public")
    ]


async def test_nobody_is_asked_where_all_have_an_ingress() -> None:
    found = await check_gateway(installation(AssertionError("nothing is asked")))
    assert found == skipped("Neither shops nor the platform are reached by a Gateway.")


async def test_none() -> None:
    assert await look(NotFoundError("no such kind, or no such object")) == failed(
        f"There is no Gateway edge/public: {NOBODY}.",
        "Install a controller of the Gateway API, and create the Gateway, or name another.",
    )


async def test_one_that_may_not_be_read() -> None:
    reason = Reason(ReasonCode.CLUSTER_REFUSED, "forbidden")
    found = await look(ClusterRejectedError(reason, status=403))
    assert found.verdict is Verdict.SKIPPED
    assert found.seen == "The account may not read the Gateway edge/public."


@pytest.mark.parametrize(
    ("conditions", "trouble"),
    [
        ([], "not Accepted (no controller says so)"),
        (
            [{"type": "Accepted", "status": "Unknown", "message": "Waiting for controller"}],
            "not Accepted (Waiting for controller)",
        ),
        (
            [WELL[0], {"type": "Programmed", "status": "False", "reason": "AddressNotAssigned"}],
            "not Programmed (AddressNotAssigned)",
        ),
    ],
)
async def test_one_that_is_not_at_work(conditions: list[Any], trouble: str) -> None:
    assert await look(gateway(conditions=conditions)) == failed(
        f"The Gateway edge/public is {trouble}: {NOBODY}.",
        "See its status, and that the controller of its GatewayClass runs.",
    )


@pytest.mark.parametrize(
    ("hostname", "is_covered"),
    [
        ("*.shops.test", True),
        ("*.test", True),
        ("doctor-1.shops.test", True),
        ("shops.test", False),
        ("*.other.test", False),
        ("*.doctor-1.shops.test", False),
    ],
)
async def test_hostnames(hostname: str, *, is_covered: bool) -> None:
    found = await look(gateway(listener(hostname=hostname)))
    missing = (
        "No listener of the Gateway edge/public is there for HTTP of doctor-1.shops.test:"
        f" {NOBODY}."
    )
    assert found == (ok(LED) if is_covered else failed(missing, REMEDY_OF_HOST))


async def test_a_listener_that_is_named() -> None:
    listeners = gateway(listener(hostname="*.other.test"), listener("shops"))
    assert (await look(listeners, GatewayName("edge", "public", "shops"))).verdict is Verdict.OK
    for name in ("web", "missing"):
        assert await look(listeners, GatewayName("edge", "public", name)) == failed(
            f"The listener {name} of the Gateway edge/public is not there for HTTP of"
            f" doctor-1.shops.test: {NOBODY}.",
            REMEDY_OF_HOST,
        )


async def test_a_listener_of_another_protocol() -> None:
    found = await look(gateway(listener(protocol="TLS")))
    assert found.verdict is Verdict.FAILED


MANAGED = {"app.kubernetes.io/managed-by": "store-platform"}


@pytest.mark.parametrize(
    ("namespaces", "is_taken"),
    [
        ({"from": "All"}, True),
        ({"from": "Same"}, False),
        ({}, False),  # which is Same
        ({"from": "None"}, False),
        ({"from": "Selector", "selector": {"matchLabels": MANAGED}}, True),
        ({"from": "Selector", "selector": {"matchLabels": {"shops": "yes"}}}, False),
    ],
)
async def test_whose_routes_it_takes(namespaces: dict[str, Any], *, is_taken: bool) -> None:
    found = await look(gateway(listener(allowedRoutes={"namespaces": namespaces})))
    assert found == (ok(LED) if is_taken else NOT_TAKEN)


@pytest.mark.parametrize(
    ("key", "operator", "values", "is_taken"),
    [
        ("store-platform.dev/store", "Exists", [], True),
        ("store-platform.dev/store", "DoesNotExist", [], False),
        ("app.kubernetes.io/managed-by", "In", ["store-platform", "other"], True),
        ("app.kubernetes.io/managed-by", "NotIn", ["store-platform"], False),
        ("team", "NotIn", ["billing"], True),
    ],
)
async def test_expressions(key: str, operator: str, values: list[str], *, is_taken: bool) -> None:
    expression = {"key": key, "operator": operator, "values": values}
    selector = {"from": "Selector", "selector": {"matchExpressions": [expression]}}
    found = await look(gateway(listener(allowedRoutes={"namespaces": selector})))
    assert found == (ok(LED) if is_taken else NOT_TAKEN)


async def test_the_platforms_own() -> None:
    given: dict[str, Any] = {"host": "https://platform.test", "gateway": PUBLIC}
    own = listener(hostname="platform.test", allowedRoutes={})
    assert await check_gateway(installation(gateway(own), **given)) == ok(
        "The Gateway edge/public leads to the platform by its listener web."
    )
    shops_only = installation(gateway(listener(hostname="*.shops.test")), PUBLIC, **given)
    assert await check_gateway(shops_only) == failed(
        "No listener of the Gateway edge/public is there for HTTP of platform.test: nobody is led"
        " to the platform.",
        "Give it a listener whose hostname covers platform.test, or that has none.",
    )


def test_how_it_is_named() -> None:
    assert _gateway("edge/public") == PUBLIC
    assert _gateway("edge/public/shops") == GatewayName("edge", "public", "shops")
    for wrong in ("public", "/public", "edge/"):
        with pytest.raises(typer.BadParameter):
            _gateway(wrong)
