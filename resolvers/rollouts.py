"""Resolves rollouts: upgrades of many shops, for admins."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Annotated

import strawberry

from provisioner.domain import rollouts
from provisioner.domain.errors import RefusedError
from provisioner.services.rollouts import WantedRollout
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.rollouts import encode_cursor
from resolvers import ids
from resolvers.context import Context, Info
from resolvers.errors import public, require_caller
from resolvers.pages import page_info
from schema.rollouts import (
    ResumeRolloutInput,
    ResumeRolloutPayload,
    Rollout,
    RolloutConnection,
    RolloutEdge,
    RolloutPlan,
    RolloutStatus,
    RolloutStore,
    RolloutStoreConnection,
    RolloutStoreEdge,
    StopRolloutInput,
    StopRolloutPayload,
    TurnCount,
    TurnStatus,
    UpgradeStoresInput,
    UpgradeStoresPayload,
)

_PLANNED = 500  # shops of a plan that are named


@strawberry.type
class RolloutQuery:
    """Contains the queries about rollouts; ``Query`` inherits them."""

    @strawberry.field(description="The rollouts, newest first, in pages. Only admins see them.")
    async def rollouts(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, from 1 to 100.")] = 20,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> RolloutConnection:
        caller = require_caller(info.context)
        try:
            page = await info.context.platform.rollouts.page(caller, first=first, after=after)
        except RefusedError as error:
            raise public(error) from error
        edges = [
            RolloutEdge(cursor=encode_cursor(item), node=rollout(info.context, item))
            for item in page.items
        ]
        cursors = [edge.cursor for edge in edges]
        return RolloutConnection(
            edges=edges, page_info=page_info(cursors, has_next=page.has_next, after=after)
        )


@strawberry.type
class RolloutMutation:
    """The mutations that are about rollouts."""

    @strawberry.mutation(
        description="Upgrade the shops of many stores: first the canaries; if all of them succeed,"
        " the others, a few at a time, as `upgradeStore` does. With `dryRun` it only says which"
        " shops would be upgraded, and why others cannot be. Only admins may. The work goes on in"
        " the background: follow it with `rolloutStatus`."
    )
    async def upgrade_stores(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            UpgradeStoresInput, strawberry.argument(description="Which shops, and to what.")
        ],
        audit: AuditedAction,
    ) -> UpgradeStoresPayload:
        caller, service = require_caller(info.context), info.context.platform.rollouts
        if input.dry_run:
            planned = await service.plan(caller, _wanted(input))
            await audit.accept_alone()
            return UpgradeStoresPayload(rollout=None, plan=_plan(planned), errors=[])
        begun = await service.begin(caller, _wanted(input), audit=audit)
        return UpgradeStoresPayload(rollout=rollout(info.context, begun), plan=None, errors=[])

    @strawberry.mutation(
        description="Begin no more upgrades of a rollout. Those that are under way go on."
    )
    async def stop_rollout(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            StopRolloutInput, strawberry.argument(description="The rollout to stop.")
        ],
        audit: AuditedAction,
    ) -> StopRolloutPayload:
        caller, rollout_id = require_caller(info.context), ids.from_rollout_id(input.id)
        found = await info.context.platform.rollouts.stop(caller, rollout_id, audit=audit)
        return StopRolloutPayload(rollout=rollout(info.context, found), errors=[])

    @strawberry.mutation(
        description="Let a rollout that is STOPPED go on. What has failed so far stays as it is,"
        " and does not stop it again."
    )
    async def resume_rollout(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            ResumeRolloutInput, strawberry.argument(description="The rollout to resume.")
        ],
        audit: AuditedAction,
    ) -> ResumeRolloutPayload:
        caller, rollout_id = require_caller(info.context), ids.from_rollout_id(input.id)
        found = await info.context.platform.rollouts.resume(caller, rollout_id, audit=audit)
        return ResumeRolloutPayload(rollout=rollout(info.context, found), errors=[])


@strawberry.type
class RolloutSubscription:
    """The subscription to a rollout."""

    @strawberry.subscription(
        description="A rollout's present state, then its state after each change. The stream"
        " completes when the rollout is finished. Only admins may follow it."
    )
    async def rollout_status(
        self,
        info: Info,
        id: Annotated[  # noqa: A002
            strawberry.ID, strawberry.argument(description="The rollout's id.")
        ],
    ) -> AsyncGenerator[Rollout, None]:
        caller = require_caller(info.context)
        try:
            states = await info.context.platform.rollouts.follow(caller, ids.from_rollout_id(id))
            async with aclosing(states):
                async for state in states:
                    yield rollout(info.context, state)
        except RefusedError as error:
            raise public(error) from error


async def find(info: Info, global_id: strawberry.ID) -> Rollout | None:
    """Return the rollout with this id, or None if there is none that the caller may see."""
    caller = require_caller(info.context)
    try:
        found = await info.context.platform.rollouts.get(caller, ids.from_rollout_id(global_id))
    except RefusedError:
        return None
    return rollout(info.context, found)


def rollout(context: Context, record: rollouts.Rollout) -> Rollout:
    terms = record.terms
    return Rollout(
        id=ids.to_rollout_id(record.id),
        load_stores=partial(_stores, context, record.id),
        engine=terms.engine,
        version=terms.version,
        canaries=terms.canaries,
        parallel=terms.parallel,
        stop_after_failures=terms.stop_after_failures,
        status=RolloutStatus[record.status],
        reason=record.reason or None,
        asked_by=None if record.asked_by is None else record.asked_by.subject,
        created_at=record.created_at,
        ended_at=record.ended_at,
        counts=_counts(record.counts),
    )


async def _stores(
    context: Context, rollout_id: str, first: int, after: str | None
) -> RolloutStoreConnection:
    caller = require_caller(context)
    try:
        page = await context.platform.rollouts.turns(caller, rollout_id, first=first, after=after)
    except RefusedError as error:
        raise public(error) from error
    edges = [RolloutStoreEdge(cursor=cursor, node=_turn(turn)) for cursor, turn in page.items]
    cursors = [edge.cursor for edge in edges]
    return RolloutStoreConnection(
        edges=edges, page_info=page_info(cursors, has_next=page.has_next, after=after)
    )


def _turn(turn: rollouts.Turn) -> RolloutStore:
    number = turn.operation_number
    return RolloutStore(
        store_id=ids.to_global_id(turn.store_id),
        store_name=turn.store_name,
        former_version=turn.former_version,
        status=TurnStatus[turn.status],
        message=turn.message or None,
        operation_id=None if number is None else ids.to_operation_id(turn.store_id, number),
    )


def _plan(turns: Sequence[rollouts.Turn]) -> RolloutPlan:
    counts = Counter(turn.status for turn in turns)
    return RolloutPlan(counts=_counts(counts), stores=[_turn(turn) for turn in turns[:_PLANNED]])


def _counts(counts: Mapping[rollouts.TurnStatus, int]) -> list[TurnCount]:
    return [
        TurnCount(status=TurnStatus[status], count=counts.get(status, 0))
        for status in rollouts.TurnStatus
    ]


def _wanted(given: UpgradeStoresInput) -> WantedRollout:
    return WantedRollout(
        terms=rollouts.RolloutTerms(
            engine=given.engine,
            version=given.version,
            canaries=given.canaries,
            parallel=given.parallel,
            stop_after_failures=given.stop_after_failures,
        ),
        name_contains=given.name_contains,
        owner_contains=given.owner_contains,
        retries_failed=given.retries_failed,
    )
