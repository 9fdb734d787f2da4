"""Defines access tokens in the contract; the token itself is shown only once, to its maker."""

from datetime import datetime

import strawberry

from schema.enums import Role
from schema.node import Node
from schema.page_info import PageInfo
from schema.payloads import UserError


@strawberry.type(description="A token to sign in with. Its secret is not stored.")
class AccessToken(Node):
    owner: str = strawberry.field(description="The owner: who signs in with the token.")
    owner_source: str = strawberry.field(
        description="The source of the owner's name: `local`, or an issuer's URL."
    )
    owner_name: str = strawberry.field(
        description="The owner's display name. Several owners may have the same one."
    )
    made_by: str | None = strawberry.field(
        description="Who made the token. Null for tokens of old versions that did not record this."
    )
    made_by_source: str | None = strawberry.field(
        description="The source of the name `madeBy`: `local`, an issuer's URL, or `command line`."
    )
    parent_id: strawberry.ID | None = strawberry.field(
        description="The id of the token that this one was made with. This token ends with that one"
        " and never allows more. Null if it was made on the command line, or with the token of an"
        " issuer."
    )
    role: Role = strawberry.field(description="What the token allows.")
    description: str | None = strawberry.field(
        description="What the token is for, in the words of its maker."
    )
    created_at: datetime = strawberry.field(description="When the token was made.")
    expires_at: datetime | None = strawberry.field(
        description="When the token expires. Null means never."
    )
    last_used_at: datetime | None = strawberry.field(
        description="When the token was last used, accurate to about a minute."
    )
    revoked_at: datetime | None = strawberry.field(description="When the token was revoked.")


@strawberry.type(description="A token in a list.")
class AccessTokenEdge:
    cursor: str = strawberry.field(
        description="Pass it as `after` to continue the list after this token."
    )
    node: AccessToken = strawberry.field(description="The token.")


@strawberry.type(description="A page of tokens.")
class AccessTokenConnection:
    edges: list[AccessTokenEdge] = strawberry.field(description="The tokens of this page.")
    page_info: PageInfo = strawberry.field(description="Where the next page begins.")
    total_count: int = strawberry.field(description="The number of tokens on all pages together.")


@strawberry.input(description="A token to create.")
class CreateTokenInput:
    role: Role = strawberry.field(
        description="What the token allows: at most what you may do. Viewers cannot create tokens."
    )
    owner: str | None = strawberry.field(
        default=None,
        description="The local name of the owner. The default is you. Only admins can name somebody"
        " else.",
    )
    description: str = strawberry.field(
        default="", description="What the token is for, in up to 200 characters."
    )
    expires_in_days: int | None = strawberry.field(
        default=None,
        description="Days until the token expires, from 1 to 3650, but no later than the token that"
        " you sign in with. By default it expires together with that token. If you sign in with an"
        " issuer's token, it expires by default as late as the platform allows.",
    )


@strawberry.input(description="A token to revoke.")
class RevokeTokenInput:
    id: strawberry.ID = strawberry.field(description="The token's id.")


@strawberry.type(description="The result of `createToken`.")
class CreateTokenPayload:
    token: AccessToken | None = strawberry.field(
        description="The new token. Null if the request was refused."
    )
    secret: str | None = strawberry.field(
        description="The token's text, to send as `Authorization: Bearer …`. It is shown only now."
    )
    errors: list[UserError] = strawberry.field(
        description="Why the request was refused. Empty otherwise."
    )


@strawberry.type(description="The result of `revokeToken`.")
class RevokeTokenPayload:
    token: AccessToken | None = strawberry.field(
        description="The token. Null if the request was refused."
    )
    errors: list[UserError] = strawberry.field(
        description="Why the request was refused. Empty otherwise."
    )


@strawberry.input(description="A code from a sign-in link.")
class RedeemSignInCodeInput:
    code: str = strawberry.field(
        description="The text after `#code=` in the link. Send it as the bearer token too."
    )


@strawberry.type(description="The result of `redeemSignInCode`.")
class RedeemSignInCodePayload:
    token: AccessToken | None = strawberry.field(
        description="The new token. Null if the request was refused."
    )
    secret: str | None = strawberry.field(
        description="The token's text, to send as `Authorization: Bearer …`. It is shown only now."
    )
    errors: list[UserError] = strawberry.field(
        description="Why the request was refused. Empty otherwise."
    )


@strawberry.input(description="A store whose administrator's password you want to see.")
class RevealAdminPasswordInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.type(description="The result of `revealAdminPassword`.")
class RevealAdminPasswordPayload:
    username: str | None = strawberry.field(
        description="The user name to sign in with at `adminUrl`."
    )
    password: str | None = strawberry.field(
        description="The password that was generated for the shop. The platform does not know"
        " whether somebody has changed it in the shop since. One that `resetAdminPassword` has set"
        " is not shown again."
    )
    errors: list[UserError] = strawberry.field(
        description="Why the request was refused. Empty otherwise."
    )


@strawberry.input(description="A store to sign in to.")
class CreateSignInLinkInput:
    id: strawberry.ID = strawberry.field(description="The store's id.")


@strawberry.type(description="The result of `createSignInLink`.")
class CreateSignInLinkPayload:
    url: str | None = strawberry.field(
        description="The address to open in a browser. Whoever opens it first is signed in as the"
        " shop's administrator, so give it to nobody. It is shown only now."
    )
    expires_at: datetime | None = strawberry.field(description="Until when it is valid.")
    errors: list[UserError] = strawberry.field(
        description="Why the request was refused. Empty otherwise."
    )
