"""Relay connections (https://relay.dev/graphql/connections.htm), forward only."""

import strawberry

from schema.types import Store


@strawberry.type(description="Whether there is more, and where it begins.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether another page follows.")
    has_previous_page: bool = strawberry.field(description="Whether this is not the first page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="Pass it as `after` for the next page.")


@strawberry.type(description="A store in a list.")
class StoreEdge:
    cursor: str = strawberry.field(description="Continues the list after this store.")
    node: Store = strawberry.field(description="The store.")


@strawberry.type(description="A page of stores.")
class StoreConnection:
    edges: list[StoreEdge] = strawberry.field(description="The stores of this page.")
    page_info: PageInfo = strawberry.field(description="How to go on.")
    total_count: int = strawberry.field(description="Stores on all pages together.")
