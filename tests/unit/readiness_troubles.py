"""What each rule of readiness finds, to be put into observations that are drawn at random.

Drawn at random alone, hardly an observation has any trouble but a namespace that is being deleted.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from provisioner.domain.cluster import Claim, ClusterEvent, Job, NamespaceState, Observation, Pod
from provisioner.domain.engines import Workload
from provisioner.readiness import GracePeriods
from tests.unit.readiness_records import at, claim, event, pod, setup_job, waiting

Item = NamespaceState | Pod | Job | Claim | ClusterEvent


@dataclass(frozen=True)
class Trouble:
    """What some rule finds, whatever else there is: ``made`` of a time when it began.

    ``grace`` names how long it may last before it is fatal; "" for a trouble that is so at once.
    """

    made: Callable[[int], tuple[Item, ...]]
    grace: str = ""

    @property
    def seconds(self) -> int:
        return int(getattr(GracePeriods(), self.grace).total_seconds())

    def added_to(
        self, expected: list[Workload], observation: Observation, began: int
    ) -> tuple[list[Workload], str, Observation]:
        """Return what is expected, the setup Job, and what is observed then."""
        # Never enough pods, so that each of mysql counts, and each denial of one more.
        mysql = Workload(component="mysql", kind="StatefulSet", replicas=99)
        items = self.made(began)
        namespaces = [item for item in items if isinstance(item, NamespaceState)]
        return [mysql, *expected], "setup", replace(
            observation,
            namespace=next(iter(namespaces), observation.namespace),
            pods=(*observation.pods, *(item for item in items if isinstance(item, Pod))),
            jobs=(*observation.jobs, *(item for item in items if isinstance(item, Job))),
            claims=(*observation.claims, *(item for item in items if isinstance(item, Claim))),
            events=(
                *observation.events, *(item for item in items if isinstance(item, ClusterEvent))
            ),
        )  # fmt: skip


def sick(
    reason: str, message: str = "", *others: Callable[[int], Item], **changes: Any
) -> Callable[[int], tuple[Item, ...]]:
    """Return what makes a pod with a container that does not start, and what else there is."""

    def made(began: int) -> tuple[Item, ...]:
        return (
            pod(waiting(reason, message, **changes), name="mysql-9", created_at=at(began)),
            *(other(began) for other in others),
        )

    return made


def homeless(message: str, *others: Callable[[int], Item]) -> Callable[[int], tuple[Item, ...]]:
    """Return what makes a pod that no node has, and what else there is."""

    def made(began: int) -> tuple[Item, ...]:
        since = at(began)
        changes = {"created_at": since, "unschedulable_since": since}
        return (
            pod(name="mysql-9", node="", message=message, **changes),
            *(other(began) for other in others),
        )

    return made


def denied(message: str) -> Callable[[int], tuple[Item, ...]]:
    # About an owner by whose name nothing that is drawn begins: no later pod of it overcomes this.
    about, words = "StatefulSet/denied", f'pods "p" is forbidden: {message}'
    return lambda began: (event("FailedCreate", words, about=about, first=began, last=began),)


def mysql_event(reason: str, message: str, about: str) -> Callable[[int], Item]:
    return lambda began: event(reason, message, about=about, first=began, last=began)


def mysql_claim(phase: str) -> Callable[[int], Item]:
    return lambda began: claim(phase, name="data-mysql-9", created_at=at(began))


UNBOUND = "pod has unbound immediate PersistentVolumeClaims"
IN_USE = "exceeded quota: q, requested: pods=1, used: pods=9, limited: pods=9"
TROUBLES = (
    Trouble(lambda _: (NamespaceState(name="store-1", uid="uid", is_terminating=True),)),
    Trouble(sick("ErrImagePull", "not found")),
    Trouble(sick("InvalidImageName")),
    Trouble(sick("ImagePullBackOff"), "image_pull_grace"),
    Trouble(sick("CreateContainerConfigError", "no Secret"), "config_grace"),
    Trouble(sick("CreateContainerError", 'exec: "x": executable file not found')),
    Trouble(sick("CreateContainerError", "failed to sync secret cache"), "runtime_grace"),
    Trouble(sick("CrashLoopBackOff", last_exit_code=127, last_reason="StartError")),
    Trouble(sick("CrashLoopBackOff", last_exit_code=137, last_reason="OOMKilled", restarts=1)),
    Trouble(sick("CrashLoopBackOff", last_exit_code=1, last_reason="Error", restarts=3)),
    Trouble(
        sick("ContainerCreating", "", mysql_event("FailedMount", "timed out", "Pod/mysql-9")),
        "mount_grace",
    ),
    Trouble(homeless("insufficient memory"), "unschedulable_grace"),
    Trouble(homeless(UNBOUND, mysql_claim("Pending")), "volume_grace"),
    Trouble(homeless(UNBOUND, mysql_claim("Lost"))),
    Trouble(
        homeless(
            UNBOUND,
            mysql_claim("Pending"),
            mysql_event(
                "ProvisioningFailed",
                'storageclass "s" not found',
                "PersistentVolumeClaim/data-mysql-9",
            ),
        )
    ),
    # Later than what is drawn: of several Jobs the newest counts.
    Trouble(lambda _: (setup_job(is_failed=True, created_at=at(301)),)),
    Trouble(denied(IN_USE), "quota_grace"),
    Trouble(denied("exceeded quota: q"), "refusal_grace"),
    Trouble(denied("failed quota: q: must specify cpu"), "refusal_grace"),
    Trouble(denied("violates PodSecurity"), "refusal_grace"),
    Trouble(denied("maximum cpu usage per Container is 1"), "refusal_grace"),
    Trouble(denied("admission webhook w denied the request"), "refusal_grace"),
    Trouble(denied("no PriorityClass with name p was found"), "refusal_grace"),
    Trouble(denied("is invalid"), "refusal_grace"),
    Trouble(denied(""), "refusal_grace"),
    Trouble(denied("status unknown for quota: q"), "passing_refusal_grace"),
)
