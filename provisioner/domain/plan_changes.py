"""How a shop can get another plan, and why it cannot get some.

CPU and memory change both ways. Volumes only grow: with a smaller plan they stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from provisioner.domain.cluster import Volume
from provisioner.domain.codes import RefusalCode
from provisioner.domain.engines import Engine
from provisioner.domain.errors import Refusal
from provisioner.domain.plans import Plan, plan_names
from provisioner.domain.stores import PlanChange, Store, StoreStatus


class PlanWay(StrEnum):
    """How a shop gets another plan."""

    IN_PLACE = "IN_PLACE"  # its volumes stay as large as they are
    EXPANDS = "EXPANDS"  # its volumes are made larger where they are
    BY_BACKUP = "BY_BACKUP"  # only a new shop has larger volumes, made from a backup


_MESSAGES = {
    PlanWay.IN_PLACE: (
        "The shop stays open; its parts start anew one after the other, so shoppers may have to"
        " wait for up to some minutes. Nothing is lost. If it does not run with this plan, it gets"
        " the former one back."
    ),
    PlanWay.EXPANDS: (
        "The shop stays open; its parts start anew, so shoppers may have to wait for up to some"
        " minutes, and then its volumes are made larger where they are. Nothing is lost. If it"
        " does not run with this plan, it gets the former one back. Volumes never shrink again."
    ),
    PlanWay.BY_BACKUP: (
        "The storage of this cluster cannot make the shop's volumes larger where they are. Make a"
        " backup, and restore it into a new shop with this plan; this shop is left as it is."
    ),
}
_KEPT = " The volumes stay as large as they are, for volumes never shrink."


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """A plan that a shop does not have, and how it would get it; ``change`` is None if it cannot.

    ``message`` says to people what happens, before it does.
    """

    plan: Plan
    way: PlanWay
    change: PlanChange | None
    message: str


def plan_offers(store: Store, engine: Engine, volumes: Sequence[Volume]) -> list[PlanOffer]:
    """Return the plans that a store does not have; ``volumes`` are those that it has now.

    Without its present plan in the list there are none: the way back would be missing.
    """
    present, room = engine.plan_of(store), engine.storage_plan_of(store)
    if present is None or room is None:
        return []
    can_grow = bool(volumes) and all(volume.can_grow for volume in volumes)
    return [_offer(plan, room, can_grow) for plan in engine.plans if plan.name != present.name]


def _offer(plan: Plan, room: Plan, can_grow: bool) -> PlanOffer:  # noqa: FBT001
    if plan.storage <= room.storage:
        kept = None if plan.name == room.name else room.name
        message = _MESSAGES[PlanWay.IN_PLACE] + (_KEPT if plan.storage < room.storage else "")
        return PlanOffer(plan, PlanWay.IN_PLACE, PlanChange(plan.name, kept), message)
    if can_grow:
        change = PlanChange(plan.name, None, grows=True)
        return PlanOffer(plan, PlanWay.EXPANDS, change, _MESSAGES[PlanWay.EXPANDS])
    return PlanOffer(plan, PlanWay.BY_BACKUP, None, _MESSAGES[PlanWay.BY_BACKUP])


def refuse_plan(store: Store, engine: Engine, name: str) -> Refusal:
    """Return why a store cannot get a plan that it is not offered."""
    present = engine.plan_of(store)
    offered = plan_names(engine.plans)
    if engine.plan(name) is None:
        message = f"{engine.display_name} has no plan {name!r}; choose one of: {offered}."
        if not engine.plans:
            message = f"{engine.display_name} has no plans to choose from."
        return Refusal(RefusalCode.PLAN_UNKNOWN, message, "plan")
    if present is not None and present.name == name:
        message = f"The shop has the plan {name} already; choose one of: {offered}."
        return Refusal(RefusalCode.PLAN_NOT_CHANGEABLE, message, "plan")
    message = (
        f"The plan that the shop has, {store.plan}, or that of its volumes is no longer offered, so"
        " it could not get it back. Ask the platform's operator to add it back to the charts."
    )
    return Refusal(RefusalCode.PLAN_NOT_CHANGEABLE, message, "id")


def not_changeable_now(store: Store) -> Refusal:
    """Return the refusal to change the plan of a shop that is not open."""
    message = (
        f"Only the shop of a store that is READY or DEGRADED can get another plan; this one is"
        f" {store.status}."
    )
    if store.status is StoreStatus.FAILED:
        message += " Retry it first."
    if store.status is StoreStatus.SUSPENDED:
        message = "The shop is paused. Resume it first, then change its plan."
    return Refusal(RefusalCode.PLAN_NOT_CHANGEABLE, message, "id")


def engine_gone(store: Store) -> Refusal:
    """Return the refusal to change the plan of a shop whose engine is offered no more."""
    message = (
        f"The engine {store.engine} is no longer offered here. Ask the platform's operator to add"
        " it back to the charts."
    )
    return Refusal(RefusalCode.PLAN_NOT_CHANGEABLE, message, "id")
