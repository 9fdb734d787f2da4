"""Enumerations of the contract. Names are for programs; the descriptions say what they mean."""

from enum import Enum

import strawberry

_value = strawberry.enum_value


@strawberry.enum(description="Where a store is.")
class StoreStatus(Enum):
    QUEUED = _value("QUEUED", description="Waits for its turn; see `queuePosition`.")
    PROVISIONING = _value("PROVISIONING", description="Is being built; see `steps`.")
    READY = _value("READY", description="A shopper can open it.")
    DEGRADED = _value("DEGRADED", description="Was ready, and is not now; see `reason`.")
    FAILED = _value(
        "FAILED",
        description="Could not be built, or, where its target is DELETED, could not be removed yet:"
        " that is tried on. See `reason`.",
    )
    DELETING = _value("DELETING", description="Is being removed.")
    DELETED = _value("DELETED", description="Is gone, except for this record.")


@strawberry.enum(description="Where a store should be.")
class StoreTarget(Enum):
    READY = _value("READY", description="It should be ready, and be kept ready.")
    DELETED = _value("DELETED", description="It should be removed. This is never taken back.")


@strawberry.enum(description="A step of building or removing a store.")
class StepName(Enum):
    NAMESPACE = _value("NAMESPACE", description="Create the store's isolated namespace.")
    CREDENTIALS = _value("CREDENTIALS", description="Generate the store's passwords.")
    HELM_INSTALL = _value("HELM_INSTALL", description="Install the engine's chart.")
    WORKLOADS_READY = _value("WORKLOADS_READY", description="Wait until all pods are ready.")
    SETUP_JOB = _value("SETUP_JOB", description="Wait until the shop is set up.")
    REACHABLE = _value("REACHABLE", description="Wait until the shop's address answers.")
    HELM_UNINSTALL = _value("HELM_UNINSTALL", description="Uninstall the chart.")
    NAMESPACE_GONE = _value(
        "NAMESPACE_GONE", description="Remove the namespace, and wait until it is gone."
    )


@strawberry.enum(description="How far a step is.")
class StepStatus(Enum):
    PENDING = _value("PENDING", description="Has not begun.")
    RUNNING = _value("RUNNING", description="Is under way.")
    SUCCEEDED = _value("SUCCEEDED", description="Ended well.")
    FAILED = _value("FAILED", description="Ended badly; see `message` and `output`.")
    SKIPPED = _value("SKIPPED", description="Was not needed, or was interrupted.")


@strawberry.enum(description="What a container does.")
class ContainerState(Enum):
    WAITING = _value("WAITING", description="Has not started yet, or is about to start again.")
    RUNNING = _value("RUNNING", description="Is running.")
    TERMINATED = _value("TERMINATED", description="Has ended; see `exitCode`.")


@strawberry.enum(description="Where in its life a pod is, as Kubernetes tells it.")
class PodPhase(Enum):
    PENDING = _value("PENDING", description="Not all of its containers have been started.")
    RUNNING = _value("RUNNING", description="It is on a node, and a container of it has started.")
    SUCCEEDED = _value("SUCCEEDED", description="All its containers ended well, for good.")
    FAILED = _value("FAILED", description="All its containers ended, and one of them badly.")
    UNKNOWN = _value("UNKNOWN", description="Its node does not say.")


@strawberry.enum(description="What an event is about.")
class EventKind(Enum):
    STATUS = _value("STATUS", description="The store's status or target changed.")
    STEP = _value("STEP", description="A step began, went on, or ended.")
    POD = _value("POD", description="A pod appeared, changed, or went away.")
    REPAIR = _value(
        "REPAIR",
        description="Something of the store was changed or removed from outside, and was put back"
        " (`status` is `REPAIRED`) or could not be (`NOT_REPAIRED`).",
    )


@strawberry.enum(description="What a caller may do.")
class Role(Enum):
    VIEWER = _value("VIEWER", description="See their own stores.")
    OPERATOR = _value("OPERATOR", description="Also create and delete stores of their own.")
    ADMIN = _value("ADMIN", description="Everything, with everyone's stores.")


@strawberry.enum(description="What a list of stores is ordered by.")
class StoreOrderField(Enum):
    CREATED_AT = _value("CREATED_AT", description="When the store was asked for.")
    NAME = _value("NAME", description="The store's name.")


@strawberry.enum(description="Which end of an order comes first.")
class OrderDirection(Enum):
    ASC = _value("ASC", description="Smallest, or oldest, first.")
    DESC = _value("DESC", description="Largest, or newest, first.")
