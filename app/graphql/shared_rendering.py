"""Executes a subscription once for all who follow a store with the same document and rights.

The shared execution has no caller in its context. So a field that depended on the caller could
never show what belongs to somebody else: it would fail, and each subscriber's own operation would
then execute it. Whether somebody may follow a store, from which version and until when is decided
for each subscriber. Only the texts of the results are shared.

A text depends on two versions: the one that a subscriber had, and that of the state. Subscribers
who are equally far behind therefore share it too. It is kept only until the last of them has sent
it.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context as ContextVariables
from functools import lru_cache
from inspect import isawaitable
from typing import Any
from weakref import WeakValueDictionary

from graphql import DocumentNode, GraphQLSchema
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import Operation

from app import __version__
from app.graphql.plain_fields import PlainFieldExecutor
from app.graphql.shareable import Shareable, shareable
from app.http.encoding import encode_json
from provisioner.domain.identities import Identity, Role
from provisioner.domain.owners import Owner
from provisioner.domain.stores import StoreSnapshot
from provisioner.domain.tasks import mark_seen
from provisioner.platform import Platform
from provisioner.streams.updates import RenderedUpdate
from resolvers import mapping
from resolvers.context import Context

_CACHED_DOCUMENTS = 100

Visibility = tuple[Role, Owner | None]


class SharedRenderer:
    """Renders for one group: one store, one document, the same rights. Implements ``Renderer``."""

    def __init__(
        self,
        schema: GraphQLSchema,
        asked: Shareable,
        variables: dict[str, Any],
        platform: Platform,
    ) -> None:
        self._schema = schema
        self._asked = asked
        self._variables = variables
        self._context = Context(platform=platform, version=__version__)
        self._renderings: WeakValueDictionary[tuple[int, int], asyncio.Task[RenderedUpdate]] = (
            WeakValueDictionary()
        )

    async def render(self, above: int, snapshot: StoreSnapshot) -> RenderedUpdate:
        """See ``Renderer``. What is asked for at the same time is executed once."""
        key = (above, snapshot.store.version)
        rendering = self._renderings.get(key)
        if rendering is None:
            # Nothing of who happened to come first is to be in it, or in its log.
            rendering = asyncio.create_task(
                self._execute(above, snapshot), name="render", context=ContextVariables()
            )
            rendering.add_done_callback(mark_seen)
            self._renderings[key] = rendering
        return await asyncio.shield(rendering)

    async def _execute(self, above: int, snapshot: StoreSnapshot) -> RenderedUpdate:
        update = await self._context.platform.stores.update(above, snapshot)
        executor: Any = PlainFieldExecutor.build(
            self._schema,
            self._asked.document,
            context_value=self._context,
            raw_variable_values=self._variables,
            operation_name=self._asked.operation_name,
        )
        root = mapping.update(self._context, update)
        result = executor.build_per_event_executor(root).execute_operation(serially=False)
        if isawaitable(result):
            result = await result
        # An error names a path and gets an id: it is told to each by an execution of their own.
        return RenderedUpdate(update, None if result.errors else encode_json({"data": result.data}))


class SharedRenderers:
    """The renderers of a schema's groups, each kept for as long as somebody is in its group."""

    def __init__(self, schema: GraphQLSchema, parse: Callable[[str], DocumentNode]) -> None:
        self._schema = schema
        self._parse = parse
        self._shareable = lru_cache(_CACHED_DOCUMENTS)(self._find_shareable)
        self._renderers: WeakValueDictionary[tuple[object, ...], SharedRenderer] = (
            WeakValueDictionary()
        )

    def renderer(
        self,
        operation: Operation[Context, None],
        platform: Platform,
        caller: Identity,
        store_id: str,
    ) -> SharedRenderer | None:
        """Return the renderer of an operation's group, or None when its results are its own."""
        asked = self._shareable(operation.query, operation.operation_name)
        if asked is None:
            return None
        given = operation.variables or {}
        used = {name: given[name] for name in asked.variables if name in given}
        key = (platform, asked, store_id, visibility(caller), encode_json(used))
        found = self._renderers.get(key)
        if found is None:
            found = SharedRenderer(self._schema, asked, given, platform)
            self._renderers[key] = found
        return found

    def _find_shareable(self, text: str, operation_name: str | None) -> Shareable | None:
        return shareable(self._schema, self._parse(text), operation_name)


def visibility(caller: Identity) -> Visibility:
    """Return what a caller's view of a store may depend on: all admins see the same."""
    return caller.role, None if caller.sees_all_stores else caller.owner
