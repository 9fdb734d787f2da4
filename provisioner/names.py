"""Rules for store names, and the cluster names that derive from a store's id. Pure."""

import re
import uuid

from provisioner.errors import Refusal

MIN_LENGTH, MAX_LENGTH = 3, 40
"""In characters: a label of a host name (RFC 1123) that leaves room for prefixes."""

RESERVED_NAMES = frozenset(
    {
        "admin", "api", "app", "assets", "auth", "console", "dashboard", "default", "ftp",
        "graphql", "help", "kube-node-lease", "kube-public", "kube-system", "localhost", "mail",
        "platform", "root", "smtp", "static", "status", "store", "stores", "support", "system",
        "www",
    }
)  # fmt: skip
"""Names that would shadow a host of the platform itself, or mislead a shopper."""

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def refuse_name(name: str) -> Refusal | None:
    """Return why ``name`` cannot be a store's name, or None when it can."""
    if not MIN_LENGTH <= len(name) <= MAX_LENGTH:
        return Refusal(
            "NAME_INVALID",
            f"The name has {len(name)} characters; use {MIN_LENGTH} to {MAX_LENGTH}.",
            "name",
        )
    if not _LABEL.fullmatch(name):
        return Refusal(
            "NAME_INVALID",
            "The name becomes part of the shop's address: use lower-case letters a-z, digits and"
            " hyphens, and begin and end with a letter or digit.",
            "name",
        )
    if name in RESERVED_NAMES:
        return Refusal("NAME_RESERVED", f"The name {name!r} is reserved; choose another.", "name")
    return None


def new_store_id() -> str:
    """Return a new store id: a random UUID's 32 hexadecimal digits, never used before."""
    return uuid.uuid4().hex


def is_store_id(text: str) -> bool:
    """Whether ``text`` has the form of a store id."""
    return re.fullmatch(r"[0-9a-f]{32}", text) is not None


def release_for(prefix: str, store_id: str) -> str:
    """Return the Helm release and namespace name of a store.

    It derives from the id and not from the store's name, so that a store never meets the volume or
    the password of an earlier one. 12 digits keep the names of its pods below 63 characters; the
    database refuses the (one in 2^48) collision.
    """
    return f"{prefix}-{store_id[:12]}"
