"""Opens the database for a command, which may run beside the service or without it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from provisioner.domain.identities import Role
from provisioner.domain.owners import COMMAND_LINE
from provisioner.storage.audit_log import AuditOutcome, AuditRecord
from provisioner.storage.database import Database
from provisioner.storage.migrations import migrate


@asynccontextmanager
async def opened_database(url: str) -> AsyncIterator[Database]:
    """Update the database to the newest schema, and keep it open while the context is open."""
    # A command may be the first program that opens this database, before the service does.
    await migrate(url)
    database = Database(url)
    await database.connect()
    try:
        yield database
    finally:
        await database.close()


def record_of(action: str, arguments: Mapping[str, object]) -> AuditRecord:
    """Return the audit entry of what whoever runs a command has done."""
    return AuditRecord(
        action=action,
        outcome=AuditOutcome.ACCEPTED,
        address="local",
        actor=COMMAND_LINE,
        role=Role.ADMIN,
        arguments=json.dumps(arguments),
    )
