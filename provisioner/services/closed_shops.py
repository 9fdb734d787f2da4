"""What visitors of a closed shop may know of it: its title, and why it is closed."""

from dataclasses import dataclass
from enum import StrEnum

from provisioner.domain.names import host_of, refuse_name
from provisioner.domain.stores import Store, StoreStatus, StoreTarget, StoreTask
from provisioner.domain.transitions import Action, decide


class WhyClosed(StrEnum):
    """Why a shop does not answer its visitors."""

    PAUSED = "PAUSED"  # its merchant has suspended it
    WORKED_ON = "WORKED_ON"  # it was open before, and opens again by itself
    PREPARED = "PREPARED"  # it was never open
    UNREACHABLE = "UNREACHABLE"  # it should be open


@dataclass(frozen=True, slots=True)
class ClosedShop:
    """A shop that does not answer its visitors itself. Anybody may know this of it."""

    title: str
    why: WhyClosed


def name_at(host: str, shop_url: str) -> str | None:
    """Return the name of the store that a host would be of, or None if it can be none's.

    ``shop_url`` is the pattern of shops' addresses.
    """
    before, found, after = host_of(shop_url).lower().partition("{name}")
    if not found or not host.startswith(before) or not host.endswith(after):
        return None
    name = host[len(before) : len(host) - len(after)]
    # Any text may come here. What is no name at all need not be looked for.
    return None if refuse_name(name, reserved=()) else name


def closed_shop(store: Store) -> ClosedShop | None:
    """Return what visitors may know of a store, or None if that is not even that it exists."""
    # Shops that the platform makes to check backups are shown to nobody.
    if store.target is StoreTarget.DELETED or store.is_check:
        return None
    return ClosedShop(store.title, _why(store))


def _why(store: Store) -> WhyClosed:
    if store.status is StoreStatus.SUSPENDED or store.task is StoreTask.SUSPEND:
        return WhyClosed.PAUSED
    # It may be READY still: a shop is closed and saved first.
    if store.task in (StoreTask.RESTORE, StoreTask.UPGRADE):
        return WhyClosed.WORKED_ON
    if decide(store.status, store.target) is Action.PROVISION:
        return WhyClosed.WORKED_ON if store.had_a_shop else WhyClosed.PREPARED
    return WhyClosed.UNREACHABLE
