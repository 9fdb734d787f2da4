"""Stores for tests, as they are when they were just asked for, and their pods."""

from datetime import UTC, datetime

from provisioner.domain.cluster import Pod, PodPhase
from provisioner.domain.names import new_store_id
from provisioner.domain.owners import Owner, local
from provisioner.domain.stores import Store, new_store


def a_store(
    *, name: str | None = None, owner: str | Owner = "merchant", now: datetime | None = None
) -> Store:
    """Return a store that is not recorded yet; unless named, its name is its own."""
    store_id = new_store_id()
    release = f"tiny-{store_id[:12]}"
    return new_store(
        store_id=store_id, name=name or f"s-{store_id[:12]}", engine="tiny",
        owner=local(owner) if isinstance(owner, str) else owner,
        engine_version="1", release=release, host="h", url="http://h",
        now=now or datetime.now(UTC),
    )  # fmt: skip


def a_pod(uid: str, *, is_ready: bool = False, name: str = "web-0", message: str = "") -> Pod:
    return Pod(
        name=name, uid=uid, component="web", phase=PodPhase.RUNNING, is_ready=is_ready,
        message=message, created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
