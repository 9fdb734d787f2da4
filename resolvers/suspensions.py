"""Has the shops of stores paused, opened again, and restarted."""

from typing import Annotated

import strawberry

from provisioner.storage.audit_log import AuditedAction
from resolvers import ids, mapping
from resolvers.context import Info
from resolvers.errors import require_caller
from schema.inputs import RestartStoreInput, ResumeStoreInput, SuspendStoreInput
from schema.payloads import RestartStorePayload, ResumeStorePayload, SuspendStorePayload


@strawberry.type
class SuspensionMutation:
    """The mutations that stop and start shops."""

    @strawberry.mutation(
        description="Pause the shop of a store that is READY or DEGRADED. Nothing of it runs then;"
        " its data, address and backups are kept, and visitors are told that it is closed for now."
        " The work goes on in the background: follow it with `storeStatus` until the store is"
        " SUSPENDED."
    )
    async def suspend_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            SuspendStoreInput, strawberry.argument(description="The store to pause.")
        ],
        audit: AuditedAction,
    ) -> SuspendStorePayload:
        caller = require_caller(info.context)
        store_id = ids.from_global_id(input.id)
        store = await info.context.platform.suspensions.suspend(caller, store_id, audit=audit)
        return SuspendStorePayload(store=mapping.store(info.context, store), errors=[])

    @strawberry.mutation(
        description="Open a paused shop again: it is READY once shoppers can open it, as a new one."
        " The work goes on in the background: follow it with `storeStatus`."
    )
    async def resume_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            ResumeStoreInput, strawberry.argument(description="The store to open again.")
        ],
        audit: AuditedAction,
    ) -> ResumeStorePayload:
        caller = require_caller(info.context)
        store_id = ids.from_global_id(input.id)
        store = await info.context.platform.suspensions.resume(caller, store_id, audit=audit)
        return ResumeStorePayload(store=mapping.store(info.context, store), errors=[])

    @strawberry.mutation(
        description="Restart the shop of a store that is READY or DEGRADED: every pod is replaced,"
        " the database's first, and no data changes. Shoppers may have to wait for some seconds."
        " The work goes on in the background: follow it with `storeStatus`."
    )
    async def restart_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            RestartStoreInput, strawberry.argument(description="The store to restart.")
        ],
        audit: AuditedAction,
    ) -> RestartStorePayload:
        caller = require_caller(info.context)
        store_id = ids.from_global_id(input.id)
        store = await info.context.platform.restarts.restart(caller, store_id, audit=audit)
        return RestartStorePayload(store=mapping.store(info.context, store), errors=[])
