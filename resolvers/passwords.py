"""Lets owners in to the administration of their shops: by a link, or by a new password."""

from typing import Annotated

import strawberry

from provisioner.storage.audit_log import AuditedAction
from resolvers import ids, mapping
from resolvers.context import Info
from resolvers.errors import require_caller
from schema.access import CreateSignInLinkInput, CreateSignInLinkPayload
from schema.inputs import ResetAdminPasswordInput
from schema.payloads import ResetAdminPasswordPayload


@strawberry.type
class PasswordMutation:
    """The mutations that give access to the administration of shops."""

    @strawberry.mutation(
        description="Give the administrator of a shop that is READY or DEGRADED a new password, and"
        " sign them out everywhere. It is shown in this answer only, and is valid once the"
        " operation has succeeded: follow it with `storeStatus`. If that fails, the password of"
        " before stays valid. Only the store's owner can ask for it, not even an admin, and not"
        " with a token that somebody else made for the owner. Visitors notice nothing."
    )
    async def reset_admin_password(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            ResetAdminPasswordInput,
            strawberry.argument(description="The store whose administrator it is."),
        ],
        audit: AuditedAction,
    ) -> ResetAdminPasswordPayload:
        caller = require_caller(info.context)
        store_id = ids.from_global_id(input.id)
        store, login = await info.context.platform.passwords.reset(caller, store_id, audit=audit)
        return ResetAdminPasswordPayload(
            store=mapping.store(info.context, store),
            username=login.username,
            password=login.password,
            errors=[],
        )

    @strawberry.mutation(
        description="Make a link that signs the owner of a shop in to its administration, without a"
        " password. It works once, within a minute, and is shown in this answer only. Only the"
        " store's owner can ask for it, not even an admin, and not with a token that somebody else"
        " made for the owner. The audit log records every request."
    )
    async def create_sign_in_link(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            CreateSignInLinkInput, strawberry.argument(description="The store to sign in to.")
        ],
        audit: AuditedAction,
    ) -> CreateSignInLinkPayload:
        caller = require_caller(info.context)
        store_id = ids.from_global_id(input.id)
        link = await info.context.platform.sign_ins.create(caller, store_id, audit=audit)
        return CreateSignInLinkPayload(url=link.url, expires_at=link.expires_at, errors=[])
