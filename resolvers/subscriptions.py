"""Resolves subscriptions; changes are pushed to them, and nothing is polled."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from provisioner.domain.errors import NotFoundError, RefusedError
from resolvers import ids, mapping
from resolvers.context import Context, Info
from resolvers.errors import PublicError, public, require_caller
from resolvers.rollouts import RolloutSubscription
from resolvers.sharing import find_sink
from schema import types

_VERSION = re.compile(r"[0-9]{1,18}")  # at most 18 digits fit into the database's 64 bits


@strawberry.type(description="Everything that can be followed.")
class Subscription(RolloutSubscription):
    @strawberry.subscription(
        description="A store's present state, then its state after each change, in order and with"
        " a rising `version`. The stream completes when the store is deleted."
    )
    async def store_status(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The store's id.")],  # noqa: A002
        after: Annotated[
            int | None,
            strawberry.argument(
                description="The `version` of the last update that you have. The first updates then"
                " contain every event since that is kept, and `hasGap` says whether some are not. A"
                " version that the store never had is refused with the code CURSOR_INVALID."
            ),
        ] = None,
    ) -> AsyncGenerator[types.StoreUpdate, None]:
        caller, platform = require_caller(info.context), info.context.platform
        store_id, version = ids.from_global_id(id), _version(info.context, after)
        try:
            # With a sink the transport sends most updates itself, and the loop below yields only
            # those that cannot be shared.
            find = find_sink.get()
            sink = find(platform, caller, store_id) if find else None
            updates = await platform.stores.follow(caller, store_id, after=version, sink=sink)
            # Closed here when the subscriber leaves: otherwise the garbage collector would close
            # the generator at some later time, and the follower would stay registered until then.
            async with aclosing(updates):
                async for update in updates:
                    yield mapping.update(info.context, update)
                    # An update may be large, and this name would keep it until the next one.
                    del update
        except (NotFoundError, RefusedError) as error:
            raise public(error) from error

    @strawberry.subscription(
        description="Changes of the stores that the caller may see. The first update comes at once."
        " Wait for it before you read the list, so that you miss no change in between."
    )
    async def stores_changed(
        self,
        info: Info,
        after: Annotated[
            str | None,
            strawberry.argument(
                description="The `cursor` of the last update that you have. The first update then"
                " contains the changes since. A cursor that is too old or from another database is"
                " refused with the code CURSOR_INVALID. Then subscribe without it, and read the"
                " list again."
            ),
        ] = None,
    ) -> AsyncGenerator[types.StoresChange, None]:
        caller = require_caller(info.context)
        # A client that reconnects sends the same document again, so the header is newer.
        after = info.context.last_event_id or after
        changes = info.context.platform.changes.follow(caller, after=after)
        try:
            async with aclosing(changes):
                async for change in changes:
                    yield mapping.change(info.context, change)
        except RefusedError as error:
            raise public(error) from error


def _version(context: Context, after: int | None) -> int | None:
    """Return the version to resume from: the header of an event stream, or else the argument.

    Raises PublicError (CURSOR_INVALID) if the header is not a version.
    """
    if context.last_event_id is None:
        return after
    if not _VERSION.fullmatch(context.last_event_id):
        raise PublicError(
            "CURSOR_INVALID",
            "The header Last-Event-ID is not the `id` of an event of this stream: leave it out.",
            "after",
        )
    return int(context.last_event_id)
