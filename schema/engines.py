"""Defines the engines of the contract, with their versions and plans."""

from enum import Enum

import strawberry


@strawberry.type(description="A version of an engine.")
class EngineVersion:
    name: str = strawberry.field(description="The version's name. Pass it as `version`.")
    is_default: bool = strawberry.field(
        description="Whether this version is used when a request names none."
    )
    what_is_new: str | None = strawberry.field(
        description="What an upgrade to it brings, in a sentence for merchants. Null if nobody"
        " wrote one."
    )


@strawberry.type(description="The resources that a store of an engine asks for.")
class EngineResources:
    cpu: str = strawberry.field(description="CPU, as a Kubernetes quantity.")
    memory: str = strawberry.field(description="Memory, as a Kubernetes quantity.")
    storage: str = strawberry.field(description="Disk space, as a Kubernetes quantity.")


@strawberry.type(description="How much of the cluster a shop asks for.")
class Plan:
    name: str = strawberry.field(description="The plan's name. Pass it as `plan`.")
    description: str | None = strawberry.field(
        description="What it means for a shop, in words for merchants. Null if nobody wrote them."
    )
    is_default: bool = strawberry.field(
        description="Whether this plan is used when a request names none."
    )
    price: str | None = strawberry.field(
        description="What it costs, in the words of the platform's operator. Null if they set none."
    )
    resources: EngineResources | None = strawberry.field(
        description="The resources that a store of it asks for. Null if it is no longer offered."
    )


@strawberry.enum(description="How a shop gets another plan.")
class PlanWay(Enum):
    IN_PLACE = strawberry.enum_value(
        "IN_PLACE", description="Where it is. Its volumes stay as large as they are."
    )
    EXPANDS = strawberry.enum_value(
        "EXPANDS", description="Where it is. Its volumes are made larger."
    )
    BY_BACKUP = strawberry.enum_value(
        "BY_BACKUP",
        description="Not by `changePlan`: restore a backup into a new shop with the plan.",
    )


@strawberry.type(description="Another plan that a shop can get, and what that means.")
class PlanChange:
    plan: Plan = strawberry.field(description="The plan.")
    way: PlanWay = strawberry.field(description="How the shop gets it.")
    is_closed: bool = strawberry.field(
        description="Whether visitors are told meanwhile that the shop is closed."
    )
    message: str = strawberry.field(
        description="What happens, in sentences for people: what shoppers notice, and what is lost."
    )


@strawberry.type(description="A kind of shop that can be created.")
class Engine:
    name: str = strawberry.field(description="The engine's name. Pass it as `engine`.")
    display_name: str = strawberry.field(description="The name that people see.")
    description: str = strawberry.field(description="What the engine is, in one sentence.")
    versions: list[EngineVersion] = strawberry.field(description="The versions that can be chosen.")
    resources: EngineResources = strawberry.field(
        description="The resources that one store asks for: those of its default plan."
    )
    plans: list[Plan] = strawberry.field(
        description="The plans that can be chosen. Empty if all its stores ask for the same."
    )
    is_available: bool = strawberry.field(description="Whether new stores can have the engine.")
    unavailable_reason: str | None = strawberry.field(
        description="Why no new store can have the engine; null if stores can."
    )
