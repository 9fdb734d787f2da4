"""Defines the operations of a store, with their steps, and the pages of a list of them."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from schema.codes import ReasonCode
from schema.enums import OperationKind, OperationStatus, StepName, StepStatus
from schema.node import Node
from schema.page_info import PageInfo


@strawberry.type(description="The reason for a status.")
class Reason:
    code: ReasonCode = strawberry.field(description="The reason, as a code for programs.")
    message: str = strawberry.field(
        description="What happened to which object and what to do next, for people."
    )


@strawberry.type(description="One step of an operation.")
class Step:
    name: StepName = strawberry.field(description="The name of the step.")
    status: StepStatus = strawberry.field(description="The status of the step.")
    message: str | None = strawberry.field(description="What the step waits for, or how it ended.")
    output: str | None = strawberry.field(
        description="The last lines of output from helm or the failing container, without secrets."
    )
    started_at: datetime | None = strawberry.field(description="When the step began.")
    finished_at: datetime | None = strawberry.field(description="When the step ended.")


@strawberry.type(
    description="A piece of work on a store. A store has at most one that is under way (QUEUED or"
    " RUNNING)."
)
class Operation(Node):
    number: int = strawberry.field(description="Its number among the store's operations, from 1.")
    kind: OperationKind = strawberry.field(description="What it does with the store.")
    status: OperationStatus = strawberry.field(description="Where it is.")
    reason: Reason | None = strawberry.field(description="Why it has failed, or what holds it up.")
    asked_by: str | None = strawberry.field(
        description="Who asked for it. Null for what the platform does by itself, and for what an"
        " older version of it did."
    )
    asked_by_source: str | None = strawberry.field(
        description="The source of the name `askedBy`: `local`, an issuer's URL, or `command line`."
    )
    asked_by_name: str | None = strawberry.field(
        description="The display name of `askedBy`. Several people may have the same one."
    )
    token_id: strawberry.ID | None = strawberry.field(
        description="The id of the token that they had signed in with, if it was one of the"
        " platform's own."
    )
    parameters: JSON | None = strawberry.field(
        description="The fields of the mutation's input, as an object, without secrets. Null if"
        " they were recorded in a form that cannot be read."
    )
    is_cancellable: bool = strawberry.field(
        description="Whether it can be stopped now, by `cancelStore`."
    )
    queued_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When the work began.")
    finished_at: datetime | None = strawberry.field(description="When it ended.")
    steps: list[Step] = strawberry.field(description="Its steps, in order.")


@strawberry.type(description="An operation in a list.")
class OperationEdge:
    cursor: str = strawberry.field(
        description="Pass it as `after` to continue the list after this operation."
    )
    node: Operation = strawberry.field(description="The operation.")


@strawberry.type(description="A page of a store's operations.")
class OperationConnection:
    edges: list[OperationEdge] = strawberry.field(description="The operations of this page.")
    page_info: PageInfo = strawberry.field(description="Where the next page begins.")
