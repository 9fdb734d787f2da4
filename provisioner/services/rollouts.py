"""Has the shops of many stores upgraded, for admins."""

import uuid
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace

from provisioner.domain.codes import RefusalCode
from provisioner.domain.engines import Engine, EngineCatalogue, EngineVersion
from provisioner.domain.errors import ConflictError, NotFoundError, Refusal, RefusedError
from provisioner.domain.identities import Identity
from provisioner.domain.rollouts import Rollout, RolloutTerms, Turn, TurnStatus
from provisioner.domain.stores import Store
from provisioner.domain.transitions import takes_tasks
from provisioner.domain.upgrades import (
    does_not_follow,
    not_saved,
    not_upgradable_now,
    unknown_version,
)
from provisioner.services.backups import NOT_SET_UP
from provisioner.services.permissions import require_admin
from provisioner.storage.audit_log import AuditedAction
from provisioner.storage.listing import StoreFilter
from provisioner.storage.paging import Page
from provisioner.storage.rollout_candidates import RolloutCandidates
from provisioner.storage.rollouts import Rollouts
from provisioner.streams.rollout_stream import RolloutFeed

MOST_CANARIES, MOST_PARALLEL, MOST_FAILURES = 100, 50, 1000
_ONLY_ADMINS = "Only admins upgrade the shops of many stores."


@dataclass(frozen=True, slots=True)
class WantedRollout:
    """What is wanted of a rollout.

    ``retries_failed``: shops whose last upgrade to this version has failed are upgraded too.
    """

    terms: RolloutTerms
    name_contains: str | None = None
    owner_contains: str | None = None
    retries_failed: bool = False


class ManyUpgrades:
    """Plans, begins, stops, resumes and reads rollouts. All of it is for admins alone.

    ``keeps_backups``: the platform is set up for them, without which there is no way back.
    """

    def __init__(
        self,
        *,
        rollouts: Rollouts,
        candidates: RolloutCandidates,
        feed: RolloutFeed,
        engines: EngineCatalogue,
        keeps_backups: bool,
    ) -> None:
        self._rollouts = rollouts
        self._candidates = candidates
        self._feed = feed
        self._engines = engines
        self._keeps_backups = keeps_backups

    async def plan(self, caller: Identity, wanted: WantedRollout) -> Sequence[Turn]:
        """Return the turns that a rollout would have, those first that would be PENDING.

        The others are SKIPPED, and say why. Nothing is changed. Raises RefusedError: FORBIDDEN,
        ROLLOUT_INVALID, VERSION_UNKNOWN, BACKUPS_NOT_SET_UP.
        """
        require_admin(caller, _ONLY_ADMINS)
        engine, version = self._version(wanted.terms)
        by = StoreFilter(
            engine=engine.name,
            name_contains=wanted.name_contains,
            owner_contains=wanted.owner_contains,
        )
        found = await self._candidates.find(by, version.name)
        failures = {} if wanted.retries_failed else found.failures
        turns = [_turn(store, engine, version, failures.get(store.id)) for store in found.stores]
        return sorted(turns, key=lambda turn: turn.status is TurnStatus.SKIPPED)

    async def begin(
        self, caller: Identity, wanted: WantedRollout, *, audit: AuditedAction
    ) -> Rollout:
        """Begin a rollout for the stores that can be upgraded; return it.

        Raises RefusedError as ``plan``, and NOTHING_TO_UPGRADE.
        """
        planned = await self.plan(caller, wanted)
        turns = [turn for turn in planned if turn.status is TurnStatus.PENDING]
        if not turns:
            raise RefusedError(_nothing(wanted, planned))
        return await self._rollouts.create(uuid.uuid4().hex, wanted.terms, turns, audit)

    async def stop(self, caller: Identity, rollout_id: str, *, audit: AuditedAction) -> Rollout:
        """Have a rollout begin no more upgrades; those under way go on. Return it.

        Raises RefusedError: FORBIDDEN, NOT_FOUND or ROLLOUT_NOT_RUNNING.
        """
        found = await self.get(caller, rollout_id)
        try:
            reason = f"{caller.owner.label} stopped it."
            return await self._rollouts.stop(rollout_id, reason, audit)
        except ConflictError as error:
            message = f"The rollout is {found.status} already."
            raise RefusedError(Refusal(RefusalCode.ROLLOUT_NOT_RUNNING, message, "id")) from error

    async def resume(self, caller: Identity, rollout_id: str, *, audit: AuditedAction) -> Rollout:
        """Have a rollout that was stopped go on, whatever has failed so far; return it.

        Raises RefusedError: FORBIDDEN, NOT_FOUND or ROLLOUT_NOT_STOPPED.
        """
        found = await self.get(caller, rollout_id)
        try:
            return await self._rollouts.resume(rollout_id, audit)
        except ConflictError as error:
            message = f"Only a rollout that is STOPPED can be resumed; this one is {found.status}."
            raise RefusedError(Refusal(RefusalCode.ROLLOUT_NOT_STOPPED, message, "id")) from error

    async def get(self, caller: Identity, rollout_id: str) -> Rollout:
        """Return a rollout. Raises RefusedError: FORBIDDEN or NOT_FOUND."""
        require_admin(caller, _ONLY_ADMINS)
        try:
            return await self._rollouts.get(rollout_id)
        except NotFoundError as error:
            raise RefusedError(Refusal(RefusalCode.NOT_FOUND, str(error), "id")) from error

    async def page(self, caller: Identity, *, first: int, after: str | None) -> Page[Rollout]:
        """Return a page of the rollouts, newest first. Raises RefusedError."""
        require_admin(caller, _ONLY_ADMINS)
        return await self._rollouts.page(first=first, after=after)

    async def turns(
        self, caller: Identity, rollout_id: str, *, first: int, after: str | None
    ) -> Page[tuple[str, Turn]]:
        """Return a page of a rollout's turns, each with its cursor. Raises RefusedError."""
        require_admin(caller, _ONLY_ADMINS)
        return await self._rollouts.turns_page(rollout_id, first=first, after=after)

    async def follow(self, caller: Identity, rollout_id: str) -> AsyncGenerator[Rollout, None]:
        """Return the states of a rollout up to its end. Raises as ``get``."""
        await self.get(caller, rollout_id)
        return self._feed.follow(rollout_id)

    def _version(self, terms: RolloutTerms) -> tuple[Engine, EngineVersion]:
        if wrong := [refusal for refusal in _refusals(terms) if refusal]:
            raise RefusedError(*wrong)
        engine = self._engines.get(terms.engine)
        if engine is None:
            names = ", ".join(self._engines)
            message = f"There is no engine {terms.engine}. There are: {names}."
            raise RefusedError(Refusal(RefusalCode.ENGINE_UNKNOWN, message, "engine"))
        version = engine.version(terms.version)
        if version is None:
            raise RefusedError(unknown_version(engine, terms.version))
        if not self._keeps_backups:
            raise RefusedError(NOT_SET_UP)
        if engine.backup_counts is None:
            raise RefusedError(replace(not_saved(engine), field="engine"))
        return engine, version


