"""Executes a subscription once for all subscribers of a store with the same document and rights.

The shared execution has no caller in its context. So a field that depends on the caller could never
show what belongs to somebody else: it fails, and each subscriber's own operation executes it again.
Only the texts of the results are shared. Whether somebody may follow a store, from which version
and for how long is decided for each subscriber.

A text depends on two versions: the last one that a subscriber has, and the version of the new
state. So subscribers that are equally far behind share a text too. A text is kept only until the
last of them has sent it.
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
from provisioner.domain.snapshots import StoreSnapshot
from provisioner.domain.tasks import mark_seen
from provisioner.platform import Platform
from provisioner.streams.updates import RenderedUpdate
from resolvers import mapping
from resolvers.context import Context

# As many as ``app.limits.documents`` keeps parsed: far more than clients have.
_CACHED_DOCUMENTS = 100

Visibility = tuple[Role, Owner | None]
"""What a caller's view of a store depends on."""


class SharedRenderer:
    """Renders updates for one group: one store, one document, equal rights.

    Implements ``Renderer``.
    """

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
        # Weak, so that a text is freed as soon as no subscriber waits for it any more.
        self._renderings: WeakValueDictionary[tuple[int, int], asyncio.Task[RenderedUpdate]] = (
            WeakValueDictionary()
        )

    async def render(self, above: int, snapshot: StoreSnapshot) -> RenderedUpdate:
        """See ``Renderer``. Requests for the same text at the same time share one execution."""
        key = (above, snapshot.store.version)
        rendering = self._renderings.get(key)
        if rendering is None:
            # The execution gets empty context variables. Otherwise it would inherit those of the
            # subscriber that came first, and log its lines under that caller's name.
            rendering = asyncio.create_task(
                self._execute(above, snapshot), name="render", context=ContextVariables()
            )
            rendering.add_done_callback(mark_seen)
            self._renderings[key] = rendering
        # Shielded: if one subscriber leaves, the others still wait for the same rendering.
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
        # Errors are not shared. They are masked with an id for each subscriber, and a subscription
        # that fails here may work with a caller. So each subscriber's own operation is executed.
        return RenderedUpdate(update, None if result.errors else encode_json({"data": result.data}))


class SharedRenderers:
    """Keeps the renderer of each group for as long as the group has a subscriber."""

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
        """Return the renderer of an operation's group, or None if its results cannot be shared."""
        asked = self._shareable(operation.query, operation.operation_name)
        if asked is None:
            return None
        given = operation.variables or {}
        # Other variables, such as the version to resume from, differ between subscribers that
        # still get the same text. They must not split the group.
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
    """Return what a caller's view of a store may depend on; it is the same for all admins."""
    return caller.role, None if caller.sees_all_stores else caller.owner
