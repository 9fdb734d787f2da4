"""An engine that no new store can have is refused with its reason, and not chosen by storectl."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.conftest import running_service
from tests.e2e.service import ROOT, Service

REASON = "Its image is not on this machine."
ENGINES = "{ engines { name isAvailable unavailableReason } }"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    unavailable = json.dumps({"woocommerce": REASON})
    folder = tmp_path_factory.mktemp("unavailable")
    with running_service(folder, STORE_PLATFORM_UNAVAILABLE_ENGINES=unavailable) as running:
        yield running


def test_the_reason_is_told(service: Service) -> None:
    engines = service.execute(service.token("reader"), ENGINES)["engines"]
    assert engines == [
        {"name": "medusa", "isAvailable": True, "unavailableReason": None},
        {"name": "woocommerce", "isAvailable": False, "unavailableReason": REASON},
    ]


def test_a_store_of_it_is_refused(service: Service) -> None:
    payload = service.create(service.token("merchant"), "my-shop", engine="woocommerce")
    assert payload["store"] is None
    assert payload["errors"] == [
        {
            "code": "ENGINE_UNAVAILABLE",
            "field": "engine",
            "message": f"WooCommerce cannot be chosen: {REASON}",
        }
    ]
    assert service.sql("SELECT id FROM stores WHERE name = 'my-shop'") == []


def test_an_unknown_engine_is_answered_with_those_that_can_be_had(service: Service) -> None:
    (error,) = service.create(service.token("merchant"), "my-shop", engine="magento")["errors"]
    assert error["message"] == "There is no engine 'magento'; choose one of: medusa."


def test_storectl_takes_the_only_one_that_can_be_had(service: Service, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.storectl", "create", "from-storectl", "--json"],
        cwd=ROOT, capture_output=True, text=True, check=True,
        env={
            **service.environment,
            "HOME": str(tmp_path),
            "STORE_PLATFORM_URL": service.url,
            "STORE_PLATFORM_TOKEN": service.token("merchant"),
        },
    )  # fmt: skip
    store = json.loads(done.stdout)
    assert service.sql("SELECT engine FROM stores WHERE name = 'from-storectl'") == [("medusa",)]
    assert store["name"] == "from-storectl"
