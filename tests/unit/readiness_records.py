"""Builders of observed records: each is well unless told otherwise. Times are seconds from ZERO."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
from provisioner.domain.engines import Workload
from provisioner.readiness import Assessment, GracePeriods, assess

ZERO = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MYSQL = Workload("mysql", "StatefulSet", 1)
WORDPRESS = Workload("wordpress", "Deployment", 1)


def at(seconds: float) -> datetime:
    return ZERO + timedelta(seconds=seconds)


def container(name: str = "mysql", **changes: object) -> Container:
    values: dict[str, object] = {
        "name": name,
        "image": "mysql:9.9",
        "state": ContainerState.RUNNING,
    }
    return Container(**{**values, **changes})  # type: ignore[arg-type]


def waiting(reason: str, message: str = "", name: str = "mysql", **changes: object) -> Container:
    state = ContainerState.WAITING
    return container(name, **{"state": state, "reason": reason, "message": message, **changes})


def pod(*containers: Container, name: str = "mysql-0", **changes: object) -> Pod:
    values: dict[str, object] = {
        "name": name,
        "uid": f"uid-{name}",
        "component": "mysql",
        "phase": PodPhase.PENDING,
        "is_ready": False,
        "node": "node-1",
        "owner_kind": "StatefulSet",
        "created_at": ZERO,
        "containers": containers,
    }
    return Pod(**{**values, **changes})  # type: ignore[arg-type]


def ready_pod(name: str = "mysql-0", **changes: object) -> Pod:
    well = {"phase": PodPhase.RUNNING, "is_ready": True, "containers": (container(is_ready=True),)}
    return pod(name=name, **{**well, **changes})


def wordpress_pod(
    *containers: Container, name: str = "wordpress-5d-a1b2c", **changes: object
) -> Pod:
    values = {"component": "wordpress", "owner_kind": "ReplicaSet", **changes}
    return pod(*containers, name=name, **values)


def setup_pod(*containers: Container, name: str = "setup-x7k2p", **changes: object) -> Pod:
    return pod(*containers, name=name, **{"component": "setup", "owner_kind": "Job", **changes})


def setup_job(**changes: object) -> Job:
    values: dict[str, object] = {
        "name": "setup",
        "uid": "uid-setup",
        "component": "setup",
        "created_at": ZERO,
    }
    return Job(**{**values, **changes})  # type: ignore[arg-type]


def claim(phase: str = "Pending", **changes: object) -> Claim:
    values = {"name": "data-mysql-0", "uid": "uid-claim", "phase": phase, "created_at": ZERO}
    return Claim(**{**values, **changes})  # type: ignore[arg-type]


def event(
    reason: str,
    message: str,
    *,
    about: str = "Pod/mysql-0",
    about_uid: str = "",
    first: float = 0,
    last: float = 0,
) -> ClusterEvent:
    kind, _, name = about.partition("/")
    return ClusterEvent(
        uid=f"{about}:{reason}:{message}",
        object_uid=about_uid,
        object_kind=kind,
        object_name=name,
        reason=reason,
        message=message,
        first_at=at(first),
        last_at=at(max(first, last)),
    )


@dataclass(frozen=True)
class Given:
    """A store of which mysql is waited for, and ``setup`` where there is a Job.

    ``is_setup_expected`` says that a Job is waited for although there is none.
    """

    items: tuple[Pod | Job | Claim | ClusterEvent, ...]
    workloads: tuple[Workload, ...] = (MYSQL,)
    namespace: NamespaceState | None = NamespaceState(name="store-1", uid="uid-store-1")  # noqa: RUF009
    since: float = 0
    is_setup_expected: bool = False

    def assessed(self, seconds: float, grace_periods: GracePeriods | None = None) -> Assessment:
        jobs = tuple(item for item in self.items if isinstance(item, Job))
        return assess(
            workloads=self.workloads,
            setup_job="setup" if jobs or self.is_setup_expected else None,
            observation=Observation(
                namespace=self.namespace,
                pods=tuple(item for item in self.items if isinstance(item, Pod)),
                jobs=jobs,
                claims=tuple(item for item in self.items if isinstance(item, Claim)),
                events=tuple(item for item in self.items if isinstance(item, ClusterEvent)),
            ),
            now=at(seconds),
            grace_periods=grace_periods or GracePeriods(),
            since=at(self.since),
        )


def given(*items: Pod | Job | Claim | ClusterEvent) -> Given:
    return Given(items)
