"""Defines what the tools return, and reads it from the API's answers.

They are pydantic models rather than dataclasses: the protocol's library publishes their schema,
with the description of each field, to the assistant.
"""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_snake

from app.storectl.printable import printable


class Record(BaseModel):
    """The base of all results."""

    model_config = ConfigDict(frozen=True)


R = TypeVar("R", bound=Record)


class Reason(Record):
    code: Annotated[str, Field(description="What is wrong, as a code.")]
    message: Annotated[str, Field(description="What is wrong and what to do, for people.")]


class Step(Record):
    name: str
    status: Annotated[str, Field(description="PENDING, RUNNING, SUCCEEDED, FAILED or SKIPPED.")]
    message: str | None
    started_at: str | None
    finished_at: str | None


class StepWithOutput(Step):
    output: Annotated[str | None, Field(description="Last lines of helm or of a container.")]


class Operation(Record):
    number: int
    kind: Annotated[
        str,
        Field(
            description="CREATE, RETRY, DELETE, BACKUP, RESTORE, SUSPEND, RESUME, RESTART, PLAN,"
            " UPGRADE or RESET_PASSWORD."
        ),
    ]
    status: Annotated[str, Field(description="QUEUED, RUNNING, SUCCEEDED, FAILED or CANCELLED.")]
    asked_by_name: Annotated[str | None, Field(description="Null if the platform itself began it.")]
    reason: Annotated[Reason | None, Field(description="Why it FAILED, or what holds it up.")]


class Pod(Record):
    name: str
    component: str | None
    status: str
    is_ready: bool
    restarts: int
    message: str | None


class Store(Record):
    id: Annotated[str, Field(description="Its id, which a deleted store keeps.")]
    name: str
    status: Annotated[
        str,
        Field(
            description="QUEUED, PROVISIONING, UPDATING (it gets another version, and is closed"
            " meanwhile), READY, DEGRADED, FAILED, SUSPENDED (paused, with all that is in it kept),"
            " DELETING or DELETED.",
        ),
    ]
    target: Annotated[str, Field(description="The status it should reach: READY or DELETED.")]
    reason: Annotated[Reason | None, Field(description="Why it is FAILED or DEGRADED.")]
    engine: str
    engine_version: str
    next_version: Annotated[
        str | None, Field(description="The version that it is about to get, if it is upgraded.")
    ]
    is_copy: Annotated[
        bool,
        Field(
            description="Whether it is a copy of another store, to try things in: it sends no mail,"
            " takes no payments and calls nobody outside.",
        ),
    ]
    owner_name: str
    url: Annotated[str, Field(description="The shop's address, for shoppers.")]
    admin_url: Annotated[str | None, Field(description="Where the merchant signs in.")]
    queue_position: int | None
    created_at: str
    ready_at: str | None
    suspended_at: Annotated[str | None, Field(description="Since when it is paused, if it is.")]
    deleted_at: str | None


class EngineVersion(Record):
    name: str
    is_default: bool
    what_is_new: Annotated[
        str | None, Field(description="What an upgrade to it brings, for merchants.")
    ]


class Plan(Record):
    name: Annotated[str, Field(description="What create_store takes as plan.")]
    description: Annotated[
        str | None, Field(description="What it means for a shop, for merchants.")
    ]
    is_default: bool
    price: Annotated[
        str | None, Field(description="What it costs, in the words of the platform's operator.")
    ]


class WayBack(Record):
    number: Annotated[int, Field(description="The number of the backup.")]
    made_at: Annotated[str, Field(description="What came after it, roll_back_store loses.")]
    engine_version: str


class StoreDetails(Store):
    is_settled: Annotated[
        bool, Field(description="False while the platform works on it: get_store can wait.")
    ]
    operation: Annotated[
        Operation | None, Field(description="What is done with the store now, or was done last.")
    ]
    steps: Annotated[list[Step], Field(description="The steps of that operation.")]
    pods: list[Pod]
    plan: Annotated[Plan | None, Field(description="How much it has of the cluster.")]
    upgrades: Annotated[
        list[EngineVersion], Field(description="The versions that upgrade_store can give it.")
    ]
    way_back: Annotated[
        WayBack | None,
        Field(description="It as it was before it got its version, for roll_back_store."),
    ]


class StoreList(Record):
    total: Annotated[int, Field(description="How many stores match, also beyond this list.")]
    stores: list[Store]


class Event(Record):
    version: int
    kind: Annotated[str, Field(description="STATUS, STEP, POD, REPAIR, TASK or CHECK.")]
    subject: str
    status: str
    message: str | None
    occurred_at: str


class Logs(Record):
    name: str
    status: str
    reason: Reason | None
    steps: list[StepWithOutput]
    events: Annotated[list[Event], Field(description="The latest events, oldest first.")]
    earlier_events: Annotated[int, Field(description="How many came before those listed.")]


class BackupCount(Record):
    name: Annotated[str, Field(description="What was counted, such as orders.")]
    number: int


class BackupCheck(Record):
    is_under_way: bool
    ended_at: str | None
    fault: Annotated[str | None, Field(description="Why no shop could be made of it.")]


class Backup(Record):
    number: Annotated[int, Field(description="The number of the operation that made it.")]
    made_at: str
    size_in_bytes: float
    added_in_bytes: Annotated[float, Field(description="How much of it was new.")]
    engine: str
    engine_version: str
    counts: list[BackupCount]
    lost_by_restore: Annotated[
        list[BackupCount],
        Field(description="How many more the newest backup has, which restore_in_place loses."),
    ]
    check: Annotated[
        BackupCheck,
        Field(description="Whether a shop could be made of it, when that was last tried."),
    ]
    is_pinned: Annotated[bool, Field(description="Whether it is kept until it is unpinned.")]
    kept_until: Annotated[
        str | None,
        Field(description="When it is removed at the latest. Null if no time is set for it."),
    ]


class BackupList(Record):
    name: Annotated[str, Field(description="The store's name.")]
    backups: Annotated[list[Backup], Field(description="The newest backups, newest first.")]


class Engine(Record):
    name: Annotated[str, Field(description="What create_store takes as engine.")]
    display_name: str
    description: str
    is_available: bool
    unavailable_reason: str | None
    versions: list[EngineVersion]
    plans: Annotated[list[Plan], Field(description="Empty if all its stores have the same.")]


class EngineList(Record):
    engines: list[Engine]


class Quota(Record):
    stores_used: int
    stores_limit: Annotated[int | None, Field(description="Null if there is no limit.")]
    stores_left: int | None


class Viewer(Record):
    url: Annotated[str, Field(description="The platform's address.")]
    name: str
    role: Annotated[str, Field(description="VIEWER, OPERATOR or ADMIN.")]
    quota: Quota


def read(kind: type[R], answer: dict[str, Any], **more: Any) -> R:
    """Return an answer of the API as a record, with ``more`` fields that the API does not have.

    Invisible characters are escaped: text that people do not see could give the assistant orders.
    """
    return kind.model_validate(_readable(answer | more))


def read_store(store: dict[str, Any], *, is_settled: bool) -> StoreDetails:
    """Return a store with its latest operation, its steps and pods."""
    return read(StoreDetails, store, isSettled=is_settled)


def _readable(value: Any) -> Any:
    if isinstance(value, dict):
        return {to_snake(key): _readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    return printable(value) if isinstance(value, str) else value
