"""Plans in the API: what is offered, what a new store has, and what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import BACKUPS, running_service
from tests.api.test_backups import add_backups
from tests.e2e.service import Service

PLAN = "plan { name description isDefault price resources { cpu memory storage } }"
STORE = f"query ($id: ID!) {{ store(id: $id) {{ {PLAN} }} }}"
PRICES = {"medusa": {"small": "9,50 € a month"}}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("plans")
    more = {"STORE_PLATFORM_PLAN_PRICES": json.dumps(PRICES), **BACKUPS}
    with running_service(folder, **more) as made:
        yield made


def create(service: Service, name: str, **given: Any) -> str:
    payload = service.create(service.token("mira"), name, **{"engine": "medusa", **given})
    assert payload["errors"] == []
    store_id: str = payload["store"]["id"]
    return store_id


def plan_of(service: Service, store_id: str) -> dict[str, Any]:
    found: dict[str, Any] = service.execute(service.token("mira"), STORE, id=store_id)["store"]
    plan: dict[str, Any] = found["plan"]
    return plan


def recorded(service: Service, store_id: str) -> str | None:
    statement = "SELECT plan FROM stores WHERE id = :id"
    ((plan,),) = service.sql(statement, id=store_id.removeprefix("store_"))
    return None if plan is None else str(plan)


def test_what_is_offered(service: Service) -> None:
    asked = "{ engines { name plans { name isDefault price resources { storage } } } }"
    medusa, woocommerce = service.execute(service.token("reader"), asked)["engines"]
    assert medusa["plans"] == [
        {"name": "small", "isDefault": True, "price": "9,50 € a month",
         "resources": {"storage": "10Gi"}},
        {"name": "medium", "isDefault": False, "price": None, "resources": {"storage": "40Gi"}},
        {"name": "large", "isDefault": False, "price": None, "resources": {"storage": "160Gi"}},
    ]  # fmt: skip
    assert [plan["price"] for plan in woocommerce["plans"]] == [None, None, None]


def test_a_store_has_the_plan_that_is_asked_for(service: Service) -> None:
    store_id = create(service, "asked-for", plan="medium")
    plan = plan_of(service, store_id)
    assert "20 GB for pictures and files" in plan.pop("description")
    assert plan == {
        "name": "medium", "isDefault": False, "price": None,
        "resources": {"cpu": "750m", "memory": "1632Mi", "storage": "40Gi"},
    }  # fmt: skip
    assert recorded(service, store_id) == "medium"


def test_a_store_keeps_the_default_of_when_it_was_made(service: Service) -> None:
    store_id = create(service, "by-default")
    assert plan_of(service, store_id)["name"] == "small"
    assert recorded(service, store_id) == "small"


def test_a_store_of_before_plans_is_shown_with_the_default_one(service: Service) -> None:
    store_id = create(service, "older", plan="large")
    service.sql("UPDATE stores SET plan = NULL WHERE name = 'older' RETURNING id")
    assert plan_of(service, store_id)["name"] == "small"


def test_a_plan_that_is_no_longer_offered_is_named(service: Service) -> None:
    store_id = create(service, "former")
    service.sql("UPDATE stores SET plan = 'tiny' WHERE name = 'former' RETURNING id")
    assert plan_of(service, store_id) == {
        "name": "tiny", "description": None, "isDefault": False, "price": None, "resources": None,
    }  # fmt: skip


def test_an_unknown_plan_is_refused_with_those_on_offer(service: Service) -> None:
    payload = service.create(service.token("mira"), "refused", engine="medusa", plan="huge")
    assert payload["store"] is None
    assert payload["errors"] == [
        {
            "code": "PLAN_UNKNOWN",
            "field": "plan",
            "message": "Medusa has no plan 'huge'; choose one of: small, medium, large.",
        }
    ]
    assert service.sql("SELECT id FROM stores WHERE name = 'refused'") == []


def test_a_backup_goes_into_the_plan_of_its_shop(service: Service) -> None:
    source = create(service, "the-source", plan="medium")
    add_backups(service, source, 1)
    backup = f"backup_{source.removeprefix('store_')}_1"
    given = {"engine": None, "fromBackup": backup}
    assert recorded(service, create(service, "the-same", **given)) == "medium"
    assert recorded(service, create(service, "larger", plan="large", **given)) == "large"
    refused = service.create(service.token("mira"), "smaller", plan="small", **given)
    assert [(error["code"], error["field"]) for error in refused["errors"]] == [
        ("PLAN_TOO_SMALL", "plan")
    ]
    assert service.sql("SELECT id FROM stores WHERE name = 'smaller'") == []
