"""Stores for tests, as they are when they were just asked for."""

from datetime import UTC, datetime

from provisioner.models import Store
from provisioner.names import new_store_id
from provisioner.repository import new_store


def a_store(
    *, name: str | None = None, owner: str = "merchant", now: datetime | None = None
) -> Store:
    """Return a store that is not recorded yet; unless named, its name is its own."""
    store_id = new_store_id()
    release = f"tiny-{store_id[:12]}"
    return new_store(
        store_id=store_id, name=name or f"s-{store_id[:12]}", owner=owner, engine="tiny",
        engine_version="1", release=release, host="h", url="http://h",
        now=now or datetime.now(UTC),
    )  # fmt: skip
