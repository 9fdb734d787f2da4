"""Defines the object types of the contract.

A store's operations, steps, pods and events are read only if a client selects them. The resolvers
give each store an object for that, of the type ``StoreDetails``.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Protocol

import strawberry

from schema.backups import Backup, BackupConnection, BackupPolicy
from schema.engines import EngineVersion, Plan, PlanChange
from schema.enums import ContainerState, PodPhase, Role, StoreStatus, StoreTarget
from schema.events import StoreEvent, StoreEventConnection
from schema.node import Node
from schema.operations import Operation, OperationConnection, Reason, Step
from schema.transfers import TransferOffer


@strawberry.type(description="A container of a pod.")
class Container:
    name: str = strawberry.field(description="The container's name.")
    image: str = strawberry.field(description="The image that the container runs.")
    state: ContainerState = strawberry.field(description="The state of the container.")
    reason: str | None = strawberry.field(
        description="The cluster's code for the reason of this state."
    )
    message: str | None = strawberry.field(description="Why, in the cluster's words.")
    is_ready: bool = strawberry.field(description="Whether it is ready.")
    is_init: bool = strawberry.field(
        description="Whether it is an init container, which ends before the others start."
    )
    restarts: int = strawberry.field(description="How often the container was restarted.")
    exit_code: int | None = strawberry.field(
        description="The exit code, if the container has ended."
    )


@strawberry.type(description="A pod of a store.")
class Pod:
    name: str = strawberry.field(description="The pod's name in the namespace.")
    component: str | None = strawberry.field(
        description="The workload that the pod belongs to, such as `mysql`."
    )
    phase: PodPhase = strawberry.field(description="The phase of the pod.")
    status: str = strawberry.field(description="The pod's state in one word, as kubectl shows it.")
    reason: str | None = strawberry.field(description="Why the pod is not running.")
    message: str | None = strawberry.field(description="Why, in the cluster's words.")
    is_ready: bool = strawberry.field(description="Whether it is ready.")
    restarts: int = strawberry.field(description="How often its containers were restarted.")
    node: str | None = strawberry.field(description="The node that the pod runs on.")
    containers: list[Container] = strawberry.field(
        description="Its containers, init containers first."
    )
    created_at: datetime = strawberry.field(description="When the pod was created.")


@strawberry.type(description="What operators need in order to find a store in the cluster.")
class Diagnostics:
    namespace: str = strawberry.field(description="The Kubernetes namespace.")
    release: str = strawberry.field(description="The Helm release.")
    attempt: int = strawberry.field(
        description="The number of the latest operation.",
        deprecation_reason="Use `number` of `Store.operation`. It will be removed on 2027-12-01.",
    )


class StoreDetails(Protocol):
    """Reads the parts of a store that are not in its own database row."""

    async def operation(self) -> Operation | None: ...

    async def operations(self, *, first: int, after: str | None) -> OperationConnection: ...

    async def backups(self, *, first: int, after: str | None) -> BackupConnection: ...

    async def last_backup(self) -> Backup | None: ...

    async def way_back(self) -> Backup | None: ...

    async def plan_changes(self) -> list[PlanChange]: ...

    async def steps(self) -> list[Step]: ...

    async def pods(self) -> list[Pod]: ...

    async def events(self, *, first: int, after: str | None) -> StoreEventConnection: ...


@strawberry.type(description="A store: a shop of a merchant, or the record of a deleted one.")
class Store(Node):
    # Private fields are not part of the contract. This one lets a resolver method below read more
    # only when a client selects it.
    details: strawberry.Private[StoreDetails]
    name: str = strawberry.field(description="The name, unique among stores that are not deleted.")
    title: str = strawberry.field(
        description="What people call it: its name, unless `renameStore` gave it another title."
    )
    owner: str = strawberry.field(description="The owner: who created or accepted the store.")
    owner_source: str = strawberry.field(
        description="The source of the owner's name: `local`, or an issuer's URL. The same name"
        " from two sources means two different owners."
    )
    owner_name: str = strawberry.field(
        description="The owner's display name. Several owners may have the same one."
    )
    engine: str = strawberry.field(description="The name of its engine.")
    engine_version: str = strawberry.field(description="The version of its engine.")
    next_version: str | None = strawberry.field(
        description="The version that its shop is about to get. Null if it is not being upgraded."
    )
    upgrades: list[EngineVersion] = strawberry.field(
        description="The versions that its shop can be upgraded to. See `upgradeStore`."
    )
    next_plan: str | None = strawberry.field(
        description="The plan that its shop is about to get. Null if it is getting no other one."
    )
    plan: Plan | None = strawberry.field(description="Its plan. Null if its engine has none.")
    offer: TransferOffer | None = strawberry.field(
        description="Its offer to another owner. Null if it is not offered. See `transferStore`."
    )
    contact_email: str | None = strawberry.field(
        description="Where the shop writes to its merchant; null if nobody said."
    )
    is_copy: bool = strawberry.field(
        description="Whether it is a copy of another store, to try things in: its shop sends no"
        " mail, takes no payments and calls nobody outside."
    )
    status: StoreStatus = strawberry.field(description="The present status.")
    target: StoreTarget = strawberry.field(description="The status that it should reach.")
    reason: Reason | None = strawberry.field(
        description="Why the store has failed or is degraded, or what holds up its deletion."
    )
    version: int = strawberry.field(
        description="A number that rises with every change. Pass it as `after` to `storeStatus` to"
        " resume there."
    )
    url: str = strawberry.field(description="The address of the shop, for shoppers.")
    admin_url: str | None = strawberry.field(description="The address where the merchant signs in.")
    created_at: datetime = strawberry.field(description="When its creation was requested.")
    updated_at: datetime = strawberry.field(description="When it changed last.")
    ready_at: datetime | None = strawberry.field(description="When it became ready last.")
    suspended_at: datetime | None = strawberry.field(
        description="Since when the shop is paused. Null if it is not."
    )
    deleted_at: datetime | None = strawberry.field(description="When its deletion was complete.")
    diagnostics: Diagnostics = strawberry.field(description="Where to find it in the cluster.")
    queue_position: int | None = strawberry.field(
        description="The position in the queue, from 1, while the store is QUEUED. Owners take"
        " turns."
    )

    @strawberry.field(
        description="The latest operation: what is being done with the store, or was done last."
        " Null only for work that an older version of the platform has just begun."
    )
    async def operation(self) -> Operation | None:
        return await self.details.operation()

    @strawberry.field(description="All that was done with the store, newest first, in pages.")
    async def operations(
        self,
        first: Annotated[int, strawberry.argument(description="How many, from 1 to 100.")] = 20,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> OperationConnection:
        return await self.details.operations(first=first, after=after)

    @strawberry.field(description="The backups of the store, newest first, in pages.")
    async def backups(
        self,
        first: Annotated[int, strawberry.argument(description="How many, from 1 to 100.")] = 20,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> BackupConnection:
        return await self.details.backups(first=first, after=after)

    @strawberry.field(description="The newest backup of the store. Null if there is none.")
    async def last_backup(self) -> Backup | None:
        return await self.details.last_backup()

    @strawberry.field(
        description="The backup of the shop as it was before it got its present version. Null if"
        " there is none. See `rollbackStore`."
    )
    async def way_back(self) -> Backup | None:
        return await self.details.way_back()

    @strawberry.field(
        description="The other plans of its engine, and how its shop would get each, as the cluster"
        " is now. See `changePlan`."
    )
    async def plan_changes(self) -> list[PlanChange]:
        return await self.details.plan_changes()

    @strawberry.field(description="The steps of the latest operation, in order.")
    async def steps(self) -> list[Step]:
        return await self.details.steps()

    @strawberry.field(description="Its pods, oldest first.")
    async def pods(self) -> list[Pod]:
        return await self.details.pods()

    @strawberry.field(
        description="The events of the store, oldest first, in pages. Versions rise by one with"
        " each event; where some are missing, those events were older than the platform keeps them."
    )
    async def events(
        self,
        first: Annotated[int, strawberry.argument(description="How many, from 1 to 500.")] = 100,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> StoreEventConnection:
        return await self.details.events(first=first, after=after)


@strawberry.type(description="The state of a store, and the events since the update before.")
class StoreUpdate:
    version: int = strawberry.field(
        description="With this update you have every event up to this version. To resume, pass the"
        " last version that you have as `after`. One update holds at most 500 events. If there are"
        " more, this version is below the store's own, and the next update follows at once."
    )
    store: Store = strawberry.field(description="The present state of the store.")
    events: list[StoreEvent] = strawberry.field(
        description="The events since the last update, or since `after`. No event that is kept is"
        " left out, and none is sent twice. Empty in the first update if no `after` was given."
    )
    has_gap: bool = strawberry.field(
        description="Whether events between the last update, or `after`, and this one are missing"
        " because they were older than the platform keeps events. `store` is the present state all"
        " the same. Only a client that was away for so long sees this."
    )


@strawberry.type(description="How many stores a user has and may have.")
class StoreQuota:
    stores_used: int = strawberry.field(
        description="The number of stores that count: all except `DELETED` ones, and `SUSPENDED`"
        " ones where the platform does not count them. Stores that are being removed still count."
    )
    stores_limit: int | None = strawberry.field(
        description="The most stores that the user may have. Null means no limit."
    )
    stores_left: int | None = strawberry.field(
        description="How many more stores the user may create. Null means no limit. The platform's"
        " own limit, `Platform.storesLimit`, may be reached earlier."
    )


@strawberry.type(description="The changed stores among all that the caller may see.")
class StoresChange:
    cursor: str = strawberry.field(
        description="An opaque text. To resume, pass the last cursor that you have as `after`."
    )
    stores: list[Store] = strawberry.field(
        description="The latest state of each store that changed since the update before. A deleted"
        " store appears once, with the status DELETED. Empty in the first update if no `after` was"
        " given."
    )
    gone_store_ids: list[strawberry.ID] = strawberry.field(
        description="The ids of stores that are not the caller's any more, because another owner"
        " has accepted them since the update before. Always empty for admins."
    )


@strawberry.type(description="The caller.")
class Viewer:
    # Counting the stores is a query, so it runs only if a client selects the quota.
    load_quota: strawberry.Private[Callable[[], Awaitable[StoreQuota]]]
    name: str = strawberry.field(description="The caller's name, which owns what they create.")
    source: str = strawberry.field(
        description="The source of the name: `local`, or an issuer's URL."
    )
    display_name: str = strawberry.field(description="The caller's display name.")
    role: Role = strawberry.field(description="What the caller may do.")
    tokens_end_by: datetime | None = strawberry.field(
        description="The latest time at which a token that the caller makes now can expire. Null"
        " means never."
    )

    @strawberry.field(description="How many stores the caller has and may have.")
    async def quota(self) -> StoreQuota:
        return await self.load_quota()


@strawberry.type(description="The number of stores with a status.")
class StatusCount:
    status: StoreStatus = strawberry.field(description="The status.")
    count: int = strawberry.field(description="How many stores have this status.")


@strawberry.type(description="The platform itself.")
class Platform:
    version: str = strawberry.field(description="The version of the platform.")
    problem: str | None = strawberry.field(
        description="What prevents the platform from working on stores now, or null."
    )
    running_provisions: int = strawberry.field(description="How many stores are being created now.")
    queued_provisions: int = strawberry.field(description="How many stores wait to be created.")
    max_concurrent_provisions: int = strawberry.field(
        description="How many stores can be created at the same time."
    )
    stores_by_status: list[StatusCount] = strawberry.field(
        description="How many stores of all owners have each status."
    )
    stores_used: int = strawberry.field(
        description="How many stores of all owners count against `storesLimit`: all except"
        " `DELETED` ones, and `SUSPENDED` ones unless `countsSuspendedStores`."
    )
    stores_limit: int | None = strawberry.field(
        description="The most stores that there may be in all. Null means no limit."
    )
    counts_suspended_stores: bool = strawberry.field(
        description="Whether `SUSPENDED` stores count against the limits too."
    )
    shop_url: str = strawberry.field(
        description="The address that a new shop gets; `{name}` stands for the store's name."
    )
    is_address_checked: bool = strawberry.field(
        description="Whether a store is `READY` only once its shop's address has answered. Where it"
        " is false, such as on simulated nodes, a shop may not open though its store is ready."
    )
    backups: BackupPolicy | None = strawberry.field(
        description="How backups of shops are made. Null if the platform is not set up for them."
    )
