"""What is recorded when pods change."""

from msgspec.structs import replace

from provisioner.domain.cluster import Container, Pod, PodPhase
from provisioner.domain.pod_events import diff_pods, pod_status
from tests.unit.readiness_records import at

POD = Pod(
    name="web-1",
    uid="u1",
    component="web",
    phase=PodPhase.PENDING,
    is_ready=False,
    created_at=at(0),
)


def test_nothing_new_is_nothing() -> None:
    assert list(diff_pods([POD], [POD])) == []


def test_appeared_changed_and_gone() -> None:
    ready = replace(POD, phase=PodPhase.RUNNING, is_ready=True)
    assert [(c.uid, c.status) for c in diff_pods([], [POD])] == [("u1", "Pending")]
    assert [(c.uid, c.status) for c in diff_pods([POD], [ready])] == [("u1", "Ready")]
    gone = list(diff_pods([ready], []))
    assert [(c.uid, c.status, c.pod, c.message) for c in gone] == [
        ("u1", "Gone", None, "Pod web-1 is gone.")
    ]


def test_a_pod_made_again_under_its_name_is_another() -> None:
    again = replace(POD, uid="u2")
    assert [(c.uid, c.status) for c in diff_pods([POD], [again])] == [
        ("u1", "Gone"),
        ("u2", "Pending"),
    ]


def test_the_reason_is_said() -> None:
    stuck = replace(
        POD,
        reason="ImagePullBackOff",
        containers=(Container(name="web", reason="ImagePullBackOff", message="not found"),),
    )
    (change,) = diff_pods([POD], [stuck])
    assert change.status == "ImagePullBackOff"
    assert "not found" in change.message


def test_terminating_comes_before_ready() -> None:
    assert pod_status(replace(POD, is_ready=True, is_terminating=True)) == "Terminating"
