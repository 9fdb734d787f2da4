"""Lists everything that is fatal to a store, in a table of rules.

Each rule has a stable code, a remedy, the source that it was taken from, the search for its
problem, and a grace period. The order is by how much a rule tells about the cause: where two rules
find the same fault, the first one explains it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from provisioner.domain.codes import ReasonCode
from provisioner.domain.stores import Reason
from provisioner.readiness import cluster, containers
from provisioner.readiness.assessment import FatalFinding, GracePeriods
from provisioner.readiness.cluster import AdmissionDenial, denied
from provisioner.readiness.containers import Problem, each_container
from provisioner.readiness.facts import LONG_AGO, Facts

_CORRECT = "Correct what it names in the chart or its values"
_READ_LOG = "Read the end of its log, mend what it names"
_MORE_ROOM = "Raise its quota in the chart's values or lower what its pods ask for"
_ASK = "Ask the cluster's operator which policy refuses it"


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem that a rule has found. It is fatal to the store from ``due_at`` on."""

    fatal: FatalFinding
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of problem.

    ``grace`` picks the grace period of a problem that may pass. It begins when the problem was
    first seen. ``source`` names the code or project from which the rule is known.
    """

    code: ReasonCode
    remedy: str
    source: str
    find: Callable[[Facts], Iterator[Problem]]
    grace: Callable[[GracePeriods], timedelta] = lambda _: timedelta()

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Yield what the rule finds. The result does not depend on the present time."""
        for problem in self.find(facts):
            # A problem without a start does not pass by itself, and is fatal at any time.
            log, due_at = problem.log, LONG_AGO
            if problem.since is not None:
                # What began before this operation gets its whole grace period again.
                due_at = max(problem.since, facts.since) + self.grace(facts.grace_periods)
            remedy = problem.remedy or self.remedy
            message = f"{problem.where}: {problem.what}. {remedy}, then retry."
            fatal = FatalFinding(
                reason=Reason(self.code, message),
                pod=log.pod if log else None,
                container=log.container if log else None,
                previous=log.previous if log else False,
            )
            yield Finding(fatal, due_at)


