"""Defines the audit log in the contract, which only admins can read."""

from datetime import datetime
from enum import Enum

import strawberry
from strawberry.scalars import JSON

from schema.enums import Role
from schema.node import Node
from schema.page_info import PageInfo

_value = strawberry.enum_value


@strawberry.enum(description="The outcome of an action.")
class AuditOutcome(Enum):
    ACCEPTED = _value("ACCEPTED", description="It was done, or the work on it was accepted.")
    REFUSED = _value("REFUSED", description="It was refused, and nothing was changed.")
    FAILED = _value(
        "FAILED", description="It failed with an error of the platform. See the log of that time."
    )


@strawberry.type(description="A record of a requested change, or of a failed sign-in.")
class AuditEntry(Node):
    occurred_at: datetime = strawberry.field(description="When the entry was recorded.")
    actor: str | None = strawberry.field(description="Who asked. Null if that is not known.")
    actor_source: str | None = strawberry.field(
        description="The source of the name `actor`: `local`, an issuer's URL, or `command line`."
        " Null if it is not known, also in entries of old versions that did not record it."
    )
    actor_name: str | None = strawberry.field(
        description="The actor's display name. Several people may have the same one."
    )
    role: Role | None = strawberry.field(description="The role of the actor at that time.")
    client_address: str = strawberry.field(description="The network address of the client.")
    action: str = strawberry.field(
        description="The mutation's name, or `SIGN_IN` for a failed sign-in."
    )
    arguments: JSON | None = strawberry.field(
        description="The fields of the mutation's input, as an object, without secrets. Null if"
        " they were recorded in a form that cannot be read."
    )
    outcome: AuditOutcome = strawberry.field(description="The outcome of the action.")
    # No enum, because the codes come from three vocabularies, and from old versions too.
    code: str | None = strawberry.field(
        description="Why the action was refused or failed, as a code for programs: the code of the"
        " payload's error, the `code` in the extensions of a GraphQL error, or the reason of a"
        " failed sign-in, such as `TOKEN_EXPIRED`."
    )
    store_id: strawberry.ID | None = strawberry.field(
        description="The id of the store that the action was about. The store may have another"
        " owner, or not exist any more."
    )
    token_id: strawberry.ID | None = strawberry.field(
        description="The id of the token that the actor signed in with. Null for an issuer's token,"
        " for the command line, and in entries of old versions that did not record it."
    )
    token_made_by: str | None = strawberry.field(
        description="Who made that token. If it is not `actor`, somebody else may have acted in the"
        " actor's name."
    )
    token_made_by_source: str | None = strawberry.field(
        description="The source of the name `tokenMadeBy`, as in `actorSource`."
    )


@strawberry.type(description="An entry in a list.")
class AuditEntryEdge:
    cursor: str = strawberry.field(
        description="Pass it as `after` to continue the list after this entry."
    )
    node: AuditEntry = strawberry.field(description="The entry.")


@strawberry.type(description="A page of the audit log.")
class AuditEntryConnection:
    edges: list[AuditEntryEdge] = strawberry.field(description="The entries of this page.")
    page_info: PageInfo = strawberry.field(description="Where the next page begins.")


@strawberry.input(description="Which entries to list. Entries must match every field that is set.")
class AuditFilterInput:
    actor: str | None = strawberry.field(
        default=None, description="Entries of the actor with this name."
    )
    actor_source: str | None = strawberry.field(
        default=None, description="Entries of actors whose name comes from this source."
    )
    action: str | None = strawberry.field(
        default=None,
        description="Entries of this mutation, such as `deleteStore`, or of `SIGN_IN`.",
    )
    outcome: AuditOutcome | None = strawberry.field(
        default=None, description="Entries with this outcome."
    )
    store_id: strawberry.ID | None = strawberry.field(
        default=None, description="Entries about this store."
    )
    token_id: strawberry.ID | None = strawberry.field(
        default=None, description="Entries of actions with this token."
    )
    since: datetime | None = strawberry.field(
        default=None, description="Entries from this time on."
    )
    until: datetime | None = strawberry.field(default=None, description="Entries before this time.")
