"""Converts the domain's ids to the contract's, whose prefix says what kind of object has them.

The other way, text that is no id of that kind becomes one that no object has. So a wrong id is
simply not found, and callers need no error of their own for it.
"""

import re

import strawberry

STORE, TOKEN, AUDIT, OPERATION = "store_", "token_", "audit_", "operation_"
BACKUP, ROLLOUT = "backup_", "rollout_"

_NUMBERED = re.compile(r"[a-z]+_(?P<store_id>[0-9a-z-]+)_(?P<number>[0-9]{1,9})")


def to_global_id(store_id: str) -> strawberry.ID:
    """Return the contract's id of a store."""
    return strawberry.ID(STORE + store_id)


def from_global_id(global_id: str) -> str:
    """Return the domain's id of a store; it is empty for other text."""
    return global_id[len(STORE) :] if global_id.startswith(STORE) else ""


def to_token_id(token_id: str) -> strawberry.ID:
    """Return the contract's id of a token."""
    return strawberry.ID(TOKEN + token_id)


def from_token_id(global_id: str) -> str:
    """Return the domain's id of a token."""
    return global_id.removeprefix(TOKEN)


def to_operation_id(store_id: str, number: int) -> strawberry.ID:
    """Return the contract's id of a store's operation."""
    return strawberry.ID(f"{OPERATION}{store_id}_{number}")


def from_operation_id(global_id: str) -> tuple[str, int]:
    """Return the store's id and the operation's number; they are empty and 0 for other text."""
    return _numbered(global_id, OPERATION)


def to_backup_id(store_id: str, number: int) -> strawberry.ID:
    """Return the contract's id of the backup that a store's operation made."""
    return strawberry.ID(f"{BACKUP}{store_id}_{number}")


def from_backup_id(global_id: str) -> tuple[str, int]:
    """Return the store's id and the operation's number; they are empty and 0 for other text."""
    return _numbered(global_id, BACKUP)


def to_rollout_id(rollout_id: str) -> strawberry.ID:
    """Return the contract's id of a rollout."""
    return strawberry.ID(ROLLOUT + rollout_id)


def from_rollout_id(global_id: str) -> str:
    """Return the domain's id of a rollout; it is empty for other text."""
    return global_id[len(ROLLOUT) :] if global_id.startswith(ROLLOUT) else ""


def _numbered(global_id: str, kind: str) -> tuple[str, int]:
    found = _NUMBERED.fullmatch(global_id) if global_id.startswith(kind) else None
    return (found["store_id"], int(found["number"])) if found else ("", 0)