def _turn(store: Store, engine: Engine, version: EngineVersion, failure: str | None) -> Turn:
    """Return the turn of a store; ``failure`` is why its upgrade has failed before."""
    why = _why_not(store, engine, version, failure)
    status = TurnStatus.SKIPPED if why else TurnStatus.PENDING
    return Turn(store.id, store.name, store.engine_version, status, message=why)


def _why_not(store: Store, engine: Engine, version: EngineVersion, failure: str | None) -> str:
    if refusal := does_not_follow(store, engine, version):
        return refusal.message
    if not takes_tasks(store.status, store.target):
        return not_upgradable_now(store).message
    if failure is None:
        return ""
    return (
        f"Its upgrade to {version.name} has failed before: {failure} Upgrade it alone, or pass"
        " `retriesFailed: true`."
    )


def _refusals(terms: RolloutTerms) -> list[Refusal | None]:
    return [
        _out_of_bounds("canaries", terms.canaries, 0, MOST_CANARIES),
        _out_of_bounds("parallel", terms.parallel, 1, MOST_PARALLEL),
        _out_of_bounds("stopAfterFailures", terms.stop_after_failures, 1, MOST_FAILURES),
    ]


def _out_of_bounds(field: str, value: int, least: int, most: int) -> Refusal | None:
    if least <= value <= most:
        return None
    message = f"`{field}` is a number from {least} to {most}, and not {value}."
    return Refusal(RefusalCode.ROLLOUT_INVALID, message, field)


def _nothing(wanted: WantedRollout, planned: Sequence[Turn]) -> Refusal:
    terms = wanted.terms
    message = f"No shop of {terms.engine} can be upgraded to {terms.version}."
    if planned:
        message += f" {planned[0].store_name}: {planned[0].message}"
    else:
        message += " No store is chosen by these filters."
    return Refusal(RefusalCode.NOTHING_TO_UPGRADE, message)
