"""Makes sure that every mutation leaves an entry in the audit log.

The resolver of a mutation gets an ``AuditedAction`` and passes it down to the method that writes
the change. So the entry of an accepted mutation is in the same transaction as its change, and
neither exists without the other.

The entry of a refused mutation is written here, before the caller gets the answer. If it cannot be
written, the caller gets an error instead. When one caller is refused very often, only some of the
refusals are recorded (``CappedAudit``). A mutation that a rate limit turns away never gets here: it
is counted, but not recorded.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from graphql import GraphQLError
from strawberry.extensions import FieldExtension
from strawberry.types import get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from provisioner.domain.errors import DatabaseUnavailableError
from provisioner.domain.names import is_store_id
from provisioner.storage.audit_log import AuditedAction, AuditOutcome, AuditRecord
from provisioner.storage.audit_size import arguments_of
from resolvers import ids
from resolvers.context import Context, Info
from resolvers.refusals import RefusalsAsErrors

RECORDED: Mapping[str, frozenset[str]] = {
    "createStore": frozenset(
        {"name", "engine", "version", "plan", "from_backup", "as_copy", "idempotency_key"}
    ),
    "deleteStore": frozenset({"id"}),
    "cancelStore": frozenset({"id"}),
    "retryStore": frozenset({"id"}),
    "suspendStore": frozenset({"id"}),
    "resumeStore": frozenset({"id"}),
    "restartStore": frozenset({"id"}),
    "upgradeStore": frozenset({"id", "version"}),
    "changePlan": frozenset({"id", "plan"}),
    "upgradeStores": frozenset(
        {
            "engine",
            "version",
            "name_contains",
            "owner_contains",
            "canaries",
            "parallel",
            "stop_after_failures",
            "retries_failed",
            "dry_run",
        }
    ),
    "stopRollout": frozenset({"id"}),
    "resumeRollout": frozenset({"id"}),
    "rollbackStore": frozenset({"id", "accept_loss_since", "without_backup"}),
    "renameStore": frozenset({"id", "title"}),
    "transferStore": frozenset({"id", "to", "to_source"}),
    "withdrawTransfer": frozenset({"id"}),
    "acceptTransfer": frozenset({"id"}),
    "declineTransfer": frozenset({"id"}),
    "createBackup": frozenset({"id"}),
    "restoreBackup": frozenset({"id", "accept_loss_since", "without_backup"}),
    "verifyBackup": frozenset({"id"}),
    "pinBackup": frozenset({"id"}),
    "unpinBackup": frozenset({"id"}),
    "createToken": frozenset({"owner", "role", "description", "expires_in_days"}),
    "revokeToken": frozenset({"id"}),
    "redeemSignInCode": frozenset(),
    "revealAdminPassword": frozenset({"id"}),
    "resetAdminPassword": frozenset({"id"}),
    "createSignInLink": frozenset({"id"}),
}
"""The input fields that are recorded, by mutation. A field that is not named here never is."""

_AUDIT = "audit"
"""The name of the resolvers' parameter for the action; callers neither see nor fill it."""

_MAX_TEXT = 200  # characters of each argument, so that nobody can fill the log with long texts
_T = TypeVar("_T", bound=type)


def audited(mutation: _T) -> _T:
    """Add the audit to every field of a Strawberry type; use it as a class decorator."""
    # A decorator of the type instead of one for each field, so that nobody can forget a new field.
    # The last extension is the outermost: AuditedMutation sees refusals as the payload's errors.
    definition = get_object_definition(mutation, strict=True)
    for field in definition.fields:
        field.extensions = [*field.extensions, RefusalsAsErrors(), AuditedMutation()]
    return mutation


class AuditedMutation(FieldExtension):
    """Records the outcome of a mutation in the audit log."""

    def apply(self, field: StrawberryField) -> None:
        """Hide the parameter for the action from the contract."""
        field.arguments = [item for item in field.arguments if item.python_name != _AUDIT]

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **kwargs: Any
    ) -> Any:
        """Run the mutation, and record its outcome unless the resolver has done so."""
        context, record = info.context, _record(info, kwargs.get("input"))
        action = AuditedAction(context.platform.audit, record)
        try:
            payload = await next_(source, info, **kwargs, **{_AUDIT: action})
            _check_recorded(action, payload)
        # BaseException, because a cancelled mutation is recorded too, with the code CANCELLED.
        except BaseException as error:
            if not action.is_recorded:
                await _record_failure(context, record, error)
            raise
        if payload.errors:
            refused = AuditOutcome.REFUSED
            await context.platform.capped_audit.record(
                replace(record, outcome=refused, code=payload.errors[0].code.name)
            )
        return payload


def _record(info: Info, given: object) -> AuditRecord:
    """Return the record that a mutation has if it is accepted."""
    caller = info.context.caller
    token = None if caller is None else caller.token
    global_id = getattr(given, "id", "")
    is_backup = global_id.startswith(ids.BACKUP)
    store_id = ids.from_backup_id(global_id)[0] if is_backup else ids.from_global_id(global_id)
    return AuditRecord(
        action=info.field_name,
        outcome=AuditOutcome.ACCEPTED,
        address=info.context.address,
        actor=None if caller is None else caller.owner,
        role=None if caller is None else caller.role,
        token_id=None if token is None else token.id,
        token_maker=None if token is None else token.maker,
        arguments=_arguments(info.field_name, given),
        # The caller may send any text as an id, and only an id may go into this column.
        store_id=store_id if is_store_id(store_id) else None,
    )


def _check_recorded(action: AuditedAction, payload: Any) -> None:
    """Raise RuntimeError if an accepted mutation's resolver has not passed the action down."""
    if not (payload.errors or action.is_recorded):
        raise RuntimeError(f"{action.record.action} was accepted without an audit entry.")


def _arguments(action: str, given: object) -> str:
    names = sorted(RECORDED.get(action, ()))
    chosen = {to_camel_case(name): _plain(getattr(given, name, None)) for name in names}
    return arguments_of({name: value for name, value in chosen.items() if value is not None})


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    value = getattr(value, "name", value)  # an enum is recorded by its name
    return value[:_MAX_TEXT] if isinstance(value, str) else value


def _outcome_of(error: BaseException) -> dict[str, Any]:
    if isinstance(error, GraphQLError):
        code = (error.extensions or {}).get("code")
        return {"outcome": AuditOutcome.REFUSED, "code": code}
    code = "INTERNAL" if isinstance(error, Exception) else "CANCELLED"
    return {"outcome": AuditOutcome.FAILED, "code": code}


async def _record_failure(context: Context, record: AuditRecord, error: BaseException) -> None:
    """Record the error that ended a mutation.

    Raises DatabaseUnavailableError if the entry cannot be written, unless ``error`` is such an
    error itself: the caller then gets that one.
    """
    try:
        await context.platform.capped_audit.record(replace(record, **_outcome_of(error)))
    except DatabaseUnavailableError:
        if not isinstance(error, DatabaseUnavailableError):
            # No entry, no answer: the caller must not learn an outcome that is not recorded.
            raise
