"""Object types of the contract.

A store's steps, pods and events are read only when they are asked for: ``StoreDetails`` is what the
resolvers hand in for that.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Protocol

import strawberry

from schema.codes import ReasonCode
from schema.enums import (
    ContainerState,
    PodPhase,
    Role,
    StepName,
    StepStatus,
    StoreStatus,
    StoreTarget,
)
from schema.events import StoreEvent, StoreEventConnection


@strawberry.interface(description="Anything with an id that `node` can look up.")
class Node:
    id: strawberry.ID = strawberry.field(description="Opaque, and the same for ever.")


@strawberry.type(description="Why something is as it is.")
class Reason:
    code: ReasonCode = strawberry.field(description="For programs.")
    message: str = strawberry.field(
        description="For people: what happened to what, and the next thing to do."
    )


@strawberry.type(description="One step of building or removing a store.")
class Step:
    name: StepName = strawberry.field(description="Which step.")
    status: StepStatus = strawberry.field(description="How far it is.")
    message: str | None = strawberry.field(description="What it waits for, or how it ended.")
    output: str | None = strawberry.field(
        description="The last lines of what helm or the failing container wrote, without secrets."
    )
    started_at: datetime | None = strawberry.field(description="When it began.")
    finished_at: datetime | None = strawberry.field(description="When it ended.")


@strawberry.type(description="A container of a pod.")
class Container:
    name: str = strawberry.field(description="Its name.")
    image: str = strawberry.field(description="The image it runs.")
    state: ContainerState = strawberry.field(description="What it does.")
    reason: str | None = strawberry.field(description="Why, in the cluster's word.")
    message: str | None = strawberry.field(description="Why, in the cluster's words.")
    is_ready: bool = strawberry.field(description="Whether it is ready.")
    is_init: bool = strawberry.field(description="Whether it runs before the others, to an end.")
    restarts: int = strawberry.field(description="How often it was started again.")
    exit_code: int | None = strawberry.field(description="How it ended, once it has.")


@strawberry.type(description="A pod of a store.")
class Pod:
    name: str = strawberry.field(description="Its name in the namespace.")
    component: str | None = strawberry.field(
        description="The workload it belongs to, such as `mysql`."
    )
    phase: PodPhase = strawberry.field(description="Where in its life it is.")
    status: str = strawberry.field(description="Its state in one word, as kubectl shows it.")
    reason: str | None = strawberry.field(description="Why it is not running.")
    message: str | None = strawberry.field(description="Why, in the cluster's words.")
    is_ready: bool = strawberry.field(description="Whether it is ready.")
    restarts: int = strawberry.field(description="How often its containers were started again.")
    node: str | None = strawberry.field(description="The node it runs on.")
    containers: list[Container] = strawberry.field(description="Init containers first.")
    created_at: datetime = strawberry.field(description="When it was created.")


@strawberry.type(description="What operators need to find a store in the cluster.")
class Diagnostics:
    namespace: str = strawberry.field(description="The Kubernetes namespace.")
    release: str = strawberry.field(description="The Helm release.")
    attempt: int = strawberry.field(
        description="Which piece of work on the store this is: the create, a retry, the delete."
    )


@strawberry.type(description="A version of an engine.")
class EngineVersion:
    name: str = strawberry.field(description="What to pass as `version`.")
    is_default: bool = strawberry.field(description="Whether it is taken when none is passed.")


@strawberry.type(description="The resources that a store of an engine asks for.")
class EngineResources:
    cpu: str = strawberry.field(description="CPUs, as a Kubernetes quantity.")
    memory: str = strawberry.field(description="Memory, as a Kubernetes quantity.")
    storage: str = strawberry.field(description="Disk space, as a Kubernetes quantity.")


@strawberry.type(description="A kind of shop that can be created.")
class Engine:
    name: str = strawberry.field(description="What to pass as `engine`.")
    display_name: str = strawberry.field(description="What people call it.")
    description: str = strawberry.field(description="What it is, in a sentence.")
    versions: list[EngineVersion] = strawberry.field(description="The versions on offer.")
    resources: EngineResources = strawberry.field(description="What one store asks for.")


class StoreDetails(Protocol):
    """Reads the parts of a store that are not on its own row."""

    async def steps(self) -> list[Step]: ...

    async def pods(self) -> list[Pod]: ...

    async def events(self, *, first: int, after: str | None) -> StoreEventConnection: ...


@strawberry.type(description="A shop, or what is known of it.")
class Store(Node):
    details: strawberry.Private[StoreDetails]
    name: str = strawberry.field(description="Its name; unique among stores that are not deleted.")
    owner: str = strawberry.field(description="Whose it is: who created it.")
    owner_source: str = strawberry.field(
        description="Who vouches for the owner's name: `local`, or an issuer's URL. Two owners of"
        " one name and two sources are two people."
    )
    owner_name: str = strawberry.field(
        description="What to call the owner; several may be called the same."
    )
    engine: str = strawberry.field(description="The name of its engine.")
    engine_version: str = strawberry.field(description="The version of its engine.")
    status: StoreStatus = strawberry.field(description="Where it is.")
    target: StoreTarget = strawberry.field(description="Where it should be.")
    reason: Reason | None = strawberry.field(
        description="Why it is failed or degraded, or what a deletion is held by."
    )
    version: int = strawberry.field(
        description="Rises with every change; pass it as `after` to `storeStatus` to resume."
    )
    url: str = strawberry.field(description="Where a shopper opens it.")
    admin_url: str | None = strawberry.field(description="Where the merchant signs in.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    ready_at: datetime | None = strawberry.field(description="When it last became ready.")
    deleted_at: datetime | None = strawberry.field(description="When it was gone.")
    diagnostics: Diagnostics = strawberry.field(description="Where to find it in the cluster.")
    queue_position: int | None = strawberry.field(
        description="Its place among those that wait, from 1, while QUEUED; owners take turns."
    )

    @strawberry.field(description="The steps of the current piece of work, in order.")
    async def steps(self) -> list[Step]:
        return await self.details.steps()

    @strawberry.field(description="Its pods, oldest first.")
    async def pods(self) -> list[Pod]:
        return await self.details.pods()

    @strawberry.field(description="What happened to it, oldest first, a page at a time.")
    async def events(
        self,
        first: Annotated[int, strawberry.argument(description="How many, from 1 to 500.")] = 100,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> StoreEventConnection:
        return await self.details.events(first=first, after=after)


@strawberry.type(description="A store's state, and what happened since the update before.")
class StoreUpdate:
    version: int = strawberry.field(
        description="You have every event up to this version: pass the last one you had as `after`"
        " to resume. It is below the store's own while there are more events to catch up with than"
        " the 500 that one update holds; the rest follows at once."
    )
    store: Store = strawberry.field(description="The store now.")
    events: list[StoreEvent] = strawberry.field(
        description="What happened since the last update, or since `after`. None is left out or"
        " sent twice. Empty in the first update when no `after` was given."
    )


@strawberry.type(description="How many stores someone has and may have.")
class StoreQuota:
    stores_used: int = strawberry.field(
        description="Stores that count: all that are not `DELETED`, those being removed included."
    )
    stores_limit: int | None = strawberry.field(description="How many there may be; null: any.")
    stores_left: int | None = strawberry.field(
        description="How many more there may be; null: any. The platform's own limit, see"
        " `Platform.storesLimit`, may be reached before."
    )


@strawberry.type(description="Stores that changed, of all that the caller may see.")
class StoresChange:
    cursor: str = strawberry.field(
        description="Opaque; pass the last one you had as `after` to miss nothing in between."
    )
    stores: list[Store] = strawberry.field(
        description="The latest state of each store that changed since the update before; of one"
        " that is gone, once, with the status DELETED. Empty in the first update when no `after`"
        " was given."
    )


@strawberry.type(description="Who is calling.")
class Viewer:
    load_quota: strawberry.Private[Callable[[], Awaitable[StoreQuota]]]
    name: str = strawberry.field(description="The caller's name; it owns what they create.")
    source: str = strawberry.field(
        description="Who vouches for the name: `local`, or an issuer's URL."
    )
    display_name: str = strawberry.field(description="What to call them.")
    role: Role = strawberry.field(description="What they may do.")
    tokens_end_by: datetime | None = strawberry.field(
        description="When a token that they make now ends at the latest; null is never."
    )

    @strawberry.field(description="How many stores they have and may have.")
    async def quota(self) -> StoreQuota:
        return await self.load_quota()


@strawberry.type(description="How many stores are in a status.")
class StatusCount:
    status: StoreStatus = strawberry.field(description="The status.")
    count: int = strawberry.field(description="How many stores are in it.")


@strawberry.type(description="The platform itself.")
class Platform:
    version: str = strawberry.field(description="The version of the platform.")
    problem: str | None = strawberry.field(
        description="What keeps the platform from working on stores just now, or null."
    )
    running_provisions: int = strawberry.field(description="Stores being built now.")
    queued_provisions: int = strawberry.field(description="Stores waiting to be built.")
    max_concurrent_provisions: int = strawberry.field(description="How many are built at a time.")
    stores_by_status: list[StatusCount] = strawberry.field(
        description="How many stores are in each status, everyone's."
    )
    stores_used: int = strawberry.field(
        description="Everyone's stores that count against `storesLimit`: all but the `DELETED`."
    )
    stores_limit: int | None = strawberry.field(
        description="How many stores there may be in all; null: any number."
    )
    shop_url: str = strawberry.field(
        description="The address that a new shop gets; `{name}` stands for the store's name."
    )
