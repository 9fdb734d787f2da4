"""The codes of reasons and refusals: stable, for programs.

Clients act upon them, so a code never gets another meaning. ``schema/codes.py`` describes each.
"""

from enum import StrEnum


class ReasonCode(StrEnum):
    """Why a store failed, is degraded, or cannot be removed yet."""

    # What the readiness rules find to be fatal
    NAMESPACE_TERMINATING = "NAMESPACE_TERMINATING"
    IMAGE_NOT_FOUND = "IMAGE_NOT_FOUND"
    IMAGE_PULL_FAILED = "IMAGE_PULL_FAILED"
    BAD_CONTAINER_CONFIG = "BAD_CONTAINER_CONFIG"
    CONTAINER_CANNOT_RUN = "CONTAINER_CANNOT_RUN"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    CRASH_LOOP = "CRASH_LOOP"
    SETUP_JOB_FAILED = "SETUP_JOB_FAILED"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    ADMISSION_REFUSED = "ADMISSION_REFUSED"
    VOLUME_UNBOUND = "VOLUME_UNBOUND"
    VOLUME_MOUNT_FAILED = "VOLUME_MOUNT_FAILED"
    UNSCHEDULABLE = "UNSCHEDULABLE"
    # What breaks the work on a store off
    ADMISSION_WEBHOOK_FAILED = "ADMISSION_WEBHOOK_FAILED"
    CLUSTER_REFUSED = "CLUSTER_REFUSED"
    HELM_MISSING = "HELM_MISSING"
    HELM_FAILED = "HELM_FAILED"
    HELM_TIMEOUT = "HELM_TIMEOUT"
    CANNOT_BE_CHANGED = "CANNOT_BE_CHANGED"
    ENGINE_MISSING = "ENGINE_MISSING"
    NOT_READY_IN_TIME = "NOT_READY_IN_TIME"
    INTERNAL = "INTERNAL"
    # What becomes of a store that was ready, or of one that is being removed
    NOT_READY = "NOT_READY"
    NAMESPACE_LOST = "NAMESPACE_LOST"
    NAMESPACE_STUCK = "NAMESPACE_STUCK"
    NOT_DELETED_IN_TIME = "NOT_DELETED_IN_TIME"
    # What another version of the platform has written
    OTHER = "OTHER"

    @classmethod
    def _missing_(cls, value: object) -> "ReasonCode":  # noqa: ARG003 - whatever it is
        return cls.OTHER


class RefusalCode(StrEnum):
    """What is wrong with a request."""

    # Who asks
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    # Stores
    NAME_INVALID = "NAME_INVALID"
    NAME_RESERVED = "NAME_RESERVED"
    NAME_TAKEN = "NAME_TAKEN"
    NAME_KEPT = "NAME_KEPT"
    EMAIL_INVALID = "EMAIL_INVALID"
    ENGINE_UNKNOWN = "ENGINE_UNKNOWN"
    ENGINE_UNAVAILABLE = "ENGINE_UNAVAILABLE"
    VERSION_UNKNOWN = "VERSION_UNKNOWN"
    IDEMPOTENCY_KEY_INVALID = "IDEMPOTENCY_KEY_INVALID"
    USER_QUOTA_REACHED = "USER_QUOTA_REACHED"
    PLATFORM_QUOTA_REACHED = "PLATFORM_QUOTA_REACHED"
    NOT_CANCELLABLE = "NOT_CANCELLABLE"
    NOT_RETRYABLE = "NOT_RETRYABLE"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    # Tokens
    OWNER_INVALID = "OWNER_INVALID"
    DESCRIPTION_INVALID = "DESCRIPTION_INVALID"
    EXPIRY_INVALID = "EXPIRY_INVALID"
    TOKEN_LIMIT_REACHED = "TOKEN_LIMIT_REACHED"  # noqa: S105 - a code
    TOKEN_LINE_TOO_LONG = "TOKEN_LINE_TOO_LONG"  # noqa: S105 - a code
    TOKEN_ENDED = "TOKEN_ENDED"  # noqa: S105 - a code
    # Sign-in links
    CODE_UNKNOWN = "CODE_UNKNOWN"
    CODE_USED = "CODE_USED"
    CODE_EXPIRED = "CODE_EXPIRED"
    CODE_REVOKED = "CODE_REVOKED"
    # Lists and streams
    CURSOR_INVALID = "CURSOR_INVALID"
    PAGE_SIZE_INVALID = "PAGE_SIZE_INVALID"
