"""Subscriptions, fed by the watches: nothing is polled."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from provisioner.errors import NotFoundError
from resolvers import mapping
from resolvers.context import Info
from resolvers.errors import public, require_caller
from schema import types


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
                description="The `version` of the last update you had: the first update then holds"
                " every event since."
            ),
        ] = None,
    ) -> AsyncGenerator[types.StoreUpdate, None]:
        caller = require_caller(info.context)
        updates = info.context.platform.stores.follow(
            caller, mapping.from_global_id(id), after=after
        )
        try:
            async with aclosing(updates) as stream:
                async for update in stream:
                    yield mapping.update(info.context, update)
        except NotFoundError as error:
            raise public(error) from error
