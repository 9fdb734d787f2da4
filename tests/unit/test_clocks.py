"""The cluster's times are assessed by the cluster's clock: how far ours is off changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.domain.cluster import Observation
from provisioner.domain.engines import Workload
from provisioner.kubernetes.clock import ClusterClock
from provisioner.readiness import Assessment, assess
from provisioner.readiness.facts import LONG_AGO
from provisioner.reconcile.assessment import look
from provisioner.reconcile.context import ReconcileContext, WorkSettings
from provisioner.testing import AlwaysAnswers, HandClock, SimulatedCluster
from tests.stores import a_store
from tests.unit.readiness_records import at
from tests.unit.test_readiness_properties import observations, setup_jobs, workloads
from tests.unit.test_reconciler_machine import ENGINE

pytestmark = pytest.mark.slow

SKEWS = [
    timedelta(),
    timedelta(minutes=5),
    timedelta(minutes=-5),
    timedelta(days=1),
    timedelta(days=-1),
]


class Shown(SimulatedCluster):
    """A cluster that shows one observation, with every time in it off by what its clock is off."""

    def __init__(self, observation: Observation, now: datetime, skew: timedelta) -> None:
        super().__init__(lambda: now + skew)
        self.shown = shifted(observation, skew)

    def observe(self, namespace: str) -> Observation:  # noqa: ARG002
        return self.shown


def shifted(observation: Observation, skew: timedelta) -> Observation:
    def moved(item: Any) -> Any:
        times = {
            name: value + skew
            for name in item.__struct_fields__
            if isinstance(value := getattr(item, name), datetime)
        }
        return msgspec.structs.replace(item, **times)

    return replace(
        observation,
        pods=tuple(moved(item) for item in observation.pods),
        jobs=tuple(moved(item) for item in observation.jobs),
        claims=tuple(moved(item) for item in observation.claims),
        events=tuple(moved(item) for item in observation.events),
    )


def looked(
    expected: list[Workload],
    setup_job: str | None,
    observation: Observation,
    *,
    seconds: int,
    skew: timedelta,
    is_building: bool,
) -> Assessment:
    """Return the assessment where the cluster's clock is off from ours."""
    cluster = Shown(observation, at(seconds), skew)
    context = ReconcileContext(
        records=cast("Any", None), cluster=cluster, helm=cluster, releases=cluster,
        observer=cluster, jobs=cluster, prober=AlwaysAnswers(), engines={},
        clock=HandClock(at(seconds)),
        settings=WorkSettings(),
    )  # fmt: skip
    engine = replace(ENGINE, workloads=tuple(expected), setup_job=setup_job)
    store = replace(a_store(now=at(0)), operation_started_at=at(0))
    return look(context, store, engine, is_building=is_building)


@settings(max_examples=300, deadline=None)
@given(
    workloads, setup_jobs, observations, st.integers(0, 900), st.sampled_from(SKEWS), st.booleans()
)
def test_a_verdict_is_the_same_whatever_the_clocks_say(
    expected: list[Workload],
    setup_job: str | None,
    observation: Observation,
    seconds: int,
    skew: timedelta,
    is_building: bool,  # noqa: FBT001
) -> None:
    assessment = looked(
        expected, setup_job, observation, seconds=seconds, skew=skew, is_building=is_building
    )
    assert assessment == assess(
        workloads=tuple(expected),
        setup_job=setup_job if is_building else None,
        observation=observation,
        now=at(seconds),
        grace_periods=WorkSettings().grace_periods,
        since=at(0) if is_building else LONG_AGO,
    )


class Monotonic:
    """Seconds that a test counts."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize("skew", SKEWS)
def test_the_clusters_clock_goes_on_from_its_last_answer(skew: timedelta) -> None:
    ours, monotonic = HandClock(at(0)), Monotonic()
    clock = ClusterClock(monotonic, ours)
    assert clock.now() == at(0)
    clock.learn(format_datetime(at(0) + skew, usegmt=True))
    assert clock.now() == at(0) + skew
    monotonic.seconds += 10.4
    ours.moment = at(-3600)  # somebody sets our clock: that is none of the cluster's
    assert clock.now() == at(10.4) + skew
    # A Date is cut off to seconds: one that agrees changes nothing
    clock.learn(format_datetime(at(10) + skew, usegmt=True))
    assert clock.now() == at(10.4) + skew
    # One that is ahead is news, and so is one that is far behind: the cluster's clock was set
    clock.learn(format_datetime(at(11) + skew, usegmt=True))
    assert clock.now() == at(11) + skew
    clock.learn(format_datetime(at(-50) + skew, usegmt=True))
    assert clock.now() == at(-50) + skew


@pytest.mark.parametrize("date", [None, "", "yesterday", "Thu, 99 Nov 2026 12:00:00 GMT"])
def test_what_is_no_date_tells_nothing(date: str | None) -> None:
    clock = ClusterClock(Monotonic(), HandClock(at(0)))
    clock.learn(date)
    assert clock.now() == at(0)
    clock.learn(format_datetime(datetime(2030, 1, 1, tzinfo=UTC), usegmt=True))
    clock.learn(date)
    assert clock.now() == datetime(2030, 1, 1, tzinfo=UTC)
