"""What a new store is made of, among all that the platform offers."""

from collections.abc import Iterable
from dataclasses import dataclass

from provisioner.domain.codes import RefusalCode
from provisioner.domain.engines import Engine, EngineCatalogue, EngineVersion
from provisioner.domain.errors import Refusal, RefusedError
from provisioner.domain.plans import Plan, plan_names
from provisioner.domain.stores import Store
from provisioner.services.wanted_store import WantedStore


@dataclass(frozen=True, slots=True)
class StoreChoices:
    """The choices for a new store; ``plan`` is None for an engine without plans.

    ``storage_plan`` is the plan that its volumes are as large as, if that is another one.
    """

    engine: Engine
    version: EngineVersion
    plan: Plan | None
    storage_plan: str | None


def choices_for(
    engines: EngineCatalogue,
    wanted: WantedStore,
    source: Store | None,
    refused: Iterable[Refusal | None],
) -> StoreChoices:
    """Return what a wanted store is made of; ``source`` is the store in whose backup its data is.

    Raises RefusedError with all that is wrong, ``refused`` included.
    """
    refusals = [refusal for refusal in refused if refusal]
    engine = engines.get(wanted.engine or "")
    version = plan = None
    if engine is None:
        refusals.append(_unknown_engine(engines, wanted.engine))
    elif engine.unavailable_reason is not None:
        message = f"{engine.display_name} cannot be chosen: {engine.unavailable_reason}"
        refusals.append(Refusal(RefusalCode.ENGINE_UNAVAILABLE, message, "engine"))
    else:
        version = engine.version(wanted.version) if wanted.version else engine.default_version
        if version is None:
            refusals.append(_unknown_version(engine, wanted.version))
        plan = _plan(engine, wanted.plan, source)
        if isinstance(plan, Refusal):
            refusals.append(plan)
    if refusals or engine is None or version is None or isinstance(plan, Refusal):
        raise RefusedError(*refusals)
    kept = source.storage_plan if source is not None and wanted.plan is None else None
    return StoreChoices(engine, version, plan, kept)


def _plan(engine: Engine, wanted: str | None, source: Store | None) -> Plan | Refusal | None:
    """Return the plan that is wanted, or that of the source, or the default; or a refusal."""
    if not engine.plans:
        if wanted is None:
            return None
        message = f"{engine.display_name} has no plans: leave the plan out."
        return Refusal(RefusalCode.PLAN_UNKNOWN, message, "plan")
    former = None if source is None else engine.storage_plan_of(source)
    name = wanted if wanted is not None or source is None else source.plan
    plan = engine.default_plan if name is None else engine.plan(name)
    offered = plan_names(engine.plans)
    if plan is None:
        message = f"{engine.display_name} has no plan {name!r}; choose one of: {offered}."
        if wanted is None:
            message = (
                f"The shop in the backup has the plan {name}, which is no longer offered; choose"
                f" one of: {offered}."
            )
        return Refusal(RefusalCode.PLAN_UNKNOWN, message, "plan")
    if wanted is not None and former is not None and plan.storage < former.storage:
        large = plan_names(item for item in engine.plans if item.storage >= former.storage)
        message = (
            f"The plan {plan.name} has less room for data than the shop in the backup, whose"
            f" volumes are as large as those of {former.name}, so it may not fit; choose one of:"
            f" {large}."
        )
        return Refusal(RefusalCode.PLAN_TOO_SMALL, message, "plan")
    return plan


def _unknown_engine(engines: EngineCatalogue, name: str | None) -> Refusal:
    offered = ", ".join(item.name for item in engines.values() if item.unavailable_reason is None)
    message = f"There is no engine {name!r}; choose one of: {offered}."
    if name is None:
        message = f"An engine must be named, unless the store is restored: {offered}."
    return Refusal(RefusalCode.ENGINE_UNKNOWN, message, "engine")


def _unknown_version(engine: Engine, name: str | None) -> Refusal:
    offered = ", ".join(item.name for item in engine.versions)
    message = f"{engine.display_name} has no version {name!r}; choose one of: {offered}."
    return Refusal(RefusalCode.VERSION_UNKNOWN, message, "version")
