"""Observes every GraphQL operation: puts its name and caller into the log, and measures it."""

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
    """Logs and measures one operation.

    Over HTTP the request's own log line gets the name and the caller. A websocket carries many
    operations, so each of them gets a line of its own.
    """

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
                # In ``finally``, so that an operation that fails or is cancelled is counted too.
                self._describe(measured)
                bind_contextvars(operation=" ".join(measured.labels.values()))
                if get_contextvars().get("transport") == "websocket":
                    seconds = round(perf_counter() - began, 4)
                    _log.info("operation", outcome=measured.outcome, seconds=seconds)

    def on_execute(self) -> Iterator[None]:
        """Note that the document is valid: Strawberry executes no other."""
        self._is_valid = True
        yield

    def _describe(self, measured: Measured) -> None:
        """Set the labels and the outcome of the measurement."""
        context = self.execution_context
        # An invalid document may name any field. As labels, such names would let a caller add any
        # number of time series to the metrics; the fields of a valid document are the schema's.
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
    # Operations with several root fields share one label: their combinations have no bound.
    field = fields[0] if len(fields) == 1 else "several" if fields else "introspection"
    return {"kind": operation.operation.value, "field": field}


def _outcome(errors: Sequence[GraphQLError]) -> str:
    codes = {(error.extensions or {}).get("code") for error in errors}
    # INTERNAL is the code of masked errors. Every other error was raised for the caller.
    return "FAILED" if "INTERNAL" in codes else "REFUSED"
