"""A mutation whose resolver does not hand its action down is told from one that does."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
import strawberry
from strawberry.types import ExecutionResult

from provisioner.platform import Platform
from provisioner.storage.audit_log import AuditedAction, AuditFilter, AuditLog, AuditOutcome
from provisioner.storage.capped_audit import CappedAudit
from provisioner.storage.database import Database
from provisioner.testing import HandClock
from resolvers.auditing import audited
from resolvers.context import Context, Info
from schema.codes import UserErrorCode
from schema.payloads import UserError


@strawberry.type
class Payload:
    errors: list[UserError]


@audited
@strawberry.type
class Mutation:
    @strawberry.mutation
    async def careful(self, info: Info, audit: AuditedAction) -> Payload:  # noqa: ARG002
        await audit.accept_alone()
        return Payload(errors=[])

    @strawberry.mutation
    async def forgetful(self, info: Info, audit: AuditedAction) -> Payload:  # noqa: ARG002
        return Payload(errors=[])

    @strawberry.mutation
    async def refused(self, info: Info, audit: AuditedAction) -> Payload:  # noqa: ARG002
        return Payload(
            errors=[UserError(code=UserErrorCode.NAME_TAKEN, message="No.", field="name")]
        )

    @strawberry.mutation
    async def broken_off(self, info: Info, audit: AuditedAction) -> Payload:  # noqa: ARG002
        await audit.accept_alone()
        raise OSError("after the change")


@strawberry.type
class Query:
    nothing: bool = True


SCHEMA = strawberry.Schema(Query, Mutation)


@pytest.fixture
def log(database: Database) -> AuditLog:
    return AuditLog(database, HandClock(datetime(2026, 1, 1, tzinfo=UTC)))


async def carried_out(log: AuditLog, field: str) -> tuple[ExecutionResult, list[Any]]:
    """Return the answer to a mutation, and what of it was written down."""
    clock = HandClock(datetime(2026, 1, 1, tzinfo=UTC))
    platform = SimpleNamespace(audit=log, capped_audit=CappedAudit(log, clock))
    result = await SCHEMA.execute(
        f"mutation {{ {field} {{ errors {{ code }} }} }}",
        context_value=Context(platform=cast("Platform", platform), version="1"),
    )
    page = await log.page(first=100, after=None, filter_by=AuditFilter())
    entries = [(entry.record.outcome, entry.record.code) for entry in page.items]
    assert isinstance(result, ExecutionResult)
    return result, entries


async def test_handed_down(log: AuditLog) -> None:
    result, entries = await carried_out(log, "careful")
    assert (result.data, result.errors) == ({"careful": {"errors": []}}, None)
    assert entries == [(AuditOutcome.ACCEPTED, None)]


async def test_not_handed_down(log: AuditLog) -> None:
    result, entries = await carried_out(log, "forgetful")
    assert [error.message for error in result.errors or ()] == [
        "forgetful was accepted without an audit entry."
    ]
    assert entries == [(AuditOutcome.FAILED, "INTERNAL")]


async def test_refused(log: AuditLog) -> None:
    result, entries = await carried_out(log, "refused")
    assert result.errors is None
    assert entries == [(AuditOutcome.REFUSED, "NAME_TAKEN")]


async def test_broken_off_once_it_is_recorded(log: AuditLog) -> None:
    result, entries = await carried_out(log, "brokenOff")
    assert [error.message for error in result.errors or ()] == ["after the change"]
    assert entries == [(AuditOutcome.ACCEPTED, None)]


def test_the_action_is_no_argument_of_the_contract() -> None:
    assert "audit" not in SCHEMA.as_str()
