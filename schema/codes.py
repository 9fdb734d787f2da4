"""Defines the codes for programs: reasons of a store's status, and errors in a request."""

from enum import Enum

import strawberry

_value = strawberry.enum_value


@strawberry.enum(
    description="Why a store failed, is degraded, or cannot be removed yet, or an operation failed."
)
class ReasonCode(Enum):
    # The domain has the same codes under the same names, and the resolvers map them by name. They
    # are written here again, because the contract does not import the domain.
    NAMESPACE_TERMINATING = _value(
        "NAMESPACE_TERMINATING", description="Its namespace is being deleted."
    )
    IMAGE_NOT_FOUND = _value("IMAGE_NOT_FOUND", description="An image does not exist.")
    IMAGE_PULL_FAILED = _value("IMAGE_PULL_FAILED", description="An image cannot be pulled.")
    BAD_CONTAINER_CONFIG = _value(
        "BAD_CONTAINER_CONFIG",
        description="A container cannot be created, due to its configuration or to the runtime.",
    )
    CONTAINER_CANNOT_RUN = _value(
        "CONTAINER_CANNOT_RUN", description="A container's command cannot be started."
    )
    OUT_OF_MEMORY = _value(
        "OUT_OF_MEMORY", description="A container was killed at its memory limit."
    )
    CRASH_LOOP = _value("CRASH_LOOP", description="A container starts and ends again and again.")
    SETUP_JOB_FAILED = _value(
        "SETUP_JOB_FAILED", description="The job that sets the shop up failed."
    )
    QUOTA_EXCEEDED = _value(
        "QUOTA_EXCEEDED", description="Its pods do not fit into the namespace's resource quota."
    )
    ADMISSION_REFUSED = _value(
        "ADMISSION_REFUSED", description="The cluster's admission control refuses its pods."
    )
    VOLUME_UNBOUND = _value(
        "VOLUME_UNBOUND", description="A volume claim is not bound to a volume."
    )
    VOLUME_MOUNT_FAILED = _value(
        "VOLUME_MOUNT_FAILED", description="A volume cannot be attached or mounted."
    )
    UNSCHEDULABLE = _value("UNSCHEDULABLE", description="One of its pods fits on no node.")
    ADMISSION_WEBHOOK_FAILED = _value(
        "ADMISSION_WEBHOOK_FAILED",
        description="One of the cluster's admission webhooks does not answer.",
    )
    CLUSTER_REFUSED = _value(
        "CLUSTER_REFUSED", description="The cluster refused a request of the platform."
    )
    HELM_MISSING = _value("HELM_MISSING", description="The program helm is not installed.")
    HELM_FAILED = _value("HELM_FAILED", description="helm ended with an error.")
    HELM_TIMEOUT = _value("HELM_TIMEOUT", description="helm took longer than its time limit.")
    CANNOT_BE_CHANGED = _value(
        "CANNOT_BE_CHANGED",
        description="An object that holds the shop's data cannot be changed as its chart asks for.",
    )
    ENGINE_MISSING = _value(
        "ENGINE_MISSING", description="Its engine, or that version of it, is not offered any more."
    )
    NOT_READY_IN_TIME = _value(
        "NOT_READY_IN_TIME", description="It did not become ready within the time limit."
    )
    INTERNAL = _value("INTERNAL", description="An error in the platform. See its log.")
    NOT_READY = _value(
        "NOT_READY", description="It was ready, but some of its pods are not ready now."
    )
    NAMESPACE_LOST = _value(
        "NAMESPACE_LOST",
        description="Somebody deleted its namespace from outside the platform, with all data.",
    )
    NAMESPACE_STUCK = _value(
        "NAMESPACE_STUCK",
        description="Something in its namespace prevents the namespace's deletion.",
    )
    NOT_DELETED_IN_TIME = _value(
        "NOT_DELETED_IN_TIME", description="It was not removed within the time limit."
    )
    NOT_CLOSED_IN_TIME = _value(
        "NOT_CLOSED_IN_TIME",
        description="A shop that was to be closed still had pods when the time limit was over.",
    )
    BACKUP_FAILED = _value("BACKUP_FAILED", description="The job that makes a backup failed.")
    BACKUP_INCOMPLETE = _value(
        "BACKUP_INCOMPLETE", description="A backup does not hold all that it should."
    )
    BACKUP_NOT_SET_UP = _value(
        "BACKUP_NOT_SET_UP",
        description="The platform or the shop is not set up for backups.",
    )
    BACKUP_TIMEOUT = _value(
        "BACKUP_TIMEOUT", description="A backup was not made within the time limit."
    )
    RESTORE_FAILED = _value(
        "RESTORE_FAILED", description="The backup that the store is made from cannot be loaded."
    )
    RESTORE_INCOMPLETE = _value(
        "RESTORE_INCOMPLETE", description="Something of the backup did not arrive in the new shop."
    )
    PASSWORD_NOT_SET = _value(
        "PASSWORD_NOT_SET", description="The shop's administrator did not get the new password."
    )
    # The database may hold a code that a newer version of the platform has written.
    OTHER = _value(
        "OTHER",
        description="A code that only another version of the platform knows. See `message`.",
    )


