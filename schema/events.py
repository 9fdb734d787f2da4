"""Defines the events of a store, and the pages of a list of events."""

from datetime import datetime

import strawberry

from schema.enums import EventKind
from schema.page_info import PageInfo


@strawberry.type(description="Something that happened to a store.")
class StoreEvent:
    version: int = strawberry.field(description="The version that the store has since this event.")
    kind: EventKind = strawberry.field(description="What the event is about.")
    subject: str = strawberry.field(description="The name of the step or pod, or `store`.")
    status: str = strawberry.field(description="The new status of the subject.")
    message: str | None = strawberry.field(
        description="What happened, for people. Null if `status` says everything."
    )
    occurred_at: datetime = strawberry.field(description="When the event was recorded.")


@strawberry.type(description="An event in a list.")
class StoreEventEdge:
    cursor: str = strawberry.field(
        description="Pass it as `after` to continue the list after this event."
    )
    node: StoreEvent = strawberry.field(description="The event.")


@strawberry.type(description="A page of a store's events.")
class StoreEventConnection:
    edges: list[StoreEventEdge] = strawberry.field(description="The events of this page.")
    page_info: PageInfo = strawberry.field(description="Where the next page begins.")
