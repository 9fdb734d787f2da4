"""Limits on GraphQL operations: how often they run, how many at a time, and for how long."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextvars import copy_context
from typing import Any, TypeVar

from graphql import (
    DocumentNode,
    OperationType,
    get_operation_ast,
)
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType as StrawberryOperationType

from app.limits.errors import timed_out, too_many_subscriptions
from app.limits.introspection import SchemaAnswers, introspects
from app.limits.roots import root_fields
from app.limits.settings import Limits
from resolvers.context import Context
from resolvers.errors import require_caller

T = TypeVar("T")


class OperationLimiter(SchemaExtension):
    """Counts mutations before they begin, and subscriptions for as long as they are open.

    It also refuses introspection to callers who have not signed in.
    """

    def __init__(self, limits: Limits, answers: SchemaAnswers) -> None:
        self._limits = limits
        self._answers = answers
        self._subscriber: str | None = None

    def on_operation(self) -> Iterator[None]:
        # The operation of a subscription ends with its stream, whoever ends it and however.
        try:
            yield
        finally:
            if self._subscriber is not None:
                self._limits.subscriptions.free(self._subscriber)

    async def on_execute(self) -> AsyncIterator[None]:
        context: Context = self.execution_context.context
        caller = None if context.caller is None else context.caller.owner.key
        kind = self.execution_context.operation_type
        if kind is StrawberryOperationType.QUERY:
            await self._introspect(context)
        elif kind is StrawberryOperationType.MUTATION:
            await self._limits.rates.count_mutations(
                self._mutations(),
                caller=caller,
                address=context.address,
                code=context.code_digest,
            )
        elif kind is StrawberryOperationType.SUBSCRIPTION and caller is not None:
            self._subscribe(caller)
        yield

    def _subscribe(self, caller: str) -> None:
        limiter = self._limits.subscriptions
        if not limiter.take(caller):
            raise too_many_subscriptions(limiter.limit, "by you")
        self._subscriber = caller

    def _mutations(self) -> int:
        """Return how many mutations the operation runs: each of its root fields is one."""
        document = self.execution_context.graphql_document
        name = self.execution_context.operation_name
        return 1 if document is None else len(root_fields(document, name))

    async def _introspect(self, context: Context) -> None:
        document = self.execution_context.graphql_document
        name, given = self.execution_context.operation_name, self.execution_context.variables
        if document is None or not introspects(document, name):
            return
        caller = require_caller(context)
        if not self._answers.has(document, name, given):  # a kept answer costs next to nothing
            await self._limits.rates.count_introspection(caller.owner.key)


class OperationTimeout:
    """Runs queries and mutations within a time limit.

    A query is cancelled when its time is up or its client goes away. A mutation is never cancelled,
    because there is no good place to stop between two of its actions. It goes on in a task of its
    own, and its client gets the error that it takes too long.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        # asyncio holds tasks by weak references only: a mutation that nobody waits for any more
        # could be garbage-collected before it has ended.
        self._unattended: set[asyncio.Future[Any]] = set()

    def wrap(self, execute: Callable[..., Any]) -> Callable[..., Any]:
        """Return graphql-core's ``execute`` with the time limit."""

        def execute_in_time(schema: Any, document: DocumentNode, **options: Any) -> Any:
            result = execute(schema, document, **options)
            if not isinstance(result, Awaitable):  # it has ended already
                return result
            operation = get_operation_ast(document, options.get("operation_name"))
            if operation is not None and operation.operation is OperationType.MUTATION:
                return self._mutation(result)
            return self._query(result)

        return execute_in_time

    async def _query(self, result: Awaitable[T]) -> T:
        deadline = asyncio.timeout(self._seconds)
        try:
            async with deadline:
                return await result
        except TimeoutError:
            # asyncio raises the same error for a time limit within the query, which is not ours.
            if not deadline.expired():
                raise
            raise timed_out(self._seconds, is_mutation=False) from None

    async def _mutation(self, result: Awaitable[T]) -> T:
        # The task runs in a copy of the context, which is read again below.
        context = copy_context()
        task = asyncio.create_task(_awaited(result), name="mutation", context=context)
        self._unattended.add(task)
        task.add_done_callback(self._unattended.discard)
        # ``asyncio.wait`` lets the task go on when the time is up, and when this coroutine is
        # cancelled because the client is gone. ``wait_for`` would cancel it.
        done, _ = await asyncio.wait({task}, timeout=self._seconds)
        if not done:
            raise timed_out(self._seconds, is_mutation=True)
        # What the mutation has set, such as fields for the log, applies here as if it had run here.
        for variable, value in context.items():
            variable.set(value)
        return task.result()


async def _awaited(result: Awaitable[T]) -> T:
    # ``create_task`` takes a coroutine, and ``execute`` may return another kind of awaitable.
    return await result
