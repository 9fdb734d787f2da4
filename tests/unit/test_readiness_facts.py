"""What is picked out of an observation: the pods and events that count, and no others."""

import dataclasses
from datetime import datetime

import pytest
from msgspec.structs import replace

from provisioner.domain.cluster import ClusterEvent, Job, NamespaceState, Observation, Pod, PodPhase
from provisioner.domain.engines import Workload
from provisioner.readiness import GracePeriods
from provisioner.readiness.facts import (
    LONG_AGO,
    Facts,
    bracketed,
    first_seen,
    is_living,
    owns,
    quoted,
)
from tests.unit.readiness_records import (
    MYSQL,
    WORDPRESS,
    at,
    claim,
    event,
    pod,
    ready_pod,
    setup_job,
    setup_pod,
    wordpress_pod,
)


def facts(
    *items: Pod | Job | ClusterEvent,
    workloads: tuple[Workload, ...] = (MYSQL,),
    setup: str | None = "setup",
    since: datetime = LONG_AGO,
) -> Facts:
    observation = Observation(
        namespace=NamespaceState(name="store-1", uid="uid-store-1"),
        pods=tuple(item for item in items if isinstance(item, Pod)),
        jobs=tuple(item for item in items if isinstance(item, Job)),
        events=tuple(item for item in items if isinstance(item, ClusterEvent)),
    )
    return Facts(workloads, setup, observation, GracePeriods(), since)


def names(pods: list[Pod]) -> list[str]:
    return [item.name for item in pods]


@pytest.mark.parametrize("phase", [PodPhase.FAILED, PodPhase.SUCCEEDED])
def test_a_pod_that_has_ended_does_not_live(phase: PodPhase) -> None:
    assert is_living(pod())
    assert not is_living(pod(phase=phase))
    assert not is_living(pod(is_terminating=True))


def test_of_a_deployment_only_the_newest_replica_set_counts() -> None:
    old = wordpress_pod(name="wordpress-5d-aaaaa")
    new = wordpress_pod(name="wordpress-7f-bbbbb", created_at=at(10))
    newer = wordpress_pod(name="wordpress-7f-ccccc", created_at=at(5))
    found = facts(old, new, newer, workloads=(WORDPRESS,))
    assert names(found.current(WORDPRESS)) == ["wordpress-7f-bbbbb", "wordpress-7f-ccccc"]


def test_of_a_stateful_set_every_pod_counts() -> None:
    found = facts(pod(name="mysql-1"), pod(name="mysql-0", created_at=at(10)))
    assert names(found.current(MYSQL)) == ["mysql-0", "mysql-1"]


def test_the_newest_job_of_the_component_is_the_setup() -> None:
    earlier, later = setup_job(name="a"), setup_job(name="b", created_at=at(10))
    other = setup_job(name="c", component="cron", created_at=at(20))
    assert facts(earlier, later, other).job() == later
    assert facts(other).job() is None


def test_the_setup_is_done_when_its_job_is_complete() -> None:
    assert not facts().is_setup_done()
    assert not facts(setup_job()).is_setup_done()
    assert facts(setup_job(is_complete=True)).is_setup_done()
    assert facts(setup=None).is_setup_done()


def test_pods_of_the_setup_are_of_its_job_and_not_older() -> None:
    job = setup_job(created_at=at(10))
    pods = (
        setup_pod(name="setup-aaaaa", created_at=at(9)),
        setup_pod(name="setup-bbbbb", created_at=at(10)),
        setup_pod(name="setup-ccccc", created_at=at(20)),
        setup_pod(name="cron-ddddd", component="cron", created_at=at(30)),
        pod(name="setup-eeeee", component="setup", created_at=at(30)),
    )
    assert names(facts(job, *pods).job_pods()) == ["setup-ccccc", "setup-bbbbb"]
    assert facts(*pods).job_pods() == []
    jobless = replace(job, component="")
    assert facts(jobless, setup_pod(component="", created_at=at(20)), setup=None).job_pods() == []


