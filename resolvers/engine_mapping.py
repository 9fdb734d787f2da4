"""Maps engines, with their versions and plans, to types of the contract."""

from collections.abc import Mapping

from provisioner.domain.engines import Engine, EngineVersion
from provisioner.domain.plan_changes import PlanOffer
from provisioner.domain.plans import Plan
from provisioner.domain.stores import Store
from schema import engines as contract


def engine(record: Engine) -> contract.Engine:
    return contract.Engine(
        name=record.name,
        display_name=record.display_name,
        description=record.description,
        versions=[engine_version(item) for item in record.versions],
        resources=_resources(record.resources),
        plans=[plan(item) for item in record.plans],
        is_available=record.unavailable_reason is None,
        unavailable_reason=record.unavailable_reason,
    )


def plan(record: Plan) -> contract.Plan:
    return contract.Plan(
        name=record.name,
        description=record.description or None,
        is_default=record.is_default,
        price=record.price,
        resources=_resources(record.resources),
    )


def plan_change(record: PlanOffer) -> contract.PlanChange:
    return contract.PlanChange(
        plan=plan(record.plan),
        way=contract.PlanWay[record.way],
        is_closed=False,
        message=record.message,
    )


def store_plan(record: Store, offered: Engine | None) -> contract.Plan | None:
    """Return the plan of a store; only its name is known of one that is no longer offered."""
    found = offered.plan_of(record) if offered else None
    if found is not None:
        return plan(found)
    if record.plan is None:
        return None
    return contract.Plan(
        name=record.plan, description=None, is_default=False, price=None, resources=None
    )


def store_resources(record: Store, offered: Engine | None) -> contract.EngineResources | None:
    """Return what a store asks for: its plan's, or else its engine's; None if nobody knows."""
    found = store_plan(record, offered)
    if found is not None:
        return found.resources
    return engine(offered).resources if offered else None


def _resources(record: Mapping[str, str]) -> contract.EngineResources:
    return contract.EngineResources(
        cpu=record.get("cpu", "0"),
        memory=record.get("memory", "0"),
        storage=record.get("storage", "0"),
    )


def engine_version(record: EngineVersion) -> contract.EngineVersion:
    return contract.EngineVersion(
        name=record.name, is_default=record.is_default, what_is_new=record.what_is_new or None
    )
