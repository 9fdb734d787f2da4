"""What counts of a Job that only pulls images: that these are on the node."""

import pytest

from provisioner.domain.cluster import Container, ContainerState, Job, Observation, Pod, PodPhase
from provisioner.domain.codes import ReasonCode
from provisioner.readiness import Assessment, GracePeriods, assess, of_pull
from tests.unit.readiness_records import ZERO, at, claim, event, pod, waiting

NAME, UID = "woo-1-pull-3", "uid-of-the-job"
JOB = Job(name=NAME, uid=UID, component="pull", created_at=ZERO)
BARE = 'exec: "true": executable file not found in $PATH'
DENIAL = (
    'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0'
)
MISSING = waiting("ErrImagePull", "web:2: not found", image="web:2")
PULLING = waiting("ContainerCreating")


def ended(code: int, reason: str = "Completed", message: str = "") -> Container:
    state = ContainerState.TERMINATED
    return Container(name="mysql", state=state, reason=reason, message=message, exit_code=code)


def its_pod(*containers: Container, **changes: object) -> Pod:
    own = {"name": f"{NAME}-abcde", "component": "pull", "owner_kind": "Job"}
    return pod(*containers, **{**own, **changes})  # type: ignore[arg-type]


def judged(*pods: Pod, job: Job = JOB, after: float = 600, **seen: object) -> Assessment:
    observation = Observation(None, pods=pods, jobs=(job,), **seen)  # type: ignore[arg-type]
    return assess(
        workloads=(), setup_job="pull", observation=of_pull(observation, UID), now=at(after),
        grace_periods=GracePeriods(),
    )  # fmt: skip


@pytest.mark.parametrize(
    "has_it",
    [
        ended(0),
        ended(128, "StartError", BARE),
        ended(1, "Error"),
        ended(137, "OOMKilled"),
        waiting("CreateContainerError", BARE),
        waiting("CreateContainerConfigError", "no"),
        waiting("RunContainerError", BARE),
        Container(name="mysql", state=ContainerState.RUNNING),
    ],
)
def test_an_image_is_there_whatever_becomes_of_its_container(has_it: Container) -> None:
    assert judged(its_pod(has_it)).is_setup_done
    failed = Job(name=NAME, uid=UID, component="pull", is_failed=True, created_at=ZERO)
    assert judged(its_pod(has_it, phase=PodPhase.FAILED), job=failed).is_setup_done
    # Nor does it stop the others, which take longer.
    among_others = judged(its_pod(has_it, PULLING))
    assert (among_others.is_setup_done, among_others.fatal) == (False, None)


@pytest.mark.parametrize("lacks_it", [PULLING, MISSING, ended(137, "ContainerStatusUnknown")])
def test_an_image_is_not_there_yet(lacks_it: Container) -> None:
    assert not judged(its_pod(ended(0), lacks_it)).is_setup_done


def test_a_missing_image_is_fatal_beside_others() -> None:
    fatal = judged(its_pod(ended(0), MISSING)).fatal
    assert fatal is not None
    assert "the image web:2 was not found" in fatal.reason.message


def test_a_job_is_failed_only_once_its_pod_is_seen_to_have_ended() -> None:
    failed = Job(name=NAME, uid=UID, component="pull", is_failed=True, created_at=ZERO)
    assert judged(its_pod(PULLING), job=failed).fatal is None
    for over in (its_pod(PULLING, is_terminating=True), its_pod(PULLING, phase=PodPhase.FAILED)):
        assert judged(over, job=failed).fatal is not None
    assert judged(job=failed).fatal is not None


def test_nothing_else_in_the_namespace_matters() -> None:
    earlier = its_pod(MISSING, name=f"{NAME}-zyxwv", created_at=at(-60))
    another = its_pod(MISSING, name="woo-1-pull-2-abcde")
    denied = event("FailedCreate", DENIAL, about=f"Job/{NAME}", about_uid="of-an-earlier-job")
    homeless = its_pod(node="")
    seen = judged(
        earlier, another, homeless,
        claims=(claim("files", created_at=at(-3600)),),
        events=(denied,),
    )  # fmt: skip
    assert (seen.fatal, seen.is_setup_done) == (None, False)


def test_a_denied_pod_is_fatal() -> None:
    denied = event("FailedCreate", DENIAL, about=f"Job/{NAME}", about_uid=UID)
    fatal = judged(events=(denied,)).fatal
    assert fatal is not None
    assert fatal.reason.code is ReasonCode.QUOTA_EXCEEDED


def test_before_the_job_is_seen_nothing_is() -> None:
    assert of_pull(Observation(None, pods=(its_pod(MISSING),)), UID) == Observation(None)
