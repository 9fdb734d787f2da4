"""Defines the pages of a list of stores."""

import strawberry

from schema.page_info import PageInfo
from schema.types import Store


@strawberry.type(description="A store in a list.")
class StoreEdge:
    cursor: str = strawberry.field(
        description="Pass it as `after` to continue the list after this store."
    )
    node: Store = strawberry.field(description="The store.")


@strawberry.type(description="A page of stores.")
class StoreConnection:
    edges: list[StoreEdge] = strawberry.field(description="The stores of this page.")
    page_info: PageInfo = strawberry.field(description="Where the next page begins.")
    total_count: int = strawberry.field(description="The number of stores on all pages together.")