def test_suspects_are_what_the_store_waits_for() -> None:
    ended = setup_pod(name="setup-aaaaa", phase=PodPhase.FAILED)
    ready = setup_pod(name="setup-bbbbb", is_ready=True)
    unready = setup_pod(name="setup-ccccc")
    pods = (ready_pod(name="mysql-0"), pod(name="mysql-1"), ended, ready, unready)
    two = (dataclasses.replace(MYSQL, replicas=2),)
    assert names(facts(setup_job(), *pods, workloads=two).suspects()) == ["mysql-1", "setup-ccccc"]
    # Nobody waits for a workload that has its ready pods, or for a setup that is done.
    assert facts(setup_job(is_complete=True), *pods).suspects() == []


def test_events_are_about_this_very_object() -> None:
    own = event("Failed", "own", about_uid="uid-mysql-0")
    without_uid = event("Failed", "without uid", last=5)
    found = facts(
        event("Failed", "another pod", about="Pod/mysql-1"),
        event("Failed", "a claim", about="PersistentVolumeClaim/mysql-0"),
        event("Failed", "an earlier pod", about_uid="uid-earlier", last=9),
        own,
        without_uid,
    )
    assert found.pod_events(pod(), "Failed") == [without_uid, own]
    assert found.pod_events(pod(), "Pulled") == []


@pytest.mark.parametrize(
    ("uid", "created", "since", "is_counted"),
    [
        # With its uid only the attempt's start counts: the clocks of both may differ.
        ("uid-mysql-0", 100, 50, True),
        ("uid-mysql-0", 0, 51, False),
        # Without, an event from before the object is an earlier object's.
        ("", 51, 0, False),
        ("", 50, 0, True),
        ("", 0, 51, False),
        ("", 0, 50, True),
    ],
)
def test_from_when_on_events_count(
    uid: str,
    created: float,
    since: float,
    is_counted: bool,  # noqa: FBT001
) -> None:
    seen = event("Failed", "no image", about_uid=uid, last=50)
    found = facts(seen, since=at(since)).pod_events(pod(created_at=at(created)), "Failed")
    assert found == ([seen] if is_counted else [])


def test_the_latest_events_come_first() -> None:
    about = "PersistentVolumeClaim/data-mysql-0"
    early = event("ProvisioningFailed", "early", about=about, last=1)
    late = event("ProvisioningFailed", "late", about=about, last=2)
    other = event("FailedBinding", "other", about=about, last=3)
    assert facts(early, other, late).claim_events(claim()) == [late, early]
    first, second = event("Failed", "first", last=1), event("Failed", "second", last=2)
    assert facts(first, second).pod_events(pod(), "Failed") == [second, first]


@pytest.mark.parametrize(
    ("owner", "name", "expected"),
    [
        ("shop", "shop-0", True),
        ("shop", "shop-x7k2p", True),
        ("shop", "shop-db-0", False),
        ("shop", "shopping-0", False),
        ("shop", "cart-0", False),
        ("o" * 58, "o" * 58 + "x7k2p", True),  # cut, so that the random part fits in
        ("o" * 57, "o" * 57 + "-x7k2p", True),
    ],
)
def test_which_pods_an_owner_has_made(owner: str, name: str, expected: bool) -> None:  # noqa: FBT001
    assert owns(owner, pod(name=name)) is expected


def test_a_problem_began_with_its_first_event() -> None:
    events = [event("Failed", "b", first=20), event("Failed", "a", first=10)]
    assert first_seen(pod(), events) == at(10)
    assert first_seen(pod(created_at=at(3)), []) == at(3)
    assert first_seen(pod(unready_since=at(15)), events) == at(15)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("no\n such  image.", "no such image"),
        ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 299 + "…"),
        ("x" * 298 + " " + "y" * 9, "x" * 298 + "…"),
        ("", ""),
    ],
)
def test_the_clusters_words_are_one_line(words: str, expected: str) -> None:
    assert quoted(words) == expected
    assert bracketed(words) == (f" ({expected})" if expected else "")
