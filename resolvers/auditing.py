"""Every mutation leaves an audit entry: the one place where they are written.

Each resolver of a mutation is given an ``AuditedAction``, and hands it down to where the change is
written. So an accepted mutation's entry is in the very transaction that makes its change, and
neither is ever without the other. What is refused has its entry written here, before the answer is
given: no entry, no answer. Of what is refused to one caller without end only some is written
(``CappedAudit``). Mutations that a rate limit turned away never got here; they are counted, not
recorded.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
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
from resolvers import mapping
from resolvers.context import Context, Info
from resolvers.refusals import RefusalsAsErrors

RECORDED: Mapping[str, frozenset[str]] = {
    "createStore": frozenset({"name", "engine", "version", "idempotency_key"}),
    "deleteStore": frozenset({"id"}),
    "cancelStore": frozenset({"id"}),
    "retryStore": frozenset({"id"}),
    "createToken": frozenset({"owner", "role", "description", "expires_in_days"}),
    "revokeToken": frozenset({"id"}),
    "redeemSignInCode": frozenset(),
    "revealAdminPassword": frozenset({"id"}),
}
"""By mutation, the fields of its input that are written down: none is unless it is named here."""

_AUDIT = "audit"
"""The resolvers' parameter for the action: ours to fill, and no part of the contract."""

_MAX_TEXT = 200  # of each argument; more says nothing more
_T = TypeVar("_T", bound=type)


def audited(mutation: _T) -> _T:
    """Have every field of a Strawberry type audited, those added later included.

    The last extension is the outermost: it sees refusals as the payload's errors.
    """
    definition = get_object_definition(mutation, strict=True)
    for field in definition.fields:
        field.extensions = [*field.extensions, RefusalsAsErrors(), AuditedMutation()]
    return mutation


class AuditedMutation(FieldExtension):
    """Records one mutation."""

    def apply(self, field: StrawberryField) -> None:
        """Hide the action from the contract: no caller gives it."""
        field.arguments = [item for item in field.arguments if item.python_name != _AUDIT]

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **kwargs: Any
    ) -> Any:
        """Carry the mutation out, and record what became of it."""
        context, record = info.context, _record(info, kwargs.get("input"))
        action = AuditedAction(context.platform.audit, record)
        try:
            payload = await next_(source, info, **kwargs, **{_AUDIT: action})
            _check_recorded(action, payload)
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
    """Return the record of a mutation as it will be if it is accepted."""
    caller = info.context.caller
    token = None if caller is None else caller.token
    global_id = getattr(given, "id", "")
    store_id = mapping.from_global_id(global_id)
    return AuditRecord(
        action=info.field_name,
        outcome=AuditOutcome.ACCEPTED,
        address=info.context.address,
        actor=None if caller is None else caller.owner,
        role=None if caller is None else caller.role,
        token_id=None if token is None else token.id,
        token_maker=None if token is None else token.maker,
        arguments=_arguments(info.field_name, given),
        store_id=store_id if is_store_id(store_id) else None,
    )


def _check_recorded(action: AuditedAction, payload: Any) -> None:
    """Raise RuntimeError for an accepted mutation whose resolver has not handed the action down."""
    if not (payload.errors or action.is_recorded):
        raise RuntimeError(f"{action.record.action} was accepted without an audit entry.")


def _arguments(action: str, given: object) -> str:
    names = sorted(RECORDED.get(action, ()))
    chosen = {to_camel_case(name): _plain(getattr(given, name, None)) for name in names}
    return arguments_of({name: value for name, value in chosen.items() if value is not None})


def _plain(value: object) -> object:
    value = getattr(value, "name", value)  # an enum's
    return value[:_MAX_TEXT] if isinstance(value, str) else value


def _outcome_of(error: BaseException) -> dict[str, Any]:
    if isinstance(error, GraphQLError):
        code = (error.extensions or {}).get("code")
        return {"outcome": AuditOutcome.REFUSED, "code": code}
    code = "INTERNAL" if isinstance(error, Exception) else "CANCELLED"
    return {"outcome": AuditOutcome.FAILED, "code": code}


async def _record_failure(context: Context, record: AuditRecord, error: BaseException) -> None:
    """Record what broke a mutation off; where that was the database, only if it lets us."""
    try:
        await context.platform.capped_audit.record(replace(record, **_outcome_of(error)))
    except DatabaseUnavailableError:
        if not isinstance(error, DatabaseUnavailableError):
            raise  # the caller has to be told no more than is recorded
