"""Defines what an assessment says, and the grace periods that the operator can set."""

from dataclasses import dataclass
from datetime import timedelta

from provisioner.domain.stores import Reason


@dataclass(frozen=True, slots=True)
class GracePeriods:
    """How long each kind of problem that may pass can last before it is fatal to a store.

    Every grace period begins when the cluster's own records first show the problem.
    """

    image_pull_grace: timedelta = timedelta(seconds=120)
    """For pulls that fail although the image may exist: the registry is slow or down, or its rate
    limit is used up. The kubelet tries about four times in this period. It waits 10 s and doubles
    the wait each time (``imageBackOff`` in pkg/kubelet/kubelet.go)."""

    config_grace: timedelta = timedelta(seconds=20)
    """For a container that names a Secret, ConfigMap or key that does not exist. The kubelet looks
    again after 10 to 15 s (``backOffPeriod`` in pkg/kubelet/kubelet.go), so this allows for one
    more try."""

    runtime_grace: timedelta = timedelta(seconds=60)
    """For problems of the node rather than of the store: its cache of Secrets is not synced yet
    (krane pod.rb), or the container runtime does not answer in time."""

    mount_grace: timedelta = timedelta(seconds=120)
    """For volumes that cannot be attached or mounted. The kubelet waits up to 122 s between two
    tries (pkg/util/goroutinemap/exponentialbackoff)."""

    unschedulable_grace: timedelta = timedelta(seconds=60)
    """For a pod that no node takes. Room may appear when another store is removed, or when a
    cluster autoscaler adds a node. Raise this where adding a node takes longer."""

    volume_grace: timedelta = timedelta(seconds=120)
    """For a volume claim that is not bound. Its provisioner tries again, with growing waits
    (sigs.k8s.io/sig-storage-lib-external-provisioner)."""

    refusal_grace: timedelta = timedelta(seconds=10)
    """For a pod that admission denies, or that needs more than a whole quota. Somebody may be
    changing the policy or the quota just then."""

    quota_grace: timedelta = timedelta(seconds=360)
    """For a pod that has no room beside what its quota counts as used. The share of an older pod
    may soon be free. Some of the use may also be counted wrongly: the API server charges the quota
    for requests that fail afterwards, and many fail after it was away. The quota controller
    corrects this when it counts again, every five minutes (``ResourceQuotaSyncPeriod``)."""

    passing_refusal_grace: timedelta = timedelta(seconds=120)
    """For denials that usually pass: the quota of a new namespace is not counted yet, its service
    account does not exist yet, or a webhook does not answer.

    After an outage of the API server, Kubernetes' own controllers are back within half a minute
    (client-go's reflectors wait up to 30 s). A controller whose pod was denied tries again at
    doubling intervals, so it may notice only after 82 s what was over after 41 s."""

    webhook_grace: timedelta = timedelta(seconds=60)
    """For an admission webhook that does not answer the API server, because its pod is starting,
    for example. Counted by our own clock, from the first such denial within a step."""

    crash_restarts: int = 3
    """After this many restarts a crashing container counts as a crash loop. Three take about 30 s
    from the first crash: the kubelet restarts at once, then after 10 s, then after 20 s. With fewer
    restarts, a container that only waits for another workload to start would be fatal."""

    memory_restarts: int = 1
    """After this many restarts a container that is killed for lack of memory is given up: at the
    second kill. A process that needs more than its limit at one start needs it at every start."""


@dataclass(frozen=True, slots=True)
class FatalFinding:
    """Why the store cannot become ready, and which log tells more.

    ``pod`` and ``container`` are None when no log tells more. ``previous`` is true when the log of
    the container's previous run is the one to read.
    """

    reason: Reason
    pod: str | None
    container: str | None
    previous: bool


@dataclass(frozen=True, slots=True)
class Assessment:
    """The result: how a store is at one moment, according to the watches."""

    fatal: FatalFinding | None
    are_workloads_ready: bool
    """Every workload has as many ready pods as replicas; terminating pods are not counted."""
    is_setup_done: bool
    """The setup Job is complete, or none is expected."""
    waiting_for: str
    """What the store waits for now, as a sentence for people; "" when everything is done."""
    recheck_after: timedelta | None
    """The time, always positive, until the first running grace period ends. The same facts have to
    be assessed again then. None when no grace period runs."""
