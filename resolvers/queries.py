"""Resolves queries."""

from typing import Annotated

import strawberry

from provisioner.domain.errors import NotFoundError, RefusedError
from provisioner.domain.stores import StoreStatus
from provisioner.storage.listing import StoreFilter, StoreOrder
from resolvers import (
    access,
    audit,
    backup_mapping,
    backups,
    engine_mapping,
    ids,
    mapping,
    operations,
    rollouts,
)
from resolvers.access import AccessQuery
from resolvers.audit import AuditQuery
from resolvers.context import Info
from resolvers.errors import public, require_caller
from resolvers.rollouts import RolloutQuery
from resolvers.transfers import TransferQuery
from schema import enums, types
from schema.connections import StoreConnection
from schema.engines import Engine
from schema.inputs import StoreFilterInput, StoreOrderInput
from schema.node import Node

_Id = Annotated[strawberry.ID, strawberry.argument(description="The store's id.")]


@strawberry.type(description="Everything that can be read.")
class Query(AccessQuery, AuditQuery, RolloutQuery, TransferQuery):
    @strawberry.field(description="The object with this id, or null.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The object's id.")],  # noqa: A002
    ) -> Node | None:
        # The prefix of an id says what kind of object it belongs to; other text is looked up as a
        # store, and found nowhere.
        if id.startswith(ids.TOKEN):
            return await access.find_token(info, id)
        if id.startswith(ids.AUDIT):
            return await audit.find_entry(info, id)
        if id.startswith(ids.OPERATION):
            return await operations.find(info, id)
        if id.startswith(ids.BACKUP):
            return await backups.find(info, id)
        if id.startswith(ids.ROLLOUT):
            return await rollouts.find(info, id)
        return await _store(info, id)

    @strawberry.field(description="The store with this id, or null.")
    async def store(self, info: Info, id: _Id) -> types.Store | None:  # noqa: A002
        return await _store(info, id)

    @strawberry.field(description="The store with this name that is not deleted, or null.")
    async def store_by_name(
        self,
        info: Info,
        name: Annotated[str, strawberry.argument(description="The store's name.")],
    ) -> types.Store | None:
        caller = require_caller(info.context)
        try:
            found = await info.context.platform.stores.get_by_name(caller, name)
        except NotFoundError:
            return None
        return mapping.store(info.context, found)

    @strawberry.field(description="The stores that the caller may see, a page at a time.")
    async def stores(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, from 1 to 100.")] = 20,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
        filter: Annotated[  # noqa: A002
            StoreFilterInput | None, strawberry.argument(description="Which stores to list.")
        ] = None,
        order_by: Annotated[
            StoreOrderInput | None,
            strawberry.argument(description="The order of the list. The default is newest first."),
        ] = None,
    ) -> StoreConnection:
        caller = require_caller(info.context)
        wanted, ordering = filter or StoreFilterInput(), order_by or StoreOrderInput()
        order = StoreOrder[ordering.field.name]
        try:
            page = await info.context.platform.stores.page(
                caller,
                first=first,
                after=after,
                filter_by=StoreFilter(
                    statuses=tuple(StoreStatus[item.name] for item in wanted.statuses or ()),
                    engine=wanted.engine,
                    name_contains=wanted.name_contains,
                    owner_contains=wanted.owner_contains,
                ),
                order=order,
                descending=ordering.direction is enums.OrderDirection.DESC,
            )
        except RefusedError as error:
            raise public(error) from error
        return mapping.connection(info.context, page, order, after=after)

    @strawberry.field(description="The kinds of shop that can be created.")
    async def engines(self, info: Info) -> list[Engine]:
        require_caller(info.context)
        engines = info.context.platform.stores.engines
        return [engine_mapping.engine(item) for item in engines.values()]

    @strawberry.field(description="The caller.")
    async def viewer(self, info: Info) -> types.Viewer:
        return mapping.viewer(info.context, require_caller(info.context))

    @strawberry.field(description="The platform's state and limits.")
    async def platform(self, info: Info) -> types.Platform:
        require_caller(info.context)
        platform = info.context.platform
        load = await platform.stores.load()
        return types.Platform(
            version=info.context.version,
            problem=platform.problem(),
            running_provisions=load.running,
            queued_provisions=load.queued,
            max_concurrent_provisions=load.max_running,
            stores_by_status=[
                types.StatusCount(
                    status=enums.StoreStatus[status], count=load.stores.get(status, 0)
                )
                for status in StoreStatus
            ],
            stores_used=load.stores_used,
            stores_limit=load.max_stores,
            counts_suspended_stores=load.counts_suspended,
            shop_url=platform.stores.shop_url,
            is_address_checked=platform.stores.is_address_checked,
            backups=backup_mapping.policy(platform.backups.settings),
        )


async def _store(info: Info, global_id: str) -> types.Store | None:
    caller = require_caller(info.context)
    try:
        found = await info.context.platform.stores.get(caller, ids.from_global_id(global_id))
    except NotFoundError:
        return None
    return mapping.store(info.context, found)
