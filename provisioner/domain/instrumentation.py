"""Measurements of the work, without knowledge of the metrics and traces that use them.

One call, ``Measurements.measure``, covers a piece of work: what it is, how long it took, and how it
ended. The implementation decides which labels become a time series. Ids are for traces only: as
metric labels they would make a new series for each store.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from provisioner.domain.errors import ConflictError, RefusedError, TerminalError, TransientError


class Activity(StrEnum):
    """A kind of work that is measured; each description ends with its labels and outcomes."""

    REQUEST = "request"
    """A caller asks for a store. Labels: engine. Outcome: ACCEPTED, or the refusal's code."""
    WORK = "work"
    """A piece of work on a store. Labels: action, engine, store_id. Outcome: the store's status."""
    STEP = "step"
    """One step of that work. Labels: step, engine, store_id. Outcome: the step's status."""
    HELM = "helm"
    """A run of helm. Labels: verb, release. Outcome: SUCCEEDED, or that of the exception."""


class Stream(StrEnum):
    """A stream of changes, by the name of its subscription."""

    STORE_STATUS = "storeStatus"
    STORES_CHANGED = "storesChanged"


@dataclass(slots=True)
class Measured:
    """A measurement under way. The work may set ``outcome``, and add labels found out meanwhile."""

    labels: dict[str, str] = field(default_factory=dict)
    outcome: str = "SUCCEEDED"


def outcome_of(error: BaseException) -> str:
    """Return the outcome for work that ended with this exception.

    It is one of a few words and never the exception's message, so that the number of time series
    stays bounded.
    """
    if isinstance(error, RefusedError):
        return error.refusals[0].code
    # Whoever waited for the work went away, or the service stops: the work itself did not fail.
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return "INTERRUPTED"
    if isinstance(error, TransientError | ConflictError):
        return "TRY_AGAIN"
    return "FAILED" if isinstance(error, TerminalError) else "ERROR"


@contextmanager
def ending(labels: dict[str, str], on_end: Callable[[Measured], None]) -> Iterator[Measured]:
    """Yield a measurement, and call ``on_end`` with it when the context ends, also by an error."""
    measured = Measured(labels)
    try:
        yield measured
    except BaseException as error:  # a cancellation is an outcome too
        measured.outcome = outcome_of(error)
        raise
    finally:
        on_end(measured)


class Unmeasured:
    """Measures nothing. Implements ``ports.Measurements``."""

    @contextmanager
    def measure(self, activity: str, **labels: str) -> Iterator[Measured]:  # noqa: ARG002
        """See ``ports.Measurements``."""
        yield Measured(labels)

    def record_stream_delay(self, stream: str, seconds: float) -> None:
        """See ``ports.Measurements``."""
