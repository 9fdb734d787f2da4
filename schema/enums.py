"""Defines the enumerations of the contract: names for programs, descriptions for people."""

from enum import Enum

import strawberry

_value = strawberry.enum_value


@strawberry.enum(description="The status of a store.")
class StoreStatus(Enum):
    QUEUED = _value("QUEUED", description="The store waits for its turn. See `queuePosition`.")
    PROVISIONING = _value("PROVISIONING", description="The store is being created. See `steps`.")
    UPDATING = _value(
        "UPDATING",
        description="The shop gets another version of its engine, and visitors are told that it is"
        " closed. See `nextVersion` and `steps`.",
    )
    READY = _value("READY", description="The shop is ready: shoppers can open it.")
    DEGRADED = _value(
        "DEGRADED", description="The store was ready, but is not ready now. See `reason`."
    )
    FAILED = _value(
        "FAILED",
        description="The store could not be created. If its target is DELETED, it could not be"
        " removed yet, and the platform keeps trying. See `reason`.",
    )
    SUSPENDED = _value(
        "SUSPENDED",
        description="The shop is paused: nothing of it runs, visitors are told so, and its data,"
        " address and backups are kept. See `resumeStore`.",
    )
    DELETING = _value("DELETING", description="The store is being removed.")
    DELETED = _value("DELETED", description="The store is removed. Only this record remains.")


@strawberry.enum(description="The status that a store should reach.")
class StoreTarget(Enum):
    READY = _value("READY", description="The store should become ready and stay ready.")
    DELETED = _value("DELETED", description="The store should be removed. This cannot be undone.")


@strawberry.enum(description="What an operation does with its store.")
class OperationKind(Enum):
    CREATE = _value("CREATE", description="Creates the store.")
    RETRY = _value("RETRY", description="Tries again to bring a failed store to READY.")
    DELETE = _value("DELETE", description="Removes the store and everything in it.")
    BACKUP = _value("BACKUP", description="Makes a backup of the shop, which serves on meanwhile.")
    RESTORE = _value(
        "RESTORE",
        description="Puts a backup in the place of the shop. If that cannot be done, another one"
        " follows, which brings the shop back as it was.",
    )
    SUSPEND = _value("SUSPEND", description="Pauses the shop: stops it, and keeps its data.")
    RESUME = _value("RESUME", description="Starts and opens a shop that is paused.")
    RESTART = _value("RESTART", description="Starts every pod of the shop anew; its data stays.")
    PLAN = _value("PLAN", description="Gives the shop another plan.")
    UPGRADE = _value(
        "UPGRADE",
        description="Gives the shop another version of its engine. If that cannot be done, a"
        " RESTORE follows, which brings the shop back as it was.",
    )
    RESET_PASSWORD = _value(
        "RESET_PASSWORD", description="Gives the shop's administrator a new password."
    )


@strawberry.enum(description="Where an operation is.")
class OperationStatus(Enum):
    QUEUED = _value("QUEUED", description="It waits for its turn.")
    RUNNING = _value("RUNNING", description="It is being done. See `steps`.")
    SUCCEEDED = _value("SUCCEEDED", description="It did what it was to do.")
    FAILED = _value("FAILED", description="It could not be done. See `reason`.")
    CANCELLED = _value(
        "CANCELLED", description="It was stopped, because another operation took its place."
    )


@strawberry.enum(description="A step of an operation.")
class StepName(Enum):
    NAMESPACE = _value("NAMESPACE", description="Create the store's isolated namespace.")
    CREDENTIALS = _value("CREDENTIALS", description="Generate the store's passwords.")
    HELM_INSTALL = _value("HELM_INSTALL", description="Install the Helm chart of the engine.")
    WORKLOADS_READY = _value("WORKLOADS_READY", description="Wait until all pods are ready.")
    SETUP_JOB = _value("SETUP_JOB", description="Wait until the shop is set up.")
    REACHABLE = _value("REACHABLE", description="Wait until the shop's address answers.")
    HELM_UNINSTALL = _value("HELM_UNINSTALL", description="Uninstall the Helm chart.")
    NAMESPACE_GONE = _value(
        "NAMESPACE_GONE", description="Remove the namespace, and wait until it is gone."
    )
    RESTORE = _value(
        "RESTORE", description="Load the backup that the store is made from, if there is one."
    )
    REPOSITORY = _value(
        "REPOSITORY", description="Give the store its account where backups are kept."
    )
    SAVE = _value("SAVE", description="Dump the database, and save it with the shop's files.")
    CHECK = _value("CHECK", description="See whether everything is in the backup.")
    CLOSE = _value("CLOSE", description="Close the shop, so that nothing changes its data.")
    REMOVE = _value("REMOVE", description="Remove the shop as it was, with its volumes.")
    STOP = _value("STOP", description="Stop the shop's pods, and what it does by the clock.")
    OPEN = _value("OPEN", description="Open the shop to visitors again.")
    EXPAND = _value(
        "EXPAND", description="Make the shop's volumes larger, where its plan has larger ones."
    )
    RESTART = _value("RESTART", description="Replace the shop's pods, one part after the other.")
    PREFLIGHT = _value(
        "PREFLIGHT", description="See whether the version can be had, while the shop is open."
    )
    PROBE = _value(
        "PROBE", description="See whether a shopper could buy, while the shop is still closed."
    )
    PASSWORD = _value("PASSWORD", description="Set the administrator's password in the shop.")


