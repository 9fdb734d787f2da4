"""Resolves offers of stores to other owners."""

from typing import Annotated

import strawberry

from provisioner.domain.stores import Store
from provisioner.services.transfers import ADVICE
from provisioner.storage.audit_log import AuditedAction
from resolvers import engine_mapping, ids, mapping
from resolvers.context import Context, Info
from resolvers.errors import require_caller
from schema.offers import StoreOffer
from schema.payloads import (
    AcceptTransferPayload,
    DeclineTransferPayload,
    TransferStorePayload,
    WithdrawTransferPayload,
)
from schema.transfers import (
    AcceptTransferInput,
    DeclineTransferInput,
    TransferStoreInput,
    WithdrawTransferInput,
)


@strawberry.type
class TransferQuery:
    """Contains the query about offers; ``Query`` inherits it."""

    @strawberry.field(
        description="The stores that are offered to the caller, the latest offers first, at most"
        " 100. An offer to an e-mail address is seen by whoever signs in with an issuer that has"
        " found the address to be theirs."
    )
    async def offered_stores(self, info: Info) -> list[StoreOffer]:
        caller, context = require_caller(info.context), info.context
        found = await context.platform.transfers.offered(caller)
        return [offer for item in found if (offer := _offer(context, item)) is not None]


@strawberry.type
class TransferMutation:
    """The mutations that offer stores to other owners, and that answer offers."""

    @strawberry.mutation(
        description="Offer a store to another owner, who has 7 days to accept it. Until then"
        " nothing changes. The owner in person may do that, not with a token that somebody else"
        " made, and so may admins. A store has one open offer at a time."
    )
    async def transfer_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            TransferStoreInput, strawberry.argument(description="The store, and to whom.")
        ],
        audit: AuditedAction,
    ) -> TransferStorePayload:
        caller, store_id = require_caller(info.context), ids.from_global_id(input.id)
        store = await info.context.platform.transfers.offer(
            caller, store_id, input.to, input.to_source, audit=audit
        )
        return TransferStorePayload(store=mapping.store(info.context, store), errors=[])

    @strawberry.mutation(
        description="End the offer of a store, before it is accepted. Whoever may offer it may."
    )
    async def withdraw_transfer(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            WithdrawTransferInput, strawberry.argument(description="The store.")
        ],
        audit: AuditedAction,
    ) -> WithdrawTransferPayload:
        caller, store_id = require_caller(info.context), ids.from_global_id(input.id)
        store = await info.context.platform.transfers.withdraw(caller, store_id, audit=audit)
        return WithdrawTransferPayload(store=mapping.store(info.context, store), errors=[])

    @strawberry.mutation(
        description="Become the owner of a store that is offered to the caller, with its history,"
        " its backups, and its copies. It counts against the caller's quota from now on. The former"
        " owner does not see it any more, but may know the password of its administrator: set a new"
        " one by `resetAdminPassword`. This needs the operator role, and no token that somebody"
        " else made."
    )
    async def accept_transfer(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            AcceptTransferInput, strawberry.argument(description="The store to take over.")
        ],
        audit: AuditedAction,
    ) -> AcceptTransferPayload:
        caller, store_id = require_caller(info.context), ids.from_global_id(input.id)
        store = await info.context.platform.transfers.accept(caller, store_id, audit=audit)
        return AcceptTransferPayload(
            store=mapping.store(info.context, store), advice=ADVICE, errors=[]
        )

    @strawberry.mutation(description="Do not take over a store that is offered to the caller.")
    async def decline_transfer(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            DeclineTransferInput, strawberry.argument(description="The store not to take over.")
        ],
        audit: AuditedAction,
    ) -> DeclineTransferPayload:
        caller, store_id = require_caller(info.context), ids.from_global_id(input.id)
        store = await info.context.platform.transfers.decline(caller, store_id, audit=audit)
        return DeclineTransferPayload(offer=_offer(info.context, store), errors=[])


def _offer(context: Context, store: Store) -> StoreOffer | None:
    """Return what a taker may see of a store that is offered to them."""
    offer, engine = store.offer, context.platform.stores.engines.get(store.engine)
    if offer is None:
        return None
    return StoreOffer(
        store_id=ids.to_global_id(store.id),
        store_name=store.name,
        engine=store.engine,
        resources=engine_mapping.store_resources(store, engine),
        offered_by=offer.by.label,
        offered_at=offer.offered_at,
        expires_at=offer.ends_at,
    )
