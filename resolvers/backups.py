"""Finds backups of stores by id, has them made, and pins them."""

from typing import Annotated

import strawberry

from provisioner.domain.backups import Backup as BackupRecord
from provisioner.domain.errors import NotFoundError
from provisioner.services.wanted_store import BackupChoice
from provisioner.storage.audit_log import AuditedAction
from resolvers import ids, mapping
from resolvers.backup_mapping import backup
from resolvers.context import Info
from resolvers.errors import require_caller
from resolvers.times import aware
from schema.backups import Backup
from schema.inputs import (
    CreateBackupInput,
    PinBackupInput,
    RestoreBackupInput,
    UnpinBackupInput,
    VerifyBackupInput,
)
from schema.payloads import (
    CreateBackupPayload,
    PinBackupPayload,
    RestoreBackupPayload,
    UnpinBackupPayload,
    VerifyBackupPayload,
)


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

    @strawberry.mutation(
        description="Put a backup in the place of the shop that it is of. The shop is closed and"
        " saved as it is, then removed, and the backup is loaded under the same address, with the"
        " same passwords. If that cannot be done, the shop is brought back as it was. To keep the"
        " shop as it is, use `createStore` with `fromBackup`. The work goes on in the background:"
        " follow it with `storeStatus`."
    )
    async def restore_backup(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            RestoreBackupInput, strawberry.argument(description="The backup to restore.")
        ],
        audit: AuditedAction,
    ) -> RestoreBackupPayload:
        store = await info.context.platform.restorer.restore(
            require_caller(info.context),
            BackupChoice(*ids.from_backup_id(input.id)),
            accepts_loss_since=aware(input.accept_loss_since),
            is_saved=not input.without_backup,
            audit=audit,
        )
        return RestoreBackupPayload(store=mapping.store(info.context, store), errors=[])

    @strawberry.mutation(
        description="Have a shop made of a backup that nobody sees, to find out whether that can be"
        " done: it has to have everything that the backup counts, and a shopper has to be able to"
        " buy there. It is removed again. The work goes on in the background: ask for"
        " `Backup.check` until it is not under way any more."
    )
    async def verify_backup(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            VerifyBackupInput, strawberry.argument(description="The backup to check.")
        ],
        audit: AuditedAction,
    ) -> VerifyBackupPayload:
        caller, platform = require_caller(info.context), info.context.platform
        store_id, number = ids.from_backup_id(input.id)
        found = await platform.verifier.verify(caller, store_id, number, audit=audit)
        return VerifyBackupPayload(backup=await _shown(info, found), errors=[])

    @strawberry.mutation(
        description="Keep a backup until it is unpinned, however old it is. A pinned backup of a"
        " deleted store is kept too."
    )
    async def pin_backup(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            PinBackupInput, strawberry.argument(description="The backup to keep.")
        ],
        audit: AuditedAction,
    ) -> PinBackupPayload:
        return PinBackupPayload(backup=await _pin(info, input.id, audit, is_pinned=True), errors=[])

    @strawberry.mutation(
        description="Keep a backup no longer than others: it is removed if the rules for keeping"
        " backups do not keep it."
    )
    async def unpin_backup(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            UnpinBackupInput, strawberry.argument(description="The backup to unpin.")
        ],
        audit: AuditedAction,
    ) -> UnpinBackupPayload:
        pinned = await _pin(info, input.id, audit, is_pinned=False)
        return UnpinBackupPayload(backup=pinned, errors=[])


async def _pin(
    info: Info, global_id: strawberry.ID, audit: AuditedAction, *, is_pinned: bool
) -> Backup:
    caller, platform = require_caller(info.context), info.context.platform
    store_id, number = ids.from_backup_id(global_id)
    changed = await platform.backups.pin(caller, store_id, number, is_pinned=is_pinned, audit=audit)
    return await _shown(info, changed)


async def _shown(info: Info, record: BackupRecord) -> Backup:
    caller, platform = require_caller(info.context), info.context.platform
    store = await platform.stores.get(caller, record.store_id)
    newest = (await platform.backups.newest([store.id])).get(store.id)
    return backup(record, platform.backups.kept_until(record, store), newest)


async def find(info: Info, global_id: strawberry.ID) -> Backup | None:
    """Return the backup with this id, or None if there is none that the caller may see."""
    caller, platform = require_caller(info.context), info.context.platform
    store_id, number = ids.from_backup_id(global_id)
    try:
        return await _shown(info, await platform.backups.get(caller, store_id, number))
    except NotFoundError:
        return None
