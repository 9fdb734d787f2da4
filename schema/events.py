"""What happened to a store, and pages of it."""

from datetime import datetime

import strawberry

from schema.enums import EventKind
from schema.page_info import PageInfo


@strawberry.type(description="Something that happened to a store.")
class StoreEvent:
    version: int = strawberry.field(description="The store's version with this event.")
    kind: EventKind = strawberry.field(description="What it is about.")
    subject: str = strawberry.field(description="The step's or the pod's name, or `store`.")
    status: str = strawberry.field(description="The new status of the subject.")
    message: str | None = strawberry.field(
        description="What happened, for people; null where `status` says it all."
    )
    occurred_at: datetime = strawberry.field(description="When it was recorded.")


@strawberry.type(description="An event in a list.")
class StoreEventEdge:
    cursor: str = strawberry.field(description="Continues the list after this event.")
    node: StoreEvent = strawberry.field(description="The event.")


@strawberry.type(description="A page of a store's events.")
class StoreEventConnection:
    edges: list[StoreEventEdge] = strawberry.field(description="The events of this page.")
    page_info: PageInfo = strawberry.field(description="How to go on.")
