"""Resolves the renaming of stores."""

from typing import Annotated

import strawberry

from provisioner.services.renames import ADVICE
from provisioner.storage.audit_log import AuditedAction
from resolvers import ids, mapping
from resolvers.context import Info
from resolvers.errors import require_caller
from schema.inputs import RenameStoreInput
from schema.payloads import RenameStorePayload


@strawberry.type
class RenameMutation:
    """The mutation that gives a store another title."""

    @strawberry.mutation(
        description="Give a store another title: what the platform calls it, and visitors are told"
        " while the shop is closed. Its name and address stay, and so does what the shop calls"
        " itself, which its merchant changes in its own settings. This works in any status but"
        " while the store is deleted."
    )
    async def rename_store(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            RenameStoreInput, strawberry.argument(description="The store, and its title.")
        ],
        audit: AuditedAction,
    ) -> RenameStorePayload:
        caller, store_id = require_caller(info.context), ids.from_global_id(input.id)
        store = await info.context.platform.renames.rename(
            caller, store_id, input.title, audit=audit
        )
        return RenameStorePayload(
            store=mapping.store(info.context, store), advice=ADVICE, errors=[]
        )
