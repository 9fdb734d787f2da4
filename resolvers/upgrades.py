"""Has the shops of stores upgraded, and brought back to the version before."""

from typing import Annotated

import strawberry

from provisioner.storage.audit_log import AuditedAction
from resolvers import ids, mapping
from resolvers.context import Info
from resolvers.errors import require_caller
from resolvers.times import aware
from schema.inputs import RollbackStoreInput, UpgradeStoreInput
from schema.payloads import RollbackStorePayload, UpgradeStorePayload


@strawberry.type
class UpgradeMutation:
    """The mutations that change the version of shops."""

    @strawberry.mutation(
        description="Give the shop of a store that is READY or DEGRADED another version of its"
        " engine. First it is made sure that the version can be had; then visitors are told that"
        " the shop is closed, and it is saved. It opens again once a shopper could buy. If anything"
        " fails, it is brought back as it was, with its data, by itself. The work goes on in the"
        " background: follow it with `storeStatus`."
    )
    async def upgrade_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            UpgradeStoreInput, strawberry.argument(description="The store, and the version.")
        ],
        audit: AuditedAction,
    ) -> UpgradeStorePayload:
        caller = require_caller(info.context)
        store_id = ids.from_global_id(input.id)
        store = await info.context.platform.upgrades.upgrade(
            caller, store_id, input.version, audit=audit
        )
        return UpgradeStorePayload(store=mapping.store(info.context, store), errors=[])

    @strawberry.mutation(
        description="Have a shop as it was before it got its present version: `Store.wayBack` is"
        " put in its place, as by `restoreBackup`, with the version of then. What came after that"
        " is lost to the shop. The work goes on in the background: follow it with `storeStatus`."
    )
    async def rollback_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            RollbackStoreInput, strawberry.argument(description="The store to bring back.")
        ],
        audit: AuditedAction,
    ) -> RollbackStorePayload:
        store = await info.context.platform.upgrades.roll_back(
            require_caller(info.context),
            ids.from_global_id(input.id),
            accepts_loss_since=aware(input.accept_loss_since),
            is_saved=not input.without_backup,
            audit=audit,
        )
        return RollbackStorePayload(store=mapping.store(info.context, store), errors=[])
