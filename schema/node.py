"""Defines the interface of all objects that have an id."""

import strawberry


@strawberry.interface(description="An object with an id that `node` can look up.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="The object's id, an opaque text that never changes."
    )
