"""What must hold of every assessment, whatever the watches say."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.domain.cluster import (
    Claim,
    ClusterEvent,
    Container,
    ContainerState,
    Job,
    NamespaceState,
    Observation,
    Pod,
    PodPhase,
)
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import Workload
from provisioner.readiness import Assessment, GracePeriods, assess
from provisioner.readiness.rules import RULES
from tests.unit.readiness_records import at
from tests.unit.readiness_troubles import TROUBLES, Trouble

pytestmark = pytest.mark.slow

COMPONENTS = ("mysql", "wordpress", "setup", "other")
NAMES = ("mysql-0", "mysql-1", "wordpress-5d-aaaaa", "wordpress-7f-bbbbb", "setup-aaaaa", "odd", "")
OWNERS = ("mysql", "wordpress-5d", "wordpress-7f", "setup", "data", "", *NAMES)
REASONS = (
    "",
    "Completed",
    "ContainerCannotRun",
    "ContainerCreating",
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ErrImagePull",
    "Error",
    "ImagePullBackOff",
    "InvalidImageName",
    "OOMKilled",
    "PodInitializing",
    "RunContainerError",
    "StartError",
)
EVENT_REASONS = (
    "Failed",
    "FailedCreate",
    "FailedMount",
    "ProvisioningFailed",
    "ReplicaSetCreateError",
    "Unhealthy",
)
WORDS = (
    "",
    'Failed to pull image "i": not found',
    "Liveness probe failed: refused",
    "failed to sync secret cache: timed out",
    'pods "p" is forbidden: exceeded quota: store',
    'pods "p" is forbidden: status unknown for quota: store',
    "pod has unbound immediate PersistentVolumeClaims",
    'storageclass "s" not found',
    'exec: "x": executable file not found',
)

BEFORE = -1000
"""A time, in seconds, at which no grace has run out yet: all records are from -300 on."""

moments = st.integers(-300, 300).map(at)
words = st.sampled_from(WORDS) | st.text(max_size=20)
codes = st.none() | st.sampled_from((0, 1, 128, 137, 143))
containers = st.builds(
    Container,
    name=st.sampled_from(("a", "b")),
    image=st.sampled_from(("", "i")),
    state=st.sampled_from(ContainerState),
    reason=st.sampled_from(REASONS) | st.text(max_size=5),
    message=words,
    exit_code=codes,
    restarts=st.integers(0, 5),
    is_ready=st.booleans(),
    is_init=st.booleans(),
    last_exit_code=codes,
    last_reason=st.sampled_from(REASONS),
    last_message=words,
)
pods = st.builds(
    Pod,
    name=st.sampled_from(NAMES),
    uid=st.text(max_size=3),
    component=st.sampled_from(COMPONENTS),
    phase=st.sampled_from(PodPhase),
    is_ready=st.booleans(),
    reason=st.sampled_from(("", "Evicted", "Unschedulable", "SchedulingGated")),
    message=words,
    node=st.sampled_from(("", "node-1")),
    is_terminating=st.booleans(),
    owner_kind=st.sampled_from(("", "Job", "ReplicaSet", "StatefulSet")),
    created_at=moments,
    unschedulable_since=st.none() | moments,
    unready_since=st.none() | moments,
    containers=st.lists(containers, max_size=2).map(tuple),
)
jobs = st.builds(
    Job,
    name=st.sampled_from(OWNERS),
    uid=st.text(max_size=3),
    component=st.sampled_from(COMPONENTS),
    is_complete=st.booleans(),
    is_failed=st.booleans(),
    failure_reason=st.sampled_from(("", "BackoffLimitExceeded", "DeadlineExceeded")),
    failure_message=words,
    created_at=moments,
)
claims = st.builds(
    Claim,
    name=st.sampled_from(OWNERS),
    uid=st.text(max_size=3),
    phase=st.sampled_from(("Pending", "Bound", "Lost")),
    created_at=moments,
)
events = st.builds(
    ClusterEvent,
    uid=st.text(max_size=3),
    object_kind=st.sampled_from(
        ("Deployment", "Job", "PersistentVolumeClaim", "Pod", "ReplicaSet", "StatefulSet")
    ),
    object_name=st.sampled_from(OWNERS),
    reason=st.sampled_from(EVENT_REASONS),
    message=words,
    first_at=moments,
    last_at=moments,
    count=st.integers(1, 99),
)
namespaces = st.builds(
    NamespaceState, name=st.just("store-1"), uid=st.just("uid"), is_terminating=st.booleans()
)
observations = st.builds(
    Observation,
    namespace=st.none() | namespaces,
    pods=st.lists(pods, max_size=4).map(tuple),
    jobs=st.lists(jobs, max_size=2).map(tuple),
    claims=st.lists(claims, max_size=2).map(tuple),
    events=st.lists(events, max_size=4).map(tuple),
)
workloads = st.lists(
    st.builds(
        Workload,
        component=st.sampled_from(COMPONENTS),
        kind=st.sampled_from(("Deployment", "StatefulSet")),
        replicas=st.integers(0, 2),
    ),
    max_size=2,
)
setup_jobs = st.sampled_from((None, "setup"))


needed_workloads = st.lists(
    st.builds(
        Workload,
        component=st.sampled_from(COMPONENTS[:2]),
        kind=st.sampled_from(("Deployment", "StatefulSet")),
        replicas=st.integers(1, 2),
    ),
    min_size=1,
    max_size=2,
)
# Each of these looks as if it served; hardly one of those that are drawn at random does.
likely_pods = st.builds(
    Pod,
    name=st.sampled_from(NAMES),
    uid=st.just("uid"),
    component=st.sampled_from(COMPONENTS[:2]),
    phase=st.sampled_from((PodPhase.RUNNING, PodPhase.RUNNING, PodPhase.FAILED)),
    is_ready=st.just(value=True),
    is_terminating=st.sampled_from((False, False, True)),
    owner_kind=st.sampled_from(("ReplicaSet", "StatefulSet", "Job")),
    created_at=moments,
)
# A namespace that is being deleted is fatal by itself, whatever else may heal.
observations_that_may_heal = observations.map(lambda item: replace(item, namespace=None))


def assessed(
    expected: list[Workload], setup_job: str | None, observation: Observation, seconds: int
) -> Assessment:
    return assess(
        workloads=expected,
        setup_job=setup_job,
        observation=observation,
        now=at(seconds),
        grace_periods=GracePeriods(),
    )


def is_terminating(observation: Observation) -> bool:
    return observation.namespace is not None and observation.namespace.is_terminating


def is_serving(pod: Pod, workload: Workload) -> bool:
    has_ended = pod.phase in {PodPhase.FAILED, PodPhase.SUCCEEDED}
    is_ours = pod.component == workload.component and pod.owner_kind != "Job"
    return is_ours and pod.is_ready and not pod.is_terminating and not has_ended


@settings(max_examples=500, deadline=None)
@given(workloads, setup_jobs, observations, st.integers(-300, 900))
def test_a_verdict_holds_together(
    expected: list[Workload], setup_job: str | None, observation: Observation, seconds: int
) -> None:
    assessment = assessed(expected, setup_job, observation, seconds)
    is_done = assessment.are_workloads_ready and assessment.is_setup_done
    assert (assessment.waiting_for == "") == is_done
    assert assessment.recheck_after is None or assessment.recheck_after > timedelta()
    if is_done and not is_terminating(observation):
        assert (assessment.fatal, assessment.recheck_after) == (None, None)
    if assessment.fatal is not None:
        fatal = assessment.fatal
        assert fatal.reason.message.endswith(", then retry.")
        assert (fatal.pod is None) == (fatal.container is None)


@settings(max_examples=300, deadline=None)
@given(needed_workloads, setup_jobs, observations, st.lists(likely_pods, max_size=4))
def test_workloads_are_ready_exactly_with_their_replicas(
    expected: list[Workload], setup_job: str | None, observation: Observation, likely: list[Pod]
) -> None:
    observation = replace(observation, pods=(*observation.pods, *likely))
    assessment = assessed(expected, setup_job, observation, 0)
    assert assessment.are_workloads_ready == all(
        sum(is_serving(pod, workload) for pod in observation.pods) >= workload.replicas
        for workload in expected
    )


@pytest.mark.parametrize("code", sorted({rule.code for rule in RULES}))
def test_each_rule_has_a_trouble_here(code: ReasonCode) -> None:
    found = [
        assessed(*trouble.added_to([], Observation(namespace=None), began=0), 1000).fatal
        for trouble in TROUBLES
    ]
    assert code in {fatal.reason.code for fatal in found if fatal is not None}


@settings(max_examples=500, deadline=None)
@given(
    workloads,
    observations_that_may_heal,
    st.sampled_from(TROUBLES),
    st.integers(-300, 300),
    st.integers(0, 1200),
)
def test_the_same_facts_assessed_later_never_heal(
    expected: list[Workload], observation: Observation, trouble: Trouble, began: int, later: int
) -> None:
    facts = trouble.added_to(expected, observation, began)
    due = BEFORE
    if (first := assessed(*facts, due)).fatal is None:
        assert first.recheck_after is not None
        due += int(first.recheck_after.total_seconds())
    assert assessed(*facts, due).fatal is not None
    assert assessed(*facts, due + later).fatal is not None


@settings(max_examples=100, deadline=None)
@given(
    workloads,
    observations_that_may_heal,
    st.sampled_from([trouble for trouble in TROUBLES if trouble.grace]),
    st.integers(-300, 300),
    st.integers(1, 600),
)
def test_a_recheck_comes_exactly_when_a_grace_has_run_out(
    expected: list[Workload], observation: Observation, trouble: Trouble, began: int, early: int
) -> None:
    facts = trouble.added_to(expected, observation, began)
    seconds = began + trouble.seconds - early
    assessment = assessed(*facts, seconds)
    assert assessment.recheck_after is not None
    due = seconds + int(assessment.recheck_after.total_seconds())
    before = assessed(*facts, due - 1)
    assert assessed(*facts, due).fatal is not None
    assert (before.fatal is None) == (assessment.fatal is None)
