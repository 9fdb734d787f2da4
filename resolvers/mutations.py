"""Mutations: each only changes what a store should be; the reconciler does the rest.

What the domain refuses is raised here, and answered by ``refusals.RefusalsAsErrors``.
"""

from typing import Annotated

import strawberry

from provisioner.storage.audit_log import AuditedAction
from resolvers import mapping
from resolvers.access import AccessMutation
from resolvers.auditing import audited
from resolvers.context import Info
from resolvers.errors import require_caller
from schema.inputs import CancelStoreInput, CreateStoreInput, DeleteStoreInput, RetryStoreInput
from schema.payloads import (
    CancelStorePayload,
    CreateStorePayload,
    DeleteStorePayload,
    RetryStorePayload,
)


@audited
@strawberry.type(description="Everything that can be changed.")
class Mutation(AccessMutation):
    @strawberry.mutation(
        description="Ask for a store. It is made in the background; follow `storeStatus`."
    )
    async def create_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            CreateStoreInput, strawberry.argument(description="The store to be made.")
        ],
        audit: AuditedAction,
    ) -> CreateStorePayload:
        caller = require_caller(info.context)
        store = await info.context.platform.store_commands.create(
            caller,
            name=input.name,
            engine=input.engine,
            version=input.version,
            idempotency_key=input.idempotency_key,
            audit=audit,
        )
        return CreateStorePayload(store=mapping.store(info.context, store), errors=[])

    @strawberry.mutation(
        description="Remove a store and everything in it, in any status. Follow `storeStatus`"
        " to its end. Asking again changes nothing."
    )
    async def delete_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            DeleteStoreInput, strawberry.argument(description="The store to be removed.")
        ],
        audit: AuditedAction,
    ) -> DeleteStorePayload:
        caller = require_caller(info.context)
        store_id = mapping.from_global_id(input.id)
        store = await info.context.platform.store_commands.delete(caller, store_id, audit=audit)
        return DeleteStorePayload(store=mapping.store(info.context, store), errors=[])

    @strawberry.mutation(
        description="Give up a store that is not ready yet: stops the work on it and removes what"
        " was made. A store that is ready is not touched."
    )
    async def cancel_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            CancelStoreInput, strawberry.argument(description="The store to be given up.")
        ],
        audit: AuditedAction,
    ) -> CancelStorePayload:
        caller = require_caller(info.context)
        store_id = mapping.from_global_id(input.id)
        store = await info.context.platform.store_commands.cancel(caller, store_id, audit=audit)
        return CancelStorePayload(store=mapping.store(info.context, store), errors=[])

    @strawberry.mutation(
        description="Try a failed store again. What was made is kept; what failed is done anew."
    )
    async def retry_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            RetryStoreInput, strawberry.argument(description="The store to be tried again.")
        ],
        audit: AuditedAction,
    ) -> RetryStorePayload:
        caller = require_caller(info.context)
        store_id = mapping.from_global_id(input.id)
        store = await info.context.platform.store_commands.retry(caller, store_id, audit=audit)
        return RetryStorePayload(store=mapping.store(info.context, store), errors=[])
