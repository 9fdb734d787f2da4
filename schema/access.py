"""Access tokens, as the contract shows them: never the token itself, except once to its maker."""

from datetime import datetime

import strawberry

from schema.enums import Role
from schema.page_info import PageInfo
from schema.payloads import UserError
from schema.types import Node


@strawberry.type(description="A token that somebody signs in with. Its secret is not kept.")
class AccessToken(Node):
    owner: str = strawberry.field(description="Who signs in with it.")
    owner_source: str = strawberry.field(
        description="Who vouches for the owner's name: `local`, or an issuer's URL."
    )
    owner_name: str = strawberry.field(
        description="What to call the owner; several may be called the same."
    )
    made_by: str | None = strawberry.field(
        description="Who made it; null where a version made it that did not write that down."
    )
    made_by_source: str | None = strawberry.field(
        description="Who vouches for `madeBy`: `local`, an issuer's URL, or `command line`."
    )
    parent_id: strawberry.ID | None = strawberry.field(
        description="The token that it was made with: it ends with that, and never allows more."
        " Null when it was made on the command line, or with an issuer's sign-in."
    )
    role: Role = strawberry.field(description="What it allows.")
    description: str | None = strawberry.field(description="What it is for, in its maker's words.")
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(description="When it ends; null is never.")
    last_used_at: datetime | None = strawberry.field(
        description="When it was last used, to about a minute."
    )
    revoked_at: datetime | None = strawberry.field(description="When it was revoked.")


@strawberry.type(description="A token in a list.")
class AccessTokenEdge:
    cursor: str = strawberry.field(description="Continues the list after this token.")
    node: AccessToken = strawberry.field(description="The token.")


@strawberry.type(description="A page of tokens.")
class AccessTokenConnection:
    edges: list[AccessTokenEdge] = strawberry.field(description="The tokens of this page.")
    page_info: PageInfo = strawberry.field(description="How to go on.")
    total_count: int = strawberry.field(description="Tokens on all pages together.")


@strawberry.input(description="A token to be made.")
class CreateTokenInput:
    role: Role = strawberry.field(
        description="What it shall allow: at most what you may do. Viewers make none."
    )
    owner: str | None = strawberry.field(
        default=None,
        description="The local name of who shall sign in with it (for admins); you, if left out.",
    )
    description: str = strawberry.field(
        default="", description="What it is for, in up to 200 characters."
    )
    expires_in_days: int | None = strawberry.field(
        default=None,
        description="Days until it ends, from 1 to 3650, but no later than the token that you"
        " sign in with. If left out, it ends with that; where you sign in with an issuer's, as late"
        " as the platform lets it.",
    )


@strawberry.input(description="A token to be revoked.")
class RevokeTokenInput:
    id: strawberry.ID = strawberry.field(description="The token's id.")


@strawberry.type(description="What became of `createToken`.")
class CreateTokenPayload:
    token: AccessToken | None = strawberry.field(description="The new token, unless refused.")
    secret: str | None = strawberry.field(
        description="What to send as `Authorization: Bearer …`. It is shown this once."
    )
    errors: list[UserError] = strawberry.field(description="Why it was refused; else empty.")


@strawberry.type(description="What became of `revokeToken`.")
class RevokeTokenPayload:
    token: AccessToken | None = strawberry.field(description="The token, unless refused.")
    errors: list[UserError] = strawberry.field(description="Why it was refused; else empty.")


@strawberry.input(description="A code from a sign-in link.")
class RedeemSignInCodeInput:
    code: str = strawberry.field(
        description="What stands behind `#code=` in the link; send it as the bearer token too."
    )


@strawberry.type(description="What became of `redeemSignInCode`.")
class RedeemSignInCodePayload:
    token: AccessToken | None = strawberry.field(description="The new token, unless refused.")
    secret: str | None = strawberry.field(
        description="What to send as `Authorization: Bearer …`. It is shown this once."
    )
    errors: list[UserError] = strawberry.field(description="Why it was refused; else empty.")


@strawberry.input(description="The store whose administrator's password is to be shown.")
class RevealAdminPasswordInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.type(description="What became of `revealAdminPassword`.")
class RevealAdminPasswordPayload:
    username: str | None = strawberry.field(description="Whom to sign in as at `adminUrl`.")
    password: str | None = strawberry.field(
        description="The password that was generated for the shop. It is not known here whether it"
        " was changed in the shop since."
    )
    errors: list[UserError] = strawberry.field(description="Why it was refused; else empty.")
