"""What an assessment says, and the graces that the operator may set."""

from dataclasses import dataclass
from datetime import timedelta

from provisioner.domain.stores import Reason


@dataclass(frozen=True, slots=True)
class GracePeriods:
    """How long a problem that may pass is given before it is fatal to a store.

    Every grace counts from the time at which the cluster's own records first show the problem.
    """

    image_pull_grace: timedelta = timedelta(seconds=120)
    """For pulls that fail for another reason than a missing image: a registry that is slow, down or
    over its rate limit. The kubelet tries about four times in it (backoff 10 s, doubled each time:
    ``imageBackOff`` in pkg/kubelet/kubelet.go)."""

    config_grace: timedelta = timedelta(seconds=20)
    """For a container that names a Secret, ConfigMap or key that is not there. The kubelet looks
    again after 10 to 15 s (``backOffPeriod`` in pkg/kubelet/kubelet.go): it has one more try."""

    runtime_grace: timedelta = timedelta(seconds=60)
    """For trouble of the node rather than of the store: a cache of Secrets that is not synced yet
    (krane pod.rb), a container runtime that is out of time."""

    mount_grace: timedelta = timedelta(seconds=120)
    """For volumes that cannot be attached or mounted. The kubelet waits up to 122 s between tries
    (pkg/util/goroutinemap/exponentialbackoff)."""

    unschedulable_grace: timedelta = timedelta(seconds=60)
    """For a pod that no node takes: another store may be going, a cluster autoscaler adding a node.
    Raise it where adding one takes longer."""

    volume_grace: timedelta = timedelta(seconds=120)
    """For a claim that is not bound, while its provisioner tries again with growing waits
    (sigs.k8s.io/sig-storage-lib-external-provisioner)."""

    refusal_grace: timedelta = timedelta(seconds=10)
    """For a pod that admission denies, or that a quota has no room for even when nothing of it is
    used: somebody may be at work on what denies it."""

    quota_grace: timedelta = timedelta(seconds=360)
    """For a pod that has no room beside what the quota counts as used. An older pod's share may be
    free soon, and some of it may be of nothing that there is: an API server charges for
    requests that then fail, as many do after it was away; the controller takes that back when it
    counts anew, every five minutes (``ResourceQuotaSyncPeriod``)."""

    passing_refusal_grace: timedelta = timedelta(seconds=120)
    """For denials that mostly pass: the quota of a new namespace is not counted yet, its service
    account is not there yet, a webhook is out of reach.

    After an outage of the API server, Kubernetes' own controllers come back within half a minute
    (client-go's reflectors wait up to 30 s), and who was denied tries again at doubling intervals:
    what has passed after 41 s is seen after 82."""

    webhook_grace: timedelta = timedelta(seconds=60)
    """For an admission webhook that does not answer the API server: its pod may be starting.
    Counted by our own clock, from the first denial that is met in a step."""

    crash_restarts: int = 3
    """Restarts after which a crashing container counts as a crash loop: about 30 s after its first
    crash (the kubelet restarts at once, then after 10 s, then after 20 s). Fewer would fatal what
    only waits for another workload to come up."""

    memory_restarts: int = 1
    """Restarts after which a container that is killed for want of memory is given up: the second
    kill, since a process that needs more than its limit at its start needs it at every start."""


@dataclass(frozen=True, slots=True)
class FatalFinding:
    """Why the store cannot become ready, and where a log tells more.

    ``pod`` and ``container`` are None where there is no log that could be read; ``previous`` says
    that the log of the container's previous run is the one that tells.
    """

    reason: Reason
    pod: str | None = None
    container: str | None = None
    previous: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the watches' facts amount to, at one moment."""

    fatal: FatalFinding | None
    are_workloads_ready: bool
    """Every workload has its replicas of ready pods; terminating ones are not counted."""
    is_setup_done: bool
    """The setup Job is complete, or none is expected."""
    waiting_for: str
    """What is being waited for now, a sentence for people; "" when all is done."""
    recheck_after: timedelta | None
    """When the first running grace ends, and the same facts are to be assessed again; positive."""
