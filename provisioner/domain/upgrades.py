"""Which shops can be upgraded to which versions, and why others cannot."""

from provisioner.domain.codes import RefusalCode
from provisioner.domain.engines import Engine, EngineVersion
from provisioner.domain.errors import Refusal
from provisioner.domain.stores import Store, StoreStatus, StoreTarget


def engine_missing(store: Store) -> Refusal:
    """Return the refusal to upgrade a shop whose engine is offered no more."""
    message = (
        f"The engine {store.engine} is no longer offered here. Ask the platform's operator to add"
        " it back to the charts."
    )
    return Refusal(RefusalCode.NOT_UPGRADABLE, message, "id")


def unknown_version(engine: Engine, name: str | None) -> Refusal:
    """Return the refusal of a version that the engine does not have."""
    names = ", ".join(version.name for version in engine.versions)
    message = f"There is no version {name} of {engine.display_name}. There are: {names}."
    return Refusal(RefusalCode.VERSION_UNKNOWN, message, "version")


def does_not_follow(store: Store, engine: Engine, wanted: EngineVersion) -> Refusal | None:
    """Return why a shop's version cannot be followed by this one, or None if it can."""
    if store.engine_version in wanted.follows:
        return None
    if wanted.name == store.engine_version:
        message = f"The shop has version {wanted.name} already."
    else:
        message = (
            f"A shop of version {store.engine_version} cannot be upgraded to {wanted.name}"
            " directly."
        )
    following = ", ".join(version.name for version in engine.versions_after(store.engine_version))
    message += (
        f" It can be upgraded to: {following}."
        if following
        else f" No version of {engine.display_name} that is offered here follows it."
    )
    return Refusal(RefusalCode.NOT_UPGRADABLE, message, "version")


def not_upgradable_now(store: Store) -> Refusal:
    """Return the refusal to upgrade a shop that is not open."""
    message = (
        f"Only the shop of a store that is READY or DEGRADED can be upgraded; this one is"
        f" {store.status}."
    )
    if store.status is StoreStatus.FAILED and store.target is StoreTarget.READY:
        message += " Retry it first."
    if store.status is StoreStatus.SUSPENDED:
        message = "The shop is paused. Resume it first, then upgrade it."
    return Refusal(RefusalCode.NOT_UPGRADABLE, message, "id")
