"""Access tokens: made, listed and revoked by their owners, and by admins for everyone."""

from typing import Annotated

import strawberry

from provisioner.domain.errors import RefusedError
from provisioner.domain.identities import Role
from provisioner.storage import token_tree, tokens
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.paging import Page
from resolvers import mapping
from resolvers.context import Info
from resolvers.errors import public, require_caller
from schema import enums
from schema.access import (
    AccessToken,
    AccessTokenConnection,
    AccessTokenEdge,
    CreateTokenInput,
    CreateTokenPayload,
    RedeemSignInCodeInput,
    RedeemSignInCodePayload,
    RevealAdminPasswordInput,
    RevealAdminPasswordPayload,
    RevokeTokenInput,
    RevokeTokenPayload,
)

ID_PREFIX = mapping.TOKEN_PREFIX


@strawberry.type
class AccessQuery:
    """The queries about tokens; ``Query`` inherits them."""

    @strawberry.field(
        description="The tokens that the caller may see, newest first: their own, and for admins"
        " everyone's."
    )
    async def tokens(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, from 1 to 100.")] = 20,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
        include_revoked: Annotated[  # noqa: FBT002 - GraphQL names every argument
            bool, strawberry.argument(description="Also those that were revoked.")
        ] = False,
    ) -> AccessTokenConnection:
        caller = require_caller(info.context)
        try:
            page = await info.context.platform.access.page(
                caller, first=first, after=after, with_revoked=include_revoked
            )
        except RefusedError as error:
            raise public(error) from error
        return _connection(page, after=after)


@strawberry.type
class AccessMutation:
    """The mutations about tokens and passwords; ``Mutation`` inherits them."""

    @strawberry.mutation(
        description="Make a token to sign in with. Its `secret` is shown this once. It never allows"
        " more than what you sign in with, and ends with that."
    )
    async def create_token(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            CreateTokenInput, strawberry.argument(description="The token to be made.")
        ],
        audit: AuditedAction,
    ) -> CreateTokenPayload:
        caller = require_caller(info.context)
        issued = await info.context.platform.access.create(
            caller,
            role=Role[input.role.name],
            owner=input.owner,
            description=input.description,
            expires_in_days=input.expires_in_days,
            audit=audit,
        )
        return CreateTokenPayload(token=to_token(issued.token), secret=issued.secret, errors=[])

    @strawberry.mutation(
        description="Revoke a token and all that were made with it: nobody signs in with them any"
        " more, and what is open with them is closed within seconds. Asking again changes nothing."
        " It may allow no more than you may do."
    )
    async def revoke_token(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            RevokeTokenInput, strawberry.argument(description="The token to be revoked.")
        ],
        audit: AuditedAction,
    ) -> RevokeTokenPayload:
        caller = require_caller(info.context)
        token_id = mapping.from_token_id(input.id)
        token = await info.context.platform.access.revoke(caller, token_id, audit=audit)
        return RevokeTokenPayload(token=to_token(token), errors=[])

    @strawberry.mutation(
        description="Sign in with the code of a sign-in link; nobody needs to have signed in for"
        " that. The code is used up, and the answer is a token that lives for some days. Send the"
        " code as `Authorization: Bearer …` too: a good one is then counted by itself, and never"
        " has to wait for what others at the same address ask for without a sign-in."
    )
    async def redeem_sign_in_code(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            RedeemSignInCodeInput, strawberry.argument(description="The code to be used up.")
        ],
        audit: AuditedAction,
    ) -> RedeemSignInCodePayload:
        issued = await info.context.platform.sign_in_codes.redeem(input.code, audit=audit)
        return RedeemSignInCodePayload(
            token=to_token(issued.token), secret=issued.secret, errors=[]
        )

    @strawberry.mutation(
        description="Show the owner of a store how to sign in to it as its administrator. Nobody"
        " else is shown that, admins included, nor with a token that somebody else made for the"
        " owner; and every look is recorded."
    )
    async def reveal_admin_password(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            RevealAdminPasswordInput, strawberry.argument(description="The store to sign in to.")
        ],
        audit: AuditedAction,
    ) -> RevealAdminPasswordPayload:
        caller = require_caller(info.context)
        store_id = mapping.from_global_id(input.id)
        found = await info.context.platform.store_commands.admin_login(
            caller, store_id, audit=audit
        )
        return RevealAdminPasswordPayload(
            username=found.username, password=found.password, errors=[]
        )


async def find_token(info: Info, global_id: str) -> AccessToken | None:
    """Return the token with this id when the caller may see it, or None."""
    caller = require_caller(info.context)
    try:
        return to_token(
            await info.context.platform.access.get(caller, mapping.from_token_id(global_id))
        )
    except RefusedError:
        return None


def to_token(record: token_tree.AccessToken) -> AccessToken:
    return AccessToken(
        id=mapping.to_token_id(record.id),
        owner=record.owner.subject,
        owner_source=record.owner.source,
        owner_name=record.owner.name,
        made_by=None if record.maker is None else record.maker.subject,
        made_by_source=None if record.maker is None else record.maker.source,
        parent_id=None if record.parent_id is None else mapping.to_token_id(record.parent_id),
        role=enums.Role[record.role],
        description=record.description or None,
        created_at=record.created_at,
        expires_at=record.expires_at,
        last_used_at=record.last_used_at,
        revoked_at=record.revoked_at,
    )


def _connection(page: Page[token_tree.AccessToken], *, after: str | None) -> AccessTokenConnection:
    edges = [
        AccessTokenEdge(cursor=tokens.encode_cursor(item), node=to_token(item))
        for item in page.items
    ]
    return AccessTokenConnection(
        edges=edges,
        page_info=mapping.page_info(
            [edge.cursor for edge in edges], has_next=page.has_next, after=after
        ),
        total_count=page.total or 0,
    )
