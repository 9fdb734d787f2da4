"""Subscriptions, fed by the watches: nothing is polled."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from provisioner.domain.errors import NotFoundError, RefusedError
from resolvers import mapping
from resolvers.context import Context, Info
from resolvers.errors import PublicError, public, require_caller
from resolvers.sharing import find_sink
from schema import types

_VERSION = re.compile(r"[0-9]{1,18}")


@strawberry.type(description="Everything that can be followed.")
class Subscription:
    @strawberry.subscription(
        description="A store's state now, then after each change, in order and with a rising"
        " `version`, until it is deleted; then the stream completes."
    )
    async def store_status(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The store's id.")],  # noqa: A002
        after: Annotated[
            int | None,
            strawberry.argument(
                description="The `version` of the last update you had: the first updates then hold"
                " every event since. One that the store never had is refused with the code"
                " CURSOR_INVALID."
            ),
        ] = None,
    ) -> AsyncGenerator[types.StoreUpdate, None]:
        caller, platform = require_caller(info.context), info.context.platform
        store_id, version = mapping.from_global_id(id), _version(info.context, after)
        try:
            find = find_sink.get()
            sink = find(platform, caller, store_id) if find else None
            updates = await platform.stores.follow(caller, store_id, after=version, sink=sink)
            async with aclosing(updates):
                async for update in updates:
                    yield mapping.update(info.context, update)
                    del update  # it may be large, and the next may be long in coming
        except (NotFoundError, RefusedError) as error:
            raise public(error) from error

    @strawberry.subscription(
        description="The stores that the caller may see, as they change. The first update comes at"
        " once: wait for it, then read the list, and nothing falls between the two."
    )
    async def stores_changed(
        self,
        info: Info,
        after: Annotated[
            str | None,
            strawberry.argument(
                description="The `cursor` of the last update you had: the first update then holds"
                " what changed since. One that is too old, or of another database, is refused with"
                " the code CURSOR_INVALID: leave it out then, and read the list anew."
            ),
        ] = None,
    ) -> AsyncGenerator[types.StoresChange, None]:
        caller = require_caller(info.context)
        after = info.context.last_event_id or after
        changes = info.context.platform.changes.follow(caller, after=after)
        try:
            async with aclosing(changes):
                async for change in changes:
                    yield mapping.change(info.context, change)
        except RefusedError as error:
            raise public(error) from error


def _version(context: Context, after: int | None) -> int | None:
    """Return the version to go on from: an event stream's is in a header when it comes back."""
    if context.last_event_id is None:
        return after
    if not _VERSION.fullmatch(context.last_event_id):
        raise PublicError(
            "CURSOR_INVALID",
            "The header Last-Event-ID is not the `id` of an event of this stream: leave it out.",
            "after",
        )
    return int(context.last_event_id)
