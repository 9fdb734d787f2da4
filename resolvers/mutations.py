"""Resolves mutations: each only changes what a store should be, and the reconciler does the work.

Refusals of the domain pass through the resolvers; ``refusals.RefusalsAsErrors`` turns them into the
payload's errors.
"""

from typing import Annotated

import strawberry

from provisioner.services.wanted_store import BackupChoice, WantedStore
from provisioner.storage.audit_log import AuditedAction
from resolvers import ids, mapping
from resolvers.access import AccessMutation
from resolvers.auditing import audited
from resolvers.backups import BackupMutation
from resolvers.context import Info
from resolvers.errors import require_caller
from resolvers.passwords import PasswordMutation
from resolvers.plan_changes import PlanMutation
from resolvers.renames import RenameMutation
from resolvers.rollouts import RolloutMutation
from resolvers.suspensions import SuspensionMutation
from resolvers.transfers import TransferMutation
from resolvers.upgrades import UpgradeMutation
from schema.inputs import CancelStoreInput, CreateStoreInput, DeleteStoreInput, RetryStoreInput
from schema.payloads import (
    CancelStorePayload,
    CreateStorePayload,
    DeleteStorePayload,
    RetryStorePayload,
)


@audited
@strawberry.type(description="Everything that can be changed.")
class Mutation(
    UpgradeMutation,
    PlanMutation,
    RolloutMutation,
    PasswordMutation,
    TransferMutation,
    RenameMutation,
    SuspensionMutation,
    BackupMutation,
    AccessMutation,
):
    @strawberry.mutation(
        description="Create a store. The work goes on in the background: follow it with"
        " `storeStatus`."
    )
    async def create_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            CreateStoreInput, strawberry.argument(description="The store to create.")
        ],
        audit: AuditedAction,
    ) -> CreateStorePayload:
        caller = require_caller(info.context)
        wanted = WantedStore(
            name=input.name,
            engine=input.engine,
            version=input.version,
            plan=input.plan,
            contact_email=input.contact_email,
            from_backup=_backup_of(input),
            as_copy=bool(input.as_copy),
            idempotency_key=input.idempotency_key,
        )
        commands = info.context.platform.store_commands
        store = await commands.create(caller, wanted, audit=audit)
        return CreateStorePayload(store=mapping.store(info.context, store), errors=[])

    @strawberry.mutation(
        description="Delete a store and everything in it, in any status. Follow `storeStatus` until"
        " it completes. To delete the store again changes nothing; only a deletion that has failed"
        " is tried again at once."
    )
    async def delete_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            DeleteStoreInput, strawberry.argument(description="The store to delete.")
        ],
        audit: AuditedAction,
    ) -> DeleteStorePayload:
        caller = require_caller(info.context)
        store_id = ids.from_global_id(input.id)
        store = await info.context.platform.store_commands.delete(caller, store_id, audit=audit)
        return DeleteStorePayload(store=mapping.store(info.context, store), errors=[])

    @strawberry.mutation(
        description="Stop creating a store that is not ready yet, and remove what was made so far."
        " A store that is ready, or was before, is refused and stays as it is."
    )
    async def cancel_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            CancelStoreInput, strawberry.argument(description="The store to stop creating.")
        ],
        audit: AuditedAction,
    ) -> CancelStorePayload:
        caller = require_caller(info.context)
        store_id = ids.from_global_id(input.id)
        store = await info.context.platform.store_commands.cancel(caller, store_id, audit=audit)
        return CancelStorePayload(store=mapping.store(info.context, store), errors=[])

    @strawberry.mutation(
        description="Try a failed store again. What was made so far is kept, and the steps that"
        " failed are done again."
    )
    async def retry_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            RetryStoreInput, strawberry.argument(description="The store to try again.")
        ],
        audit: AuditedAction,
    ) -> RetryStorePayload:
        caller = require_caller(info.context)
        store_id = ids.from_global_id(input.id)
        store = await info.context.platform.store_commands.retry(caller, store_id, audit=audit)
        return RetryStorePayload(store=mapping.store(info.context, store), errors=[])


def _backup_of(wanted: CreateStoreInput) -> BackupChoice | None:
    return BackupChoice(*ids.from_backup_id(wanted.from_backup)) if wanted.from_backup else None
