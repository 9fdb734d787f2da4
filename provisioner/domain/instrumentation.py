"""What is measured of the work, for metrics and traces that the domain knows nothing of.

One call, ``Measurements.measure``, covers a piece of work: what it is, how long it took, and how it
ended. Whoever counts decides which of the labels are worth a time series; ids belong to traces.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from provisioner.domain.errors import ConflictError, RefusedError, TerminalError, TransientError


class Activity(StrEnum):
    """A kind of work that is measured, and the labels that come with it."""

    REQUEST = "request"
    """A caller asks for a store: engine. The outcome is ACCEPTED, or the code of the refusal."""
    WORK = "work"
    """A piece of work on a store: action, engine, store_id. The outcome is the store's status."""
    STEP = "step"
    """One step of it: step, engine, store_id. The outcome is the step's status."""
    HELM = "helm"
    """A run of helm: verb, release."""


@dataclass(slots=True)
class Measured:
    """What is under way. Whoever does it may say how it ended, and what was not known before."""

    labels: dict[str, str] = field(default_factory=dict)
    outcome: str = "SUCCEEDED"


def outcome_of(error: BaseException) -> str:
    """Return the outcome that an exception stands for: one of a few words, never its message."""
    if isinstance(error, RefusedError):
        return error.refusals[0].code
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return "INTERRUPTED"
    if isinstance(error, TransientError | ConflictError):
        return "TRY_AGAIN"
    return "FAILED" if isinstance(error, TerminalError) else "ERROR"


@contextmanager
def ending(labels: dict[str, str], on_end: Callable[[Measured], None]) -> Iterator[Measured]:
    """Give what is under way, and tell ``on_end`` once it has ended, however that was."""
    measured = Measured(labels)
    try:
        yield measured
    except BaseException as error:
        measured.outcome = outcome_of(error)
        raise
    finally:
        on_end(measured)


class Unmeasured:
    """Nobody counts. Implements ``ports.Measurements``."""

    @contextmanager
    def measure(self, activity: str, **labels: str) -> Iterator[Measured]:  # noqa: ARG002
        """See ``ports.Measurements``."""
        yield Measured(labels)
