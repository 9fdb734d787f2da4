"""Pages of stores."""

import strawberry

from schema.page_info import PageInfo
from schema.types import Store


@strawberry.type(description="A store in a list.")
class StoreEdge:
    cursor: str = strawberry.field(description="Continues the list after this store.")
    node: Store = strawberry.field(description="The store.")


@strawberry.type(description="A page of stores.")
class StoreConnection:
    edges: list[StoreEdge] = strawberry.field(description="The stores of this page.")
    page_info: PageInfo = strawberry.field(description="How to go on.")
    total_count: int = strawberry.field(description="Stores on all pages together.")
