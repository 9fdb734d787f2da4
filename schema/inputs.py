"""Inputs of the contract: one per mutation, and the ways to narrow and order a list."""

import strawberry

from schema.enums import OrderDirection, StoreOrderField, StoreStatus


@strawberry.input(description="A store to be made.")
class CreateStoreInput:
    name: str = strawberry.field(
        description="Becomes part of the shop's address: 3 to 40 characters a-z, 0-9 and hyphens,"
        " beginning and ending with a letter or digit."
    )
    engine: str = strawberry.field(description="The name of one of `engines`.")
    version: str | None = strawberry.field(
        default=None, description="A version of the engine; its default if left out."
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Any text of up to 128 characters. The same key gives the same store again, so"
        " that a request may be repeated safely.",
    )


@strawberry.input(description="A store to be removed.")
class DeleteStoreInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.input(description="A store to be given up.")
class CancelStoreInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.input(description="A store to be tried again.")
class RetryStoreInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.input(description="Which stores to list; a part left out does not restrict.")
class StoreFilterInput:
    statuses: list[StoreStatus] | None = strawberry.field(
        default=None,
        description="Stores in one of these; if left out, all that are not deleted.",
    )
    engine: str | None = strawberry.field(default=None, description="Stores of this engine.")
    name_contains: str | None = strawberry.field(
        default=None, description="Stores whose name contains this."
    )


@strawberry.input(description="How to order a list of stores.")
class StoreOrderInput:
    field: StoreOrderField = strawberry.field(
        default=StoreOrderField.CREATED_AT, description="What to order by."
    )
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.DESC, description="Which end comes first."
    )
