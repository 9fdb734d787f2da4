"""The audit log, as the contract shows it to admins."""

from datetime import datetime
from enum import Enum

import strawberry
from strawberry.scalars import JSON

from schema.enums import Role
from schema.page_info import PageInfo
from schema.types import Node

_value = strawberry.enum_value


@strawberry.enum(description="What became of an action.")
class AuditOutcome(Enum):
    ACCEPTED = _value("ACCEPTED", description="It was done, or taken on.")
    REFUSED = _value("REFUSED", description="It was refused, and nothing was changed.")
    FAILED = _value("FAILED", description="An error of ours broke it off; see the log of then.")


@strawberry.type(description="That somebody asked for a change, or could not sign in.")
class AuditEntry(Node):
    occurred_at: datetime = strawberry.field(description="When it was recorded.")
    actor: str | None = strawberry.field(description="Who asked; null when it is not known.")
    actor_source: str | None = strawberry.field(
        description="Who vouches for that name: `local`, an issuer's URL, or `command line`. Null"
        " where it is not known, also in entries of versions that did not write it down."
    )
    actor_name: str | None = strawberry.field(
        description="What to call them; several may be called the same."
    )
    role: Role | None = strawberry.field(description="The role they had.")
    client_address: str = strawberry.field(description="The network address they came from.")
    action: str = strawberry.field(
        description="The mutation's name, or `SIGN_IN` for a failed one."
    )
    arguments: JSON | None = strawberry.field(
        description="What they asked for, without secrets: an object with the fields of the input."
        " Null where it was not recorded in a form that can be read."
    )
    outcome: AuditOutcome = strawberry.field(description="What became of it.")
    code: str | None = strawberry.field(
        description="Why it was refused or failed, for programs: the code of the payload's error,"
        " the `code` in an error's extensions, or why a sign-in failed, such as `TOKEN_EXPIRED`."
    )
    store_id: strawberry.ID | None = strawberry.field(
        description="The store it was about, which may have another owner, or be gone."
    )
    token_id: strawberry.ID | None = strawberry.field(
        description="The token that they signed in with; null for an issuer's, the command line,"
        " and entries of versions that did not write it down."
    )
    token_made_by: str | None = strawberry.field(
        description="Who made that token; another than `actor` may have acted in their name."
    )
    token_made_by_source: str | None = strawberry.field(
        description="Who vouches for `tokenMadeBy`, as in `actorSource`."
    )


@strawberry.type(description="An entry in a list.")
class AuditEntryEdge:
    cursor: str = strawberry.field(description="Continues the list after this entry.")
    node: AuditEntry = strawberry.field(description="The entry.")


@strawberry.type(description="A page of the audit log.")
class AuditEntryConnection:
    edges: list[AuditEntryEdge] = strawberry.field(description="The entries of this page.")
    page_info: PageInfo = strawberry.field(description="How to go on.")


@strawberry.input(description="Which entries to list; a part left out does not restrict.")
class AuditFilterInput:
    actor: str | None = strawberry.field(default=None, description="Those of this caller.")
    actor_source: str | None = strawberry.field(
        default=None, description="Those of callers for whom this source vouches."
    )
    action: str | None = strawberry.field(
        default=None, description="Those of this mutation, such as `deleteStore`, or `SIGN_IN`."
    )
    outcome: AuditOutcome | None = strawberry.field(
        default=None, description="Those that ended so."
    )
    store_id: strawberry.ID | None = strawberry.field(
        default=None, description="Those about this store."
    )
    token_id: strawberry.ID | None = strawberry.field(
        default=None, description="Those asked for with this token."
    )
    since: datetime | None = strawberry.field(default=None, description="From this moment on.")
    until: datetime | None = strawberry.field(default=None, description="Before this moment.")