@strawberry.enum(description="What is wrong with a request.")
class UserErrorCode(Enum):
    FORBIDDEN = _value("FORBIDDEN", description="You may not do that.")
    NOT_FOUND = _value("NOT_FOUND", description="There is no such object, or you may not see it.")
    NAME_INVALID = _value(
        "NAME_INVALID", description="The name does not follow the rules for names."
    )
    NAME_RESERVED = _value(
        "NAME_RESERVED", description="The platform reserves the name for itself."
    )
    NAME_TAKEN = _value("NAME_TAKEN", description="Another store has the name.")
    NAME_KEPT = _value(
        "NAME_KEPT", description="The name is reserved for the owner of a deleted store."
    )
    EMAIL_INVALID = _value("EMAIL_INVALID", description="The text is no e-mail address.")
    ENGINE_UNKNOWN = _value("ENGINE_UNKNOWN", description="There is no such engine.")
    ENGINE_UNAVAILABLE = _value(
        "ENGINE_UNAVAILABLE", description="No new store can have the engine for now."
    )
    VERSION_UNKNOWN = _value("VERSION_UNKNOWN", description="The engine has no such version.")
    PLAN_UNKNOWN = _value("PLAN_UNKNOWN", description="The engine has no such plan.")
    PLAN_TOO_SMALL = _value(
        "PLAN_TOO_SMALL", description="The plan has less room for data than the shop has already."
    )
    PLAN_NOT_CHANGEABLE = _value(
        "PLAN_NOT_CHANGEABLE", description="The store's shop cannot get that plan, or not now."
    )
    VOLUMES_CANNOT_GROW = _value(
        "VOLUMES_CANNOT_GROW",
        description="The plan has larger volumes, and the storage of the cluster cannot make the"
        " shop's larger where they are.",
    )
    IDEMPOTENCY_KEY_INVALID = _value(
        "IDEMPOTENCY_KEY_INVALID", description="The idempotency key is empty or too long."
    )
    USER_QUOTA_REACHED = _value(
        "USER_QUOTA_REACHED", description="You have as many stores as you may have."
    )
    PLATFORM_QUOTA_REACHED = _value(
        "PLATFORM_QUOTA_REACHED", description="The platform has as many stores as it may have."
    )
    NOT_CANCELLABLE = _value(
        "NOT_CANCELLABLE",
        description="The store is neither queued nor being created, or was open before.",
    )
    NOT_RETRYABLE = _value("NOT_RETRYABLE", description="The store has not failed.")
    OPERATION_UNDER_WAY = _value(
        "OPERATION_UNDER_WAY",
        description="Another operation on the store is under way, and only one can be.",
    )
    NOT_AVAILABLE = _value("NOT_AVAILABLE", description="There is no password to show.")
    NOT_READY = _value(
        "NOT_READY", description="The store is not ready, and this needs a shop that runs."
    )
    BACKUPS_NOT_SET_UP = _value(
        "BACKUPS_NOT_SET_UP", description="The platform is not set up to keep backups."
    )
    BACKUP_UNKNOWN = _value(
        "BACKUP_UNKNOWN", description="There is no such backup, or you may not see it."
    )
    ENGINE_MISMATCH = _value(
        "ENGINE_MISMATCH", description="The backup is of another engine or version."
    )
    TOO_MANY_PINNED = _value(
        "TOO_MANY_PINNED", description="The store has as many pinned backups as it may."
    )
    CHECK_UNDER_WAY = _value(
        "CHECK_UNDER_WAY", description="A backup of the store is being checked at the moment."
    )
    LOSS_NOT_ACCEPTED = _value(
        "LOSS_NOT_ACCEPTED",
        description="The caller has not said that what would be lost may be lost.",
    )
    NOT_SUSPENDABLE = _value(
        "NOT_SUSPENDABLE",
        description="The store is not READY or DEGRADED, so it has no shop to stop.",
    )
    NOT_SUSPENDED = _value("NOT_SUSPENDED", description="The store is not suspended.")
    NOT_UPGRADABLE = _value(
        "NOT_UPGRADABLE", description="The store's shop cannot get that version, or not now."
    )
    NO_WAY_BACK = _value(
        "NO_WAY_BACK",
        description="There is no backup of the shop from before it got its present version.",
    )
    TITLE_INVALID = _value(
        "TITLE_INVALID", description="The text is not allowed as a store's title."
    )
    NOT_RENAMABLE = _value("NOT_RENAMABLE", description="The store is deleted, or being deleted.")
    NOT_TRANSFERABLE = _value(
        "NOT_TRANSFERABLE", description="The store cannot be given to anybody, or not now."
    )
    OFFER_OPEN = _value(
        "OFFER_OPEN", description="The store is offered to somebody already; withdraw that first."
    )
    NO_OFFER = _value("NO_OFFER", description="The store is not offered to anybody.")
    ROLLOUT_INVALID = _value(
        "ROLLOUT_INVALID", description="A rollout cannot be done on these terms."
    )
    NOTHING_TO_UPGRADE = _value(
        "NOTHING_TO_UPGRADE", description="None of these stores' shops can get that version."
    )
    ROLLOUT_NOT_RUNNING = _value(
        "ROLLOUT_NOT_RUNNING", description="The rollout is stopped or finished already."
    )
    ROLLOUT_NOT_STOPPED = _value(
        "ROLLOUT_NOT_STOPPED", description="The rollout is running still, or finished."
    )
    OWNER_INVALID = _value(
        "OWNER_INVALID", description="The text is not allowed as an owner's name."
    )
    DESCRIPTION_INVALID = _value(
        "DESCRIPTION_INVALID",
        description="The description is too long, or has characters that cannot be printed.",
    )
    EXPIRY_INVALID = _value(
        "EXPIRY_INVALID", description="The token's lifetime is too long or too short."
    )
    TOKEN_LIMIT_REACHED = _value(
        "TOKEN_LIMIT_REACHED", description="The owner has as many tokens as they may have."
    )
    TOKEN_LINE_TOO_LONG = _value(
        "TOKEN_LINE_TOO_LONG",
        description="The line of tokens, each made with the one before, is too long.",
    )
    TOKEN_ENDED = _value("TOKEN_ENDED", description="The token you sign in with has just ended.")
    CODE_UNKNOWN = _value("CODE_UNKNOWN", description="There is no such sign-in code.")
    CODE_USED = _value("CODE_USED", description="The sign-in code has already been used.")
    CODE_EXPIRED = _value("CODE_EXPIRED", description="The sign-in code has expired.")
    CODE_REVOKED = _value(
        "CODE_REVOKED", description="The token that the sign-in code was made for has ended."
    )
