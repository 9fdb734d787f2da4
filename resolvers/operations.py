"""Maps operations and their steps to the contract, and finds them by id."""

from collections.abc import Sequence
from typing import Any

import strawberry
from strawberry.scalars import JSON

from provisioner.domain import operations, stores
from provisioner.domain.errors import NotFoundError
from provisioner.storage import operation_pages
from provisioner.storage.paging import Page
from resolvers import ids
from resolvers.context import Info
from resolvers.errors import require_caller
from resolvers.pages import page_info
from resolvers.recorded_json import json_object
from schema import enums
from schema.codes import ReasonCode
from schema.operations import Operation, OperationConnection, OperationEdge, Reason, Step


def reason(record: stores.Reason | None) -> Reason | None:
    if record is None:
        return None
    return Reason(code=ReasonCode[record.code], message=record.message)


def step(record: stores.Step) -> Step:
    return Step(
        name=enums.StepName[record.name],
        status=enums.StepStatus[record.status],
        message=record.message or None,
        output=record.output or None,
        started_at=record.started_at,
        finished_at=record.finished_at,
    )


def _parameters(recorded: str) -> JSON | None:
    """Return what an operation was asked for with; a rollout is named by its id in the contract."""
    found: Any = json_object(recorded)
    if found is not None and "rollout" in found:
        found = {**found, "rollout": ids.to_rollout_id(str(found["rollout"]))}
    return None if found is None else JSON(found)


def operation(
    record: operations.Operation, steps: Sequence[stores.Step], store: stores.Store
) -> Operation:
    request, asked_by = record.request, record.request.asked_by
    return Operation(
        id=ids.to_operation_id(record.store_id, record.number),
        number=record.number,
        kind=enums.OperationKind[record.kind],
        status=enums.OperationStatus[record.status],
        reason=reason(record.reason),
        asked_by=None if asked_by is None else asked_by.subject,
        asked_by_source=None if asked_by is None else asked_by.source,
        asked_by_name=None if asked_by is None else asked_by.name,
        token_id=None if request.token_id is None else ids.to_token_id(request.token_id),
        parameters=_parameters(request.parameters),
        # A cancel deletes the store; of a shop that was open before, that would be its data.
        is_cancellable=record.is_cancellable and not store.had_a_shop,
        queued_at=record.queued_at,
        started_at=record.started_at,
        finished_at=record.finished_at,
        steps=[step(item) for item in steps],
    )


def connection(
    page: Page[operations.OperationWithSteps], store: stores.Store, *, after: str | None
) -> OperationConnection:
    edges = [
        OperationEdge(
            cursor=operation_pages.encode_cursor(item),
            node=operation(item.operation, item.steps, store),
        )
        for item in page.items
    ]
    cursors = [edge.cursor for edge in edges]
    return OperationConnection(
        edges=edges, page_info=page_info(cursors, has_next=page.has_next, after=after)
    )


async def find(info: Info, global_id: strawberry.ID) -> Operation | None:
    """Return the operation with this id, or None if there is none that the caller may see."""
    caller = require_caller(info.context)
    store_id, number = ids.from_operation_id(global_id)
    try:
        store = await info.context.platform.stores.get(caller, store_id)
        found = await info.context.platform.stores.operation(caller, store_id, number)
    except NotFoundError:
        return None
    return operation(found.operation, found.steps, store)
