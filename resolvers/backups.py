"""Finds backups of stores by id, and has them made."""

from typing import Annotated

import strawberry

from provisioner.domain.errors import NotFoundError
from provisioner.storage.audit_log import AuditedAction
from resolvers import ids, mapping
from resolvers.backup_mapping import backup
from resolvers.context import Info
from resolvers.errors import require_caller
from schema.backups import Backup
from schema.inputs import CreateBackupInput
from schema.payloads import CreateBackupPayload


@strawberry.type
class BackupMutation:
    """The mutations that are about backups."""

    @strawberry.mutation(
        description="Make a backup of a store that is READY or DEGRADED; the shop serves on. The"
        " work goes on in the background: follow it with `storeStatus`."
    )
    async def create_backup(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            CreateBackupInput, strawberry.argument(description="The store to make a backup of.")
        ],
        audit: AuditedAction,
    ) -> CreateBackupPayload:
        caller = require_caller(info.context)
        store_id = ids.from_global_id(input.id)
        store = await info.context.platform.backups.create(caller, store_id, audit=audit)
        return CreateBackupPayload(store=mapping.store(info.context, store), errors=[])


async def find(info: Info, global_id: strawberry.ID) -> Backup | None:
    """Return the backup with this id, or None if there is none that the caller may see."""
    caller = require_caller(info.context)
    store_id, number = ids.from_backup_id(global_id)
    try:
        return backup(await info.context.platform.backups.get(caller, store_id, number))
    except NotFoundError:
        return None