@strawberry.enum(description="The status of a step.")
class StepStatus(Enum):
    PENDING = _value("PENDING", description="The step has not begun.")
    RUNNING = _value("RUNNING", description="The step is in progress.")
    SUCCEEDED = _value("SUCCEEDED", description="The step has succeeded.")
    FAILED = _value("FAILED", description="The step has failed. See `message` and `output`.")
    SKIPPED = _value("SKIPPED", description="The step was not needed, or was interrupted.")


@strawberry.enum(description="The state of a container.")
class ContainerState(Enum):
    WAITING = _value(
        "WAITING", description="The container has not started yet, or waits to start again."
    )
    RUNNING = _value("RUNNING", description="The container is running.")
    TERMINATED = _value("TERMINATED", description="The container has ended. See `exitCode`.")


@strawberry.enum(description="The phase of a pod, as Kubernetes reports it.")
class PodPhase(Enum):
    PENDING = _value("PENDING", description="Not all of its containers have started yet.")
    RUNNING = _value(
        "RUNNING", description="The pod is on a node, and at least one container has started."
    )
    SUCCEEDED = _value(
        "SUCCEEDED", description="All containers have ended successfully and will not start again."
    )
    FAILED = _value(
        "FAILED", description="All containers have ended, and at least one of them failed."
    )
    UNKNOWN = _value(
        "UNKNOWN", description="The phase is not known, because the pod's node does not report it."
    )


@strawberry.enum(description="What an event is about.")
class EventKind(Enum):
    STATUS = _value("STATUS", description="The store's status or target changed.")
    STEP = _value("STEP", description="A step began, made progress, or ended.")
    POD = _value("POD", description="A pod appeared, changed, or disappeared.")
    REPAIR = _value(
        "REPAIR",
        description="An object of the store was changed or removed from outside the platform. It"
        " was restored (`status` is `REPAIRED`), or could not be restored (`NOT_REPAIRED`).",
    )
    TASK = _value(
        "TASK",
        description="An operation that leaves the store's status as it is, such as a backup, began"
        " or ended: `subject` is its kind, and `status` its status.",
    )
    CHECK = _value(
        "CHECK",
        description="A shop is made of a backup to see whether that can be done (`status` is"
        " `RUNNING`), or that is over (`SUCCEEDED`, `FAILED` or `CANCELLED`): `subject` is the"
        " backup's number.",
    )
    TRANSFER = _value(
        "TRANSFER",
        description="The store was offered to another owner (`status` is `OFFERED`), or that is"
        " over: `ACCEPTED`, `DECLINED`, `WITHDRAWN` or `EXPIRED`.",
    )
    RENAME = _value("RENAME", description="The store got another title.")


@strawberry.enum(description="What a caller may do.")
class Role(Enum):
    VIEWER = _value("VIEWER", description="Can see their own stores.")
    OPERATOR = _value("OPERATOR", description="Can also create and delete their own stores.")
    ADMIN = _value("ADMIN", description="Can do everything, with everyone's stores.")


@strawberry.enum(description="The field by which a list of stores is ordered.")
class StoreOrderField(Enum):
    CREATED_AT = _value("CREATED_AT", description="When the creation of the store was requested.")
    NAME = _value("NAME", description="The store's name.")


@strawberry.enum(description="The direction of an order.")
class OrderDirection(Enum):
    ASC = _value("ASC", description="Smallest or oldest first.")
    DESC = _value("DESC", description="Largest or newest first.")
