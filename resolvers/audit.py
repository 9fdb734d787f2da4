"""Resolves the fields about the audit log, for admins."""

from typing import Annotated

import strawberry

from provisioner.domain.errors import RefusedError
from provisioner.domain.identities import Role
from provisioner.storage import audit_log as audit
from provisioner.storage.paging import Page
from resolvers import ids
from resolvers.context import Info
from resolvers.errors import PublicError, public, require_caller
from resolvers.pages import page_info
from resolvers.recorded_json import json_object
from resolvers.times import aware
from schema import enums
from schema.audit import (
    AuditEntry,
    AuditEntryConnection,
    AuditEntryEdge,
    AuditFilterInput,
    AuditOutcome,
)


@strawberry.type
class AuditQuery:
    """Contains the queries about the audit log; ``Query`` inherits them."""

    @strawberry.field(
        description="The audit log, newest first: who asked for which change, with which outcome,"
        " and failed sign-ins. Only admins can read it."
    )
    async def audit_log(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, from 1 to 100.")] = 20,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
        filter: Annotated[  # noqa: A002
            AuditFilterInput | None, strawberry.argument(description="Which entries to list.")
        ] = None,
    ) -> AuditEntryConnection:
        if require_caller(info.context).role is not Role.ADMIN:
            raise PublicError("FORBIDDEN", "Only admins read the audit log.")
        try:
            page = await info.context.platform.audit.page(
                first=first, after=after, filter_by=_filter(filter or AuditFilterInput())
            )
        except RefusedError as error:
            raise public(error) from error
        return _connection(page, after=after)


async def find_entry(info: Info, global_id: str) -> AuditEntry | None:
    """Return the entry with this id, or None if the caller is no admin or there is none."""
    number = global_id.removeprefix(ids.AUDIT)
    is_admin = require_caller(info.context).role is Role.ADMIN
    # A number of up to 18 digits fits into the database's 64 bits. ``isdigit`` also accepts digits
    # of other scripts, and some that ``int`` cannot read.
    if not is_admin or not (number.isascii() and number.isdigit()) or len(number) > 18:  # noqa: PLR2004
        return None
    found = await info.context.platform.audit.get(int(number))
    return None if found is None else to_entry(found)


def to_entry(entry: audit.AuditEntry) -> AuditEntry:
    record = entry.record
    return AuditEntry(
        id=strawberry.ID(f"{ids.AUDIT}{entry.id}"),
        occurred_at=entry.at,
        actor=None if record.actor is None else record.actor.subject,
        actor_source=None if record.actor is None else record.actor.source or None,
        actor_name=None if record.actor is None else record.actor.name,
        role=None if record.role is None else enums.Role[record.role],
        client_address=record.address,
        action=record.action,
        arguments=json_object(record.arguments),
        outcome=AuditOutcome[record.outcome],
        code=record.code,
        store_id=None if record.store_id is None else ids.to_global_id(record.store_id),
        token_id=None if record.token_id is None else ids.to_token_id(record.token_id),
        token_made_by=None if record.token_maker is None else record.token_maker.subject,
        token_made_by_source=None if record.token_maker is None else record.token_maker.source,
    )


def _filter(wanted: AuditFilterInput) -> audit.AuditFilter:
    return audit.AuditFilter(
        actor=wanted.actor,
        actor_source=wanted.actor_source,
        action=wanted.action,
        outcome=None if wanted.outcome is None else audit.AuditOutcome[wanted.outcome.name],
        store_id=None if wanted.store_id is None else ids.from_global_id(wanted.store_id),
        token_id=None if wanted.token_id is None else ids.from_token_id(wanted.token_id),
        since=aware(wanted.since),
        until=aware(wanted.until),
    )


def _connection(page: Page[audit.AuditEntry], *, after: str | None) -> AuditEntryConnection:
    edges = [
        AuditEntryEdge(cursor=audit.encode_cursor(item), node=to_entry(item)) for item in page.items
    ]
    cursors = [edge.cursor for edge in edges]
    return AuditEntryConnection(
        edges=edges,
        page_info=page_info(cursors, has_next=page.has_next, after=after),
    )
