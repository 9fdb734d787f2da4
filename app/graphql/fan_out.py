"""One execution and one text for all who follow a store with the same document and rights.

An update of a followed store is executed for nobody in particular: the context has no caller, so a
field that would depend on one could only be empty, and never another's. Who may follow at all, from
which version, and until when, stays each subscriber's own: an operation runs as ever, and only the
results of it are written here. What a subscriber gets is known by the version they had and the
version of the state. So who is behind shares with those who are as far behind, and a text lives
for as long as somebody has yet to send it.
"""

import asyncio
import json
from collections.abc import Callable
from contextvars import Context as ContextVariables
from dataclasses import dataclass
from functools import lru_cache
from inspect import isawaitable
from typing import Any
from weakref import WeakValueDictionary

from graphql import DocumentNode, GraphQLSchema
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)

from app import __version__
from app.graphql.plain_fields import PlainFieldExecutor
from app.graphql.shareable import Shareable, shareable
from app.http.encoding import encode_json
from provisioner.domain.identities import Identity, Role
from provisioner.domain.owners import Owner
from provisioner.domain.stores import StoreSnapshot, StoreStatus
from provisioner.domain.tasks import mark_seen
from provisioner.platform import Platform
from provisioner.streams.store_stream import StoreUpdate, Telling
from resolvers import mapping, sharing
from resolvers.context import Context

_CACHED_DOCUMENTS = 100

Visibility = tuple[Role, Owner | None]


@dataclass(frozen=True, slots=True)
class Frame:
    """An update as it is sent. Implements ``resolvers.sharing.Frame``."""

    update: StoreUpdate
    text: str | None

    @property
    def version(self) -> int:
        return self.update.version

    @property
    def is_empty(self) -> bool:
        return self.update.is_empty

    @property
    def is_whole(self) -> bool:
        return self.update.is_whole


class SharedStream:
    """What one group of subscribers gets: one store, one document, the same rights."""

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
        self._version: int | None = None
        self._prepared: tuple[tuple[int, int], asyncio.Task[Frame]] | None = None
        self._frames: WeakValueDictionary[tuple[int, int], asyncio.Task[Frame]] = (
            WeakValueDictionary()
        )

    async def frame(self, above: int, snapshot: StoreSnapshot) -> Frame:
        """Return what is sent of a state to who had a version; made once for all who ask."""
        making = self._making(above, snapshot)
        return making.result() if making.done() else await asyncio.shield(making)

    def ready(self, above: int, snapshot: StoreSnapshot) -> Frame | None:
        """Return what is made already, if it is all that there is to send."""
        if self._prepared is None or self._prepared[0] != (above, snapshot.store.version):
            return None
        return self._prepared[1].result()

    async def prepare(self, snapshot: StoreSnapshot) -> None:
        """Make what most will ask for: of this state, for who was told of the one before.

        The last of a deleted store, and what is only a part, is left to who follows the stream.
        """
        above, self._version = self._version, snapshot.store.version
        self._prepared = None
        if above is None or snapshot.store.status is StoreStatus.DELETED:
            return
        making = self._making(above, snapshot)
        await asyncio.wait({making})
        if making.exception() is None:
            frame = making.result()
            if frame.text is not None and frame.is_whole and not frame.is_empty:
                self._prepared = (above, frame.version), making

    def _making(self, above: int, snapshot: StoreSnapshot) -> asyncio.Task[Frame]:
        key = (above, snapshot.store.version)
        making = self._frames.get(key)
        if making is None:
            work = self._make(above, snapshot)
            # Nothing of who happened to come first is to be in it, or in its log.
            making = asyncio.create_task(work, name="frame", context=ContextVariables())
            making.add_done_callback(mark_seen)
            self._frames[key] = making
        return making

    async def _make(self, above: int, snapshot: StoreSnapshot) -> Frame:
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
        return Frame(update, None if result.errors else encode_json({"data": result.data}))


class SharedStreams:
    """The groups of all subscribers of a schema, each for as long as there is anybody in it."""

    def __init__(self, schema: GraphQLSchema, parse: Callable[[str], DocumentNode]) -> None:
        self._schema = schema
        self._parse = parse
        self._shareable = lru_cache(_CACHED_DOCUMENTS)(self._find_shareable)
        self._streams: WeakValueDictionary[tuple[object, ...], SharedStream] = WeakValueDictionary()

    def stream(
        self,
        operation: Operation[Context, None],
        platform: Platform,
        caller: Identity,
        store_id: str,
    ) -> SharedStream | None:
        """Return the group of an operation, or None when its results are its own."""
        asked = self._shareable(operation.query, operation.operation_name)
        if asked is None:
            return None
        given = operation.variables or {}
        used = {name: given[name] for name in asked.variables if name in given}
        key = (platform, asked, store_id, visibility(caller), encode_json(used))
        found = self._streams.get(key)
        if found is None:
            found = SharedStream(self._schema, asked, given, platform)
            self._streams[key] = found
        return found

    def _find_shareable(self, text: str, operation_name: str | None) -> Shareable | None:
        return shareable(self._schema, self._parse(text), operation_name)


def visibility(caller: Identity) -> Visibility:
    """Return what a caller's view of a store may depend on: all admins see the same."""
    return caller.role, None if caller.sees_all_stores else caller.owner


class SharingHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """One websocket's protocol, whose operations may share their results with others'."""

    @property
    def streams(self) -> SharedStreams:
        """The groups of all operations that share."""
        raise NotImplementedError

    async def send_text(self, text: str) -> None:
        """Send a message that is encoded already."""
        raise NotImplementedError

    def send_at_once(self, text: str) -> bool:
        """Send a message if nothing has to be waited for; return whether it was sent."""
        raise NotImplementedError

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Run an operation, in a task of its own."""
        head = f'{{"id":{json.dumps(operation.id)},"type":"next","payload":'
        sharing.subscriber.set(_Subscriber(self, operation, head))
        await super().run_operation(operation)


@dataclass(slots=True)
class _Subscriber:
    """One operation of one websocket. Implements ``resolvers.sharing.Subscriber``."""

    handler: SharingHandler
    operation: Operation[Context, None]
    head: str

    def share(
        self, platform: Platform, caller: Identity, store_id: str
    ) -> Telling[sharing.Frame] | None:
        stream = self.handler.streams.stream(self.operation, platform, caller, store_id)
        if stream is None:
            return None

        def send_at_once(above: int, snapshot: StoreSnapshot) -> int | None:
            frame = stream.ready(above, snapshot)
            is_sent = frame is not None and self.handler.send_at_once(self._message(frame.text))
            return frame.version if frame is not None and is_sent else None

        return Telling(stream.frame, stream.prepare, send_at_once)

    async def send(self, text: str) -> None:
        await self.handler.send_text(self._message(text))

    def _message(self, text: str | None) -> str:
        return f"{self.head}{text}}}"