RULES: tuple[Rule, ...] = (
    Rule(
        ReasonCode.NAMESPACE_TERMINATING,
        "Wait until it is gone",
        "kubernetes apiserver pkg/admission/plugin/namespace/lifecycle: no new objects",
        cluster.namespace_terminating,
    ),
    Rule(
        ReasonCode.IMAGE_NOT_FOUND,
        "Check the engine version's image name and tag",
        "krane pod.rb: ErrImagePull if 'not found'; kubernetes pkg/kubelet/images/types.go",
        each_container(containers.image_not_found),
    ),
    Rule(
        ReasonCode.BAD_CONTAINER_CONFIG,
        _CORRECT,
        "krane pod.rb: CreateContainerConfigError; Argo CD health_pod.go: waiting for '*Error'",
        each_container(containers.bad_config),
        attrgetter("config_grace"),
    ),
    Rule(
        ReasonCode.CONTAINER_CANNOT_RUN,
        "Check the image and the command in the chart",
        "krane pod.rb: ContainerCannotRun, except exit code 128; containerd calls it StartError",
        each_container(containers.cannot_run),
    ),
    Rule(
        ReasonCode.OUT_OF_MEMORY,
        "Raise its memory limit in the chart's values",
        "Argo CD health_pod.go: OOMKilled",
        each_container(containers.out_of_memory),
    ),
    Rule(
        ReasonCode.CRASH_LOOP,
        _READ_LOG,
        "krane pod.rb: CrashLoopBackOff with exit code; Argo CD health_pod.go: '*BackOff'",
        each_container(containers.crash_loop),
    ),
    Rule(
        ReasonCode.SETUP_JOB_FAILED,
        _READ_LOG,
        "kubernetes batch/v1 JobCondition Failed; krane job.rb",
        cluster.setup_job_failed,
    ),
    # Three rules share this code, with different remedies or grace periods: the quota is in use, it
    # is too small for the pod even when nothing is used, or the pod names no amounts.
    Rule(
        ReasonCode.QUOTA_EXCEEDED,
        _MORE_ROOM,
        "kubernetes pkg/controller/resourcequota: what failed requests were charged comes back",
        denied(AdmissionDenial.QUOTA_IN_USE),
        attrgetter("quota_grace"),
    ),
    Rule(
        ReasonCode.QUOTA_EXCEEDED,
        _MORE_ROOM,
        "kubernetes apiserver pkg/admission/plugin/resourcequota/controller.go; CrownLabs",
        denied(AdmissionDenial.QUOTA),
        attrgetter("refusal_grace"),
    ),
    Rule(
        ReasonCode.QUOTA_EXCEEDED,
        "Set the requests and limits that it names in the chart or its values",
        "kubernetes apiserver pkg/admission/plugin/resourcequota/controller.go: 'must specify'",
        denied(AdmissionDenial.NO_AMOUNTS),
        attrgetter("refusal_grace"),
    ),
    # One code for all that admission denies, with a remedy for each kind of denial.
    Rule(
        ReasonCode.ADMISSION_REFUSED,
        "Harden the security context in the chart as it says",
        "kubernetes pod-security-admission admission/admission.go",
        denied(AdmissionDenial.POD_SECURITY),
        attrgetter("refusal_grace"),
    ),
    Rule(
        ReasonCode.ADMISSION_REFUSED,
        "Bring the resources in the chart within the namespace's LimitRange",
        "kubernetes plugin/pkg/admission/limitranger/admission.go",
        denied(AdmissionDenial.LIMIT_RANGE),
        attrgetter("refusal_grace"),
    ),
    Rule(
        ReasonCode.ADMISSION_REFUSED,
        _ASK,
        "kubernetes apiserver pkg/admission/plugin/webhook/errors, plugin/policy/validating",
        denied(AdmissionDenial.POLICY),
        attrgetter("refusal_grace"),
    ),
    Rule(
        ReasonCode.ADMISSION_REFUSED,
        "Have the cluster's operator make what it names, or correct the name in the chart",
        "kubernetes plugin/pkg/admission/priority/admission.go, runtimeclass/admission.go",
        denied(AdmissionDenial.MISSING),
        attrgetter("refusal_grace"),
    ),
    Rule(
        ReasonCode.ADMISSION_REFUSED,
        _CORRECT,
        "kubernetes apimachinery pkg/api/errors/errors.go NewInvalid",
        denied(AdmissionDenial.INVALID),
        attrgetter("refusal_grace"),
    ),
    Rule(
        ReasonCode.ADMISSION_REFUSED,
        _ASK,
        "kubernetes apiserver pkg/admission/errors.go: 'is forbidden'",
        denied(AdmissionDenial.OTHER),
        attrgetter("refusal_grace"),
    ),
    Rule(
        ReasonCode.ADMISSION_REFUSED,
        "Check that what it names exists and answers",
        "resourcequota 'status unknown', serviceaccount 'error looking up', webhooks out of reach",
        denied(AdmissionDenial.PASSING),
        attrgetter("passing_refusal_grace"),
    ),
    Rule(
        ReasonCode.VOLUME_UNBOUND,
        "Check its storage class and that class's provisioner",
        "krane persistent_volume_claim.rb: Lost, and Pending unless it waits for a consumer;"
        " sig-storage-lib-external-provisioner: ProvisioningFailed",
        cluster.volume_unbound,
        attrgetter("volume_grace"),
    ),
    Rule(
        ReasonCode.UNSCHEDULABLE,
        "Ask the cluster's operator for a node that fits",
        "krane pod.rb: PodScheduled False; kubernetes pkg/scheduler FitError",
        cluster.unschedulable,
        attrgetter("unschedulable_grace"),
    ),
    Rule(
        ReasonCode.VOLUME_MOUNT_FAILED,
        "Check the claim, Secret or ConfigMap that it names",
        "kubernetes pkg/kubelet/events/event.go: FailedMount, FailedAttachVolume",
        cluster.mount_failed,
        attrgetter("mount_grace"),
    ),
    Rule(
        ReasonCode.IMAGE_PULL_FAILED,
        "Check that the registry answers, and the credentials for it",
        "Argo CD health_pod.go: waiting for 'Err*' and '*BackOff'; krane pod.rb gives it time",
        each_container(containers.image_pull_failed),
        attrgetter("image_pull_grace"),
    ),
    Rule(
        ReasonCode.BAD_CONTAINER_CONFIG,
        "Check the node's container runtime",
        "krane pod.rb: 'failed to sync … cache' passes; kubernetes PR 75260",
        each_container(containers.runtime_problem),
        attrgetter("runtime_grace"),
    ),
)
