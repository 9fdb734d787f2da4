"""How a shop can get which plan, and what is said of that before."""

from dataclasses import replace

import pytest

from provisioner.domain.cluster import Volume
from provisioner.domain.engines import Engine
from provisioner.domain.plan_changes import PlanWay, plan_offers, refuse_plan
from provisioner.domain.plans import Plan
from provisioner.domain.stores import PlanChange, Store
from tests.stores import a_store
from tests.unit.backup_world import ENGINE

SIZES = {"small": "10Gi", "wide": "10Gi", "medium": "40Gi"}
PLANS = tuple(
    Plan(name, {"storage": size}, is_default=name == "small") for name, size in SIZES.items()
)
TINY: Engine = replace(ENGINE, plans=PLANS)
GROWS = Volume("data", "10Gi", "fast", can_grow=True)
STAYS = Volume("files", "10Gi", "local", can_grow=False)


def shop(plan: str | None, storage_plan: str | None = None) -> Store:
    return replace(a_store(), plan=plan, storage_plan=storage_plan)


def ways(store: Store, *volumes: Volume) -> dict[str, tuple[PlanWay, PlanChange | None]]:
    return {item.plan.name: (item.way, item.change) for item in plan_offers(store, TINY, volumes)}


@pytest.mark.parametrize("plan", ["small", None])
def test_volumes_grow_where_all_of_them_can(plan: str | None) -> None:
    assert ways(shop(plan), GROWS) == {
        "wide": (PlanWay.IN_PLACE, PlanChange("wide", "small")),
        "medium": (PlanWay.EXPANDS, PlanChange("medium", None, grows=True)),
    }
    for volumes in ((GROWS, STAYS), ()):
        assert ways(shop(plan), *volumes)["medium"] == (PlanWay.BY_BACKUP, None)


def test_volumes_never_shrink() -> None:
    assert ways(shop("medium"), STAYS) == {
        "small": (PlanWay.IN_PLACE, PlanChange("small", "medium")),
        "wide": (PlanWay.IN_PLACE, PlanChange("wide", "medium")),
    }
    (small, _) = plan_offers(shop("medium"), TINY, [STAYS])
    assert small.message.endswith(
        " The volumes stay as large as they are, for volumes never shrink."
    )


def test_volumes_that_are_large_already_are_used() -> None:
    assert ways(shop("small", "medium"), STAYS) == {
        "wide": (PlanWay.IN_PLACE, PlanChange("wide", "medium")),
        "medium": (PlanWay.IN_PLACE, PlanChange("medium", None)),
    }


def test_without_the_way_back_there_is_no_change() -> None:
    assert ways(shop("gone"), GROWS) == {}
    assert ways(shop("small", "gone"), GROWS) == {}
    assert refuse_plan(shop("gone"), TINY, "small").message == (
        "The plan that the shop has, gone, or that of its volumes is no longer offered, so it could"
        " not get it back. Ask the platform's operator to add it back to the charts."
    )


def test_refusals_name_the_plans_on_offer() -> None:
    assert refuse_plan(shop("small"), TINY, "huge").message == (
        "Tiny has no plan 'huge'; choose one of: small, wide, medium."
    )
    assert refuse_plan(shop("small"), TINY, "small").message == (
        "The shop has the plan small already; choose one of: small, wide, medium."
    )
    assert refuse_plan(shop(None), ENGINE, "small").message == "Tiny has no plans to choose from."
