"""What is done around every GraphQL operation: its name and caller for the log, a measurement."""

from collections.abc import Iterator, Sequence
from time import perf_counter

import structlog
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, get_operation_ast
from strawberry.extensions import SchemaExtension
from structlog.contextvars import bind_contextvars, get_contextvars

from app.telemetry.metrics import OPERATION
from provisioner.domain.instrumentation import Measured
from provisioner.domain.ports import Measurements

_log = structlog.get_logger("app.graphql.operations")


class ObservedOperation(SchemaExtension):
    """One operation. Over HTTP its line in the log is the request's, over a websocket its own."""

    def __init__(self, measurements: Measurements) -> None:
        self._measurements = measurements
        self._is_valid = False

    def on_operation(self) -> Iterator[None]:
        """See Strawberry's SchemaExtension."""
        began = perf_counter()
        if (caller := self.execution_context.context.caller) is not None:
            bind_contextvars(caller=caller.owner.subject, caller_source=caller.owner.source)
            if caller.token is not None:
                bind_contextvars(token_id=caller.token.id)
        with self._measurements.measure(OPERATION) as measured:
            try:
                yield
            finally:
                self._describe(measured)
                bind_contextvars(operation=" ".join(measured.labels.values()))
                if get_contextvars().get("transport") == "websocket":
                    seconds = round(perf_counter() - began, 4)
                    _log.info("operation", outcome=measured.outcome, seconds=seconds)

    def on_execute(self) -> Iterator[None]:
        """See Strawberry's SchemaExtension: only what was found valid is executed."""
        self._is_valid = True
        yield

    def _describe(self, measured: Measured) -> None:
        """Say what it was. Only a valid operation names fields, and those are the schema's."""
        context = self.execution_context
        if context.graphql_document is None or not self._is_valid:
            measured.labels |= {"kind": "none", "field": "none"}
            measured.outcome = "INVALID"
            return
        operation = get_operation_ast(context.graphql_document, context.operation_name)
        measured.labels |= _labels(operation)
        errors = context.result.errors if context.result else None
        if errors:
            measured.outcome = _outcome(errors)


def _labels(operation: OperationDefinitionNode | None) -> dict[str, str]:
    if operation is None:
        return {"kind": "none", "field": "none"}
    fields = [
        node.name.value
        for node in operation.selection_set.selections
        if isinstance(node, FieldNode) and not node.name.value.startswith("__")
    ]
    field = fields[0] if len(fields) == 1 else "several" if fields else "introspection"
    return {"kind": operation.operation.value, "field": field}


def _outcome(errors: Sequence[GraphQLError]) -> str:
    codes = {(error.extensions or {}).get("code") for error in errors}
    return "FAILED" if "INTERNAL" in codes else "REFUSED"
