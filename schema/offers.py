"""Defines what the taker of an offered store is shown of it."""

from datetime import datetime

import strawberry

from schema.engines import EngineResources


@strawberry.type(
    description="A store that is offered to the caller. They see the rest of it once they have"
    " accepted it."
)
class StoreOffer:
    store_id: strawberry.ID = strawberry.field(
        description="The id of the store. Pass it to `acceptTransfer` or `declineTransfer`."
    )
    store_name: str = strawberry.field(description="The store's name, which is in its address.")
    engine: str = strawberry.field(description="The name of its engine.")
    resources: EngineResources | None = strawberry.field(
        description="The resources that one store of its engine asks for. Null if the platform"
        " does not have the engine any more."
    )
    offered_by: str = strawberry.field(description="Who offers it.")
    offered_at: datetime = strawberry.field(description="When it was offered.")
    expires_at: datetime = strawberry.field(description="When the offer ends.")
