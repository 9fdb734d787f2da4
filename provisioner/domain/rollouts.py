"""Rollouts: upgrades of many shops, a few at a time, the first ones as canaries. Pure.

A rollout names its shops in an order, and each has its turn. A turn is over when the operation that
it began has ended, so nothing but the operations says how far a rollout has come, and a service
that is killed goes on with it. :func:`next_moves` says what is to be done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from provisioner.domain.owners import Owner


class RolloutStatus(StrEnum):
    """Where a rollout is."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"  # too many have failed, or somebody stopped it; it can be resumed
    FINISHED = "FINISHED"  # every shop has had its turn


class TurnStatus(StrEnum):
    """Where the turn of one shop is."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"  # the shop is as it was before, or being brought back
    SKIPPED = "SKIPPED"  # when its turn came, it could not be upgraded, or needed not to be


OVER = frozenset({TurnStatus.SUCCEEDED, TurnStatus.FAILED, TurnStatus.SKIPPED})


@dataclass(frozen=True, slots=True)
class RolloutTerms:
    """What a rollout does: gives shops of an engine this version.

    ``canaries`` is how many come first, alone: only if all of them succeed, the others follow.
    ``parallel`` is how many are upgraded at a time, and ``stop_after_failures`` after how many
    failures no more are begun.
    """

    engine: str
    version: str
    canaries: int = 1
    parallel: int = 2
    stop_after_failures: int = 1


@dataclass(frozen=True, slots=True)
class Turn:
    """The turn of one shop, which was at ``former_version`` when the rollout was made.

    ``operation_number`` is that of its upgrade, once begun. ``message`` says why it failed or was
    skipped. ``is_accepted``: it failed before the rollout was resumed, and does not stop it again.
    """

    store_id: str
    store_name: str
    former_version: str
    status: TurnStatus
    operation_number: int | None = None
    message: str = ""
    is_accepted: bool = False


@dataclass(frozen=True, slots=True)
class Rollout:
    """One rollout; ``counts`` has how many turns are in each status.

    ``reason`` says why it is STOPPED. ``asked_by`` is None if a token of nobody's asked for it.
    """

    id: str
    terms: RolloutTerms
    status: RolloutStatus
    reason: str
    asked_by: Owner | None
    token_id: str | None
    created_at: datetime
    ended_at: datetime | None
    counts: Mapping[TurnStatus, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moves:
    """What is to be done for a rollout now.

    ``candidates`` are turns to begin, in order, of which at most ``room`` may begin. ``status`` is
    that of the rollout from now on, with its reason if it is STOPPED.
    """

    candidates: tuple[Turn, ...] = ()
    room: int = 0
    status: RolloutStatus = RolloutStatus.RUNNING
    reason: str = ""


def next_moves(terms: RolloutTerms, turns: Sequence[Turn]) -> Moves:
    """Return what is to be done for a RUNNING rollout with these turns, in their order."""
    running = sum(turn.status is TurnStatus.RUNNING for turn in turns)
    pending = tuple(turn for turn in turns if turn.status is TurnStatus.PENDING)
    if reason := _why_stopped(terms, turns):
        # Those that run come to their end first, so that the reason tells of them too.
        return Moves() if running else Moves(status=RolloutStatus.STOPPED, reason=reason)
    if not pending:
        return Moves() if running else Moves(status=RolloutStatus.FINISHED)
    canaries = _canaries(terms, turns)
    if all(turn.status is TurnStatus.SUCCEEDED for turn in canaries):
        candidates = pending
    else:
        candidates = tuple(turn for turn in canaries if turn.status is TurnStatus.PENDING)
    return Moves(candidates, max(terms.parallel - running, 0))


def _canaries(terms: RolloutTerms, turns: Sequence[Turn]) -> list[Turn]:
    """Return the turns that come first. Another one takes the place of one that is passed over."""
    counted = [t for t in turns if t.status is not TurnStatus.SKIPPED and not t.is_accepted]
    return counted[: terms.canaries]


def _why_stopped(terms: RolloutTerms, turns: Sequence[Turn]) -> str:
    """Return why no more turns are begun, as sentences, or ""."""
    failed = [t for t in turns if t.status is TurnStatus.FAILED and not t.is_accepted]
    canary = next((t for t in _canaries(terms, turns) if t in failed), None)
    if canary is not None:
        return (
            f"The shop {canary.store_name}, which came first, could not be upgraded: {_why(canary)}"
        )
    if len(failed) >= terms.stop_after_failures:
        last, number = failed[-1], len(failed)
        shops = "1 shop" if number == 1 else f"{number} shops"
        return f"{shops} could not be upgraded; {last.store_name}: {_why(last)}"
    return ""


def _why(turn: Turn) -> str:
    return turn.message or "its operation was cancelled."
