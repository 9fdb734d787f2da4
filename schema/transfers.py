"""Defines the offer of a store to another owner, and what is asked about it."""

from datetime import datetime

import strawberry


@strawberry.type(description="The offer of a store to another owner.")
class TransferOffer:
    to: str = strawberry.field(
        description="To whom, as it was named: a unique name or an e-mail address. Whether there is"
        " somebody of that name is not said."
    )
    to_source: str = strawberry.field(
        description="The source of the taker's unique name: `local`, or an issuer's URL."
    )
    offered_by: str = strawberry.field(description="Who offered it.")
    offered_at: datetime = strawberry.field(description="When it was offered.")
    expires_at: datetime = strawberry.field(
        description="When the offer ends. From then on nobody can accept it."
    )


@strawberry.input(description="A store to offer, and to whom.")
class TransferStoreInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")
    to: str = strawberry.field(
        description="The taker: their unique name (see `Viewer.name`), or the e-mail address that"
        " the issuer has found to be theirs. Whether there is somebody of that name is not said."
    )
    to_source: str | None = strawberry.field(
        default=None,
        description="The source of the taker's unique name: `local`, or an issuer's URL (see"
        " `Viewer.source`). By default, that of the store's present owner.",
    )


@strawberry.input(description="A store whose offer is withdrawn.")
class WithdrawTransferInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.input(description="A store to take over.")
class AcceptTransferInput:
    id: strawberry.ID = strawberry.field(description="The store's id, as in `offeredStores`.")


@strawberry.input(description="A store not to take over.")
class DeclineTransferInput:
    id: strawberry.ID = strawberry.field(description="The store's id, as in `offeredStores`.")
