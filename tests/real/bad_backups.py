"""Spoils backups of a store, each in a way of its own that only a check finds."""

import json
from typing import Any

from tests.e2e.test_recovery import Follower
from tests.real.backups import backed_up, being_checked, counts, ended_check, server_volume

_DUMPS_NOTHING = {
    "medusa": 'pg_dump --format=custom --schema-only --file="$BACKUP/database.dump"'
    " --exclude-table=public.store_platform_restored",
    "woocommerce": 'sed -i "/^INSERT INTO/d" "$dump"',
}
"""What a dump's script does at its end, by engine, so that the tables are saved without a row."""


async def an_empty_backup(store: Follower, engine: str) -> dict[str, Any]:
    """Return a backup whose dump has no rows, though it counted them, and which ended well."""
    (name,) = (
        found
        for found in store.kubectl("get", "configmaps", "--output=name").split()
        if found.endswith("-backup")
    )
    scripts = json.loads(store.kubectl("get", name, "--output=json"))["data"]
    patch = json.dumps({"data": {"dump": f"{scripts['dump']}\n{_DUMPS_NOTHING[engine]}\n"}})
    store.kubectl("patch", name, "--type=merge", f"--patch={patch}")
    backup = await backed_up(store)
    assert counts(backup) == {"orders": 3, "products": 1}
    return backup


def tamper(store: Follower) -> None:
    """Change a byte in the middle of each file of what the store's backups are made of."""
    packs = server_volume(store.service.cluster) / store.store_id.removeprefix("store_") / "data"
    for pack in packs.glob("*/*"):
        content = bytearray(pack.read_bytes())
        content[len(content) // 2] ^= 1
        pack.chmod(0o600)
        pack.write_bytes(content)


def is_found_empty(store: Follower, backup: dict[str, Any]) -> None:
    """The check that is under way tells what there should have been."""
    fault = _fault_of(store, backup)
    expected = (
        "The backup was loaded, but there are 0 of 3 orders, 0 of 1 products. "
        "Have another backup made and checked"
    )
    assert fault.startswith(expected), fault


def is_found_tampered(store: Follower, backup: dict[str, Any]) -> None:
    """A check of it, which is made now, tells that it is damaged."""
    being_checked(store, backup)
    fault = _fault_of(store, backup)
    expected = "The backup could not be loaded. The backup could not be fetched. A part of it is "
    assert fault.startswith(f"{expected}damaged"), fault


def _fault_of(store: Follower, backup: dict[str, Any]) -> str:
    """Return what the check that is under way finds wrong with the backup."""
    found = ended_check(store, backup)
    fault: str = found["check"]["fault"]
    return fault
