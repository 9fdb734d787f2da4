"""What a caller asks for when they create a store."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackupChoice:
    """A backup that a caller names: the id of its store, and the number of its operation."""

    store_id: str
    number: int


@dataclass(frozen=True, slots=True)
class WantedStore:
    """A store that a caller wants, unchecked.

    ``engine`` may be left out where ``from_backup`` says what the store is made from, and
    ``version`` for the default or the backup's; ``plan`` likewise, for that of the shop in the
    backup. ``as_copy`` asks for a copy to try things in.
    ``contact_email`` is where the shop reaches its
    merchant; by default that of the shop in the backup, or the caller's own address, if the issuer
    has told it.
    """

    name: str
    engine: str | None = None
    version: str | None = None
    plan: str | None = None
    contact_email: str | None = None
    from_backup: BackupChoice | None = None
    as_copy: bool = False
    idempotency_key: str | None = None
