"""Resolves the fields about access tokens: create, list, revoke, and redeem a sign-in code."""

from typing import Annotated

import strawberry

from provisioner.domain.errors import RefusedError
from provisioner.domain.identities import Role
from provisioner.storage import token_tree, tokens
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.paging import Page
from resolvers import ids
from resolvers.context import Info
from resolvers.errors import public, require_caller
from resolvers.pages import page_info
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


@strawberry.type
class AccessQuery:
    """Contains the queries about tokens; ``Query`` inherits them."""

    @strawberry.field(
        description="The tokens that the caller may see, newest first. Admins see everyone's, all"
        " others their own."
    )
    async def tokens(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, from 1 to 100.")] = 20,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
        include_revoked: Annotated[  # noqa: FBT002 - GraphQL names every argument
            bool, strawberry.argument(description="Whether revoked tokens are listed too.")
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
    """Contains the mutations about tokens and passwords; ``Mutation`` inherits them."""

    @strawberry.mutation(
        description="Create a token to sign in with. Its `secret` is shown only now. The token"
        " never allows more than the credential that you use, and ends with it."
    )
    async def create_token(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            CreateTokenInput, strawberry.argument(description="The token to create.")
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
        description="Revoke a token and all tokens that were made with it. Nobody can sign in with"
        " them any more, and their open connections are closed within seconds. To revoke a token"
        " again changes nothing. You cannot revoke a token that allows more than you may do."
    )
    async def revoke_token(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            RevokeTokenInput, strawberry.argument(description="The token to revoke.")
        ],
        audit: AuditedAction,
    ) -> RevokeTokenPayload:
        caller = require_caller(info.context)
        token_id = ids.from_token_id(input.id)
        token = await info.context.platform.access.revoke(caller, token_id, audit=audit)
        return RevokeTokenPayload(token=to_token(token), errors=[])

    @strawberry.mutation(
        description="Sign in with the code of a sign-in link. This needs no other sign-in. The code"
        " can be used once, and the answer is a token that is valid for some days. Send the code as"
        " `Authorization: Bearer …` too: then a valid code has a rate limit of its own, which"
        " requests of others at the same address cannot use up."
    )
    async def redeem_sign_in_code(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            RedeemSignInCodeInput, strawberry.argument(description="The code to redeem.")
        ],
        audit: AuditedAction,
    ) -> RedeemSignInCodePayload:
        # No ``require_caller`` here: whoever redeems a code has not signed in yet.
        issued = await info.context.platform.sign_in_codes.redeem(input.code, audit=audit)
        return RedeemSignInCodePayload(
            token=to_token(issued.token), secret=issued.secret, errors=[]
        )

    @strawberry.mutation(
        description="Show the owner of a store its administrator's user name and password. Nobody"
        " else can see them, not even admins, and not with a token that somebody else made for the"
        " owner. The audit log records every request."
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
        store_id = ids.from_global_id(input.id)
        found = await info.context.platform.store_commands.admin_login(
            caller, store_id, audit=audit
        )
        return RevealAdminPasswordPayload(
            username=found.username, password=found.password, errors=[]
        )


async def find_token(info: Info, global_id: str) -> AccessToken | None:
    """Return the token with this id, or None if the caller may not see it or there is none."""
    caller = require_caller(info.context)
    try:
        return to_token(
            await info.context.platform.access.get(caller, ids.from_token_id(global_id))
        )
    except RefusedError:  # ``node`` answers null for what is missing, as for stores
        return None


def to_token(record: token_tree.AccessToken) -> AccessToken:
    return AccessToken(
        id=ids.to_token_id(record.id),
        owner=record.owner.subject,
        owner_source=record.owner.source,
        owner_name=record.owner.name,
        made_by=None if record.maker is None else record.maker.subject,
        made_by_source=None if record.maker is None else record.maker.source,
        parent_id=None if record.parent_id is None else ids.to_token_id(record.parent_id),
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
        page_info=page_info([edge.cursor for edge in edges], has_next=page.has_next, after=after),
        total_count=page.total or 0,
    )
