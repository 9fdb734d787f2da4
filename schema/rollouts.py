"""Defines rollouts in the contract: upgrades of many shops, for admins."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from schema.node import Node
from schema.page_info import PageInfo
from schema.payloads import UserError

_value = strawberry.enum_value


@strawberry.enum(description="Where a rollout is.")
class RolloutStatus(Enum):
    RUNNING = _value("RUNNING", description="It goes on by itself.")
    STOPPED = _value(
        "STOPPED",
        description="It begins no more upgrades, until it is resumed. See `reason`.",
    )
    FINISHED = _value("FINISHED", description="Every shop has had its turn.")


@strawberry.enum(description="Where the turn of one shop in a rollout is.")
class TurnStatus(Enum):
    PENDING = _value("PENDING", description="Its turn has not come.")
    RUNNING = _value("RUNNING", description="It is being upgraded.")
    SUCCEEDED = _value("SUCCEEDED", description="It has the new version.")
    FAILED = _value(
        "FAILED", description="It could not be upgraded, and is brought back as it was."
    )
    SKIPPED = _value("SKIPPED", description="It was passed over. See `message`.")


@strawberry.type(description="The turn of one shop in a rollout.")
class RolloutStore:
    store_id: strawberry.ID = strawberry.field(description="The store's id.")
    store_name: str = strawberry.field(description="Its name when the rollout began.")
    former_version: str = strawberry.field(
        description="The version that it had when the rollout began."
    )
    status: TurnStatus = strawberry.field(description="Where its turn is.")
    message: str | None = strawberry.field(description="Why it failed, or was passed over.")
    operation_id: strawberry.ID | None = strawberry.field(
        description="The id of its upgrade, once that has begun."
    )


@strawberry.type(description="The turn of a shop in a list.")
class RolloutStoreEdge:
    cursor: str = strawberry.field(
        description="Pass it as `after` to continue the list after this shop."
    )
    node: RolloutStore = strawberry.field(description="The shop's turn.")


@strawberry.type(description="A page of the shops of a rollout.")
class RolloutStoreConnection:
    edges: list[RolloutStoreEdge] = strawberry.field(description="The shops of this page.")
    page_info: PageInfo = strawberry.field(description="Where the next page begins.")


@strawberry.type(description="How many shops of a rollout have a status.")
class TurnCount:
    status: TurnStatus = strawberry.field(description="The status.")
    count: int = strawberry.field(description="How many shops have it.")


@strawberry.type(
    description="The upgrade of many shops, a few at a time: first the canaries, alone; if all of"
    " them succeed, the others follow."
)
class Rollout(Node):
    load_stores: strawberry.Private[Callable[[int, str | None], Awaitable[RolloutStoreConnection]]]
    engine: str = strawberry.field(description="The engine of its shops.")
    version: str = strawberry.field(description="The version that they get.")
    canaries: int = strawberry.field(description="How many shops come first.")
    parallel: int = strawberry.field(description="How many shops are upgraded at a time.")
    stop_after_failures: int = strawberry.field(
        description="After how many failures it stops. It stops after the failure of any canary."
    )
    status: RolloutStatus = strawberry.field(description="Where it is.")
    reason: str | None = strawberry.field(description="Why it is stopped.")
    asked_by: str | None = strawberry.field(description="Who began it.")
    created_at: datetime = strawberry.field(description="When it began.")
    ended_at: datetime | None = strawberry.field(
        description="When it was stopped or finished. Null while it is running."
    )
    counts: list[TurnCount] = strawberry.field(
        description="How many of its shops have each status."
    )

    @strawberry.field(description="Its shops in their order, in pages.")
    async def stores(
        self,
        first: Annotated[int, strawberry.argument(description="How many, from 1 to 100.")] = 20,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> RolloutStoreConnection:
        return await self.load_stores(first, after)


@strawberry.type(description="A rollout in a list.")
class RolloutEdge:
    cursor: str = strawberry.field(
        description="Pass it as `after` to continue the list after this rollout."
    )
    node: Rollout = strawberry.field(description="The rollout.")


@strawberry.type(description="A page of rollouts.")
class RolloutConnection:
    edges: list[RolloutEdge] = strawberry.field(description="The rollouts of this page.")
    page_info: PageInfo = strawberry.field(description="Where the next page begins.")


@strawberry.type(description="What a rollout would do.")
class RolloutPlan:
    counts: list[TurnCount] = strawberry.field(
        description="How many shops would be upgraded (PENDING), and how many not (SKIPPED)."
    )
    stores: list[RolloutStore] = strawberry.field(
        description="The first 500 shops, in their order: those that would be upgraded, then the"
        " others, with the reason why not."
    )


@strawberry.input(description="Which shops to upgrade, to what, and how many at a time.")
class UpgradeStoresInput:
    engine: str = strawberry.field(description="The engine of the shops.")
    version: str = strawberry.field(description="The version that they are to get.")
    name_contains: str | None = strawberry.field(
        default=None, description="Only stores whose name contains this text."
    )
    owner_contains: str | None = strawberry.field(
        default=None, description="Only stores whose owner's name contains this text."
    )
    canaries: int = strawberry.field(
        default=1,
        description="How many shops come first, from 0 to 100. If one of them fails, it stops.",
    )
    parallel: int = strawberry.field(
        default=2, description="How many shops are upgraded at a time, from 1 to 50."
    )
    stop_after_failures: int = strawberry.field(
        default=1, description="After how many failures it stops, from 1 to 1000."
    )
    retries_failed: bool = strawberry.field(
        default=False,
        description="Upgrade shops too whose last upgrade to this version has failed.",
    )
    dry_run: bool = strawberry.field(
        default=False, description="Only say what would be done: see `plan` of the result."
    )


@strawberry.input(description="A rollout to stop.")
class StopRolloutInput:
    id: strawberry.ID = strawberry.field(description="The rollout's id.")


@strawberry.input(description="A rollout to resume.")
class ResumeRolloutInput:
    id: strawberry.ID = strawberry.field(description="The rollout's id.")


@strawberry.type
class _RolloutPayload:
    """The fields that the results of all mutations of a rollout have."""

    rollout: Rollout | None = strawberry.field(
        description="The rollout. Null if the request was refused, and after a dry run."
    )
    errors: list[UserError] = strawberry.field(
        description="Why the request was refused. Empty otherwise."
    )


@strawberry.type(description="The result of `upgradeStores`.")
class UpgradeStoresPayload(_RolloutPayload):
    plan: RolloutPlan | None = strawberry.field(
        description="What would be done. Null unless `dryRun` was asked for."
    )


@strawberry.type(description="The result of `stopRollout`.")
class StopRolloutPayload(_RolloutPayload):
    pass


@strawberry.type(description="The result of `resumeRollout`.")
class ResumeRolloutPayload(_RolloutPayload):
    pass
