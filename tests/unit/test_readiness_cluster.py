"""The rules about what is around the containers: Jobs, nodes, volumes, denials, the namespace."""

from dataclasses import replace
from datetime import timedelta

import pytest

from provisioner.domain.cluster import ClusterEvent, ContainerState, NamespaceState, Pod, PodPhase
from provisioner.domain.engines import Workload
from provisioner.readiness import Assessment, GracePeriods
from tests.unit.readiness_records import (
    MYSQL,
    WORDPRESS,
    Given,
    at,
    claim,
    container,
    event,
    given,
    pod,
    ready_pod,
    setup_job,
    setup_pod,
    waiting,
    wordpress_pod,
)

NO_CPU = "0/3 nodes are available: 3 Insufficient cpu."
UNBOUND = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
REPLICA_SET = "ReplicaSet/wordpress-5d"
OVER_QUOTA = (
    'Error creating: pods "wordpress-5d-zzzzz" is forbidden: exceeded quota: store, requested:'
    " limits.memory=2Gi, used: limits.memory=0, limited: limits.memory=1Gi"
)
FAILED_JOB = setup_job(
    is_failed=True,
    failure_reason="BackoffLimitExceeded",
    failure_message="Job has reached the specified backoff limit",
)


def fatal(assessment: Assessment) -> tuple[str, str | None, str | None, bool] | None:
    found = assessment.fatal
    return (found.reason.code, found.pod, found.container, found.previous) if found else None


def code(found: Assessment) -> str | None:
    return found.fatal.reason.code if found.fatal else None


def sentence(found: Assessment) -> str:
    assert found.fatal is not None
    return found.fatal.reason.message


def homeless(message: str, **changes: object) -> Pod:
    values: dict[str, object] = {"node": "", "reason": "Unschedulable"}
    return pod(**{**values, "unschedulable_since": at(5), "message": message, **changes})  # type: ignore[arg-type]


def denied(message: str, about: str = REPLICA_SET, *, first: float = 1, last: float = 1) -> Given:
    return denied_by(event("FailedCreate", message, about=about, first=first, last=last))


def denied_by(*items: ClusterEvent | Pod, workload: Workload = WORDPRESS) -> Given:
    return Given(items, workloads=(workload,))


class TestReadiness:
    def test_given_no_pod_when_assessed_then_it_is_awaited(self) -> None:
        assert given().assessed(1) == Assessment(
            fatal=None,
            are_workloads_ready=False,
            is_setup_done=True,
            waiting_for="mysql: no pod yet (0 of 1 ready).",
            recheck_after=None,
        )

    def test_given_all_pods_ready_and_no_job_expected_when_assessed_then_all_is_done(self) -> None:
        assert given(ready_pod()).assessed(1) == Assessment(
            fatal=None,
            are_workloads_ready=True,
            is_setup_done=True,
            waiting_for="",
            recheck_after=None,
        )

    def test_given_a_ready_pod_that_terminates_when_assessed_then_it_does_not_count(self) -> None:
        found = given(ready_pod(is_terminating=True)).assessed(1)
        assert (found.are_workloads_ready, found.fatal) == (False, None)
        assert found.waiting_for == "mysql: its old pod is being removed (0 of 1 ready)."

    def test_given_two_replicas_when_one_is_ready_then_one_more_is_awaited(self) -> None:
        store = Given((ready_pod(),), workloads=(Workload("mysql", "StatefulSet", 2),))
        assert store.assessed(1).waiting_for == "mysql: one more pod is awaited (1 of 2 ready)."

    def test_given_a_jobs_pod_of_the_same_component_when_assessed_then_it_is_not_a_replica(
        self,
    ) -> None:
        found = given(ready_pod(owner_kind="Job")).assessed(1)
        assert not found.are_workloads_ready

    def test_given_two_workloads_when_both_wait_then_both_are_named(self) -> None:
        store = Given(
            (
                pod(waiting("ContainerCreating")),
                wordpress_pod(
                    container("wait", is_init=True), waiting("PodInitializing", name="wordpress")
                ),
            ),
            workloads=(MYSQL, WORDPRESS),
        )
        assert store.assessed(1).waiting_for == (
            "mysql: pulling its image and mounting its volumes (0 of 1 ready);"
            " wordpress: init container wait is running (0 of 1 ready)."
        )

    @pytest.mark.parametrize("reason", ["Evicted", "Preempting", "UnexpectedAdmissionError"])
    def test_given_a_failed_pod_when_assessed_then_its_replacement_is_awaited(
        self, reason: str
    ) -> None:
        found = given(pod(phase=PodPhase.FAILED, reason=reason, message="low on memory.")).assessed(
            999
        )
        assert (found.fatal, found.recheck_after) == (None, None)
        assert found.waiting_for == (
            f"mysql: pod mysql-0 was given up: {reason} (low on memory), a new one is awaited"
            " (0 of 1 ready)."
        )

    def test_given_a_failed_pod_when_its_replacement_is_ready_then_all_is_done(self) -> None:
        store = Given(
            (
                wordpress_pod(phase=PodPhase.FAILED, reason="Evicted", name="wordpress-5d-aaaaa"),
                ready_pod("wordpress-5d-bbbbb", component="wordpress", owner_kind="ReplicaSet"),
            ),
            workloads=(WORDPRESS,),
        )
        assert store.assessed(1).are_workloads_ready


class TestNamespace:
    def test_given_a_terminating_namespace_when_assessed_then_it_fails_ready_pods_too(
        self,
    ) -> None:
        gone = NamespaceState(name="store-1", uid="u", is_terminating=True)
        found = replace(given(ready_pod()), namespace=gone).assessed(1)
        assert fatal(found) == ("NAMESPACE_TERMINATING", None, None, False)
        assert sentence(found) == (
            "Namespace store-1: it is being deleted, so nothing new can start in it. Wait until it"
            " is gone, then retry."
        )


class TestSetupJob:
    def test_given_a_failed_job_when_assessed_then_its_last_pods_log_is_named(self) -> None:
        failed = container("setup", state=ContainerState.TERMINATED, reason="Error", exit_code=3)
        store = Given(
            (
                FAILED_JOB,
                setup_pod(failed, name="setup-aaaaa", phase=PodPhase.FAILED, created_at=at(1)),
                setup_pod(failed, name="setup-bbbbb", phase=PodPhase.FAILED, created_at=at(20)),
            ),
            workloads=(),
        )
        found = store.assessed(30)
        assert fatal(found) == ("SETUP_JOB_FAILED", "setup-bbbbb", "setup", False)
        assert sentence(found) == (
            "Job setup: it failed, and so did its retries (BackoffLimitExceeded: Job has reached"
            " the specified backoff limit); its container setup last ended with exit code 3. Read"
            " the end of its log, mend what it names, then retry."
        )

    @pytest.mark.parametrize(
        ("reason", "words"),
        [
            ("DeadlineExceeded", "it did not finish in time (DeadlineExceeded)"),
            ("PodFailurePolicy", "it failed in a way that is not retried (PodFailurePolicy)"),
            ("", "it failed"),
        ],
    )
    def test_given_a_failed_job_without_pods_when_assessed_then_it_dooms_without_log(
        self, reason: str, words: str
    ) -> None:
        store = Given((setup_job(is_failed=True, failure_reason=reason),), workloads=())
        assert fatal(store.assessed(1)) == ("SETUP_JOB_FAILED", None, None, False)
        assert sentence(store.assessed(1)) == (
            f"Job setup: {words}. Read the end of its log, mend what it names, then retry."
        )

    def test_given_a_container_in_back_off_when_the_job_failed_then_its_last_run_tells(
        self,
    ) -> None:
        broken = waiting("CrashLoopBackOff", name="setup", last_exit_code=1, restarts=6)
        store = Given((FAILED_JOB, setup_pod(broken)), workloads=())
        assert fatal(store.assessed(1)) == ("SETUP_JOB_FAILED", "setup-x7k2p", "setup", True)

    def test_given_a_failed_pod_when_the_job_has_retries_left_then_it_waits(self) -> None:
        failed = setup_pod(
            container("setup", state=ContainerState.TERMINATED, exit_code=1, restarts=5),
            phase=PodPhase.FAILED,
        )
        found = Given((setup_job(), failed), workloads=()).assessed(1)
        assert (found.fatal, found.is_setup_done) == (None, False)
        assert found.waiting_for == "setup: pod setup-x7k2p failed, the job will try again."

    def test_given_a_complete_job_when_an_earlier_try_failed_then_it_is_done(self) -> None:
        failed = setup_pod(
            container(state=ContainerState.TERMINATED, exit_code=1), phase=PodPhase.FAILED
        )
        found = Given((setup_job(is_complete=True), failed), workloads=()).assessed(1)
        assert (found.fatal, found.is_setup_done, found.waiting_for) == (
            None,
            True,
            "",
        )

    def test_given_a_new_job_when_an_earlier_attempts_failed_then_the_new_one_counts(self) -> None:
        new = setup_job(name="setup-2", created_at=at(60))
        found = Given((FAILED_JOB, new), workloads=()).assessed(61)
        assert (found.fatal, found.waiting_for) == (None, "setup: no pod yet.")

    def test_given_pods_of_an_earlier_job_when_assessed_then_they_do_not_count(
        self,
    ) -> None:
        new = setup_job(created_at=at(60))
        found = Given(
            (new, setup_pod(phase=PodPhase.FAILED, created_at=at(9))), workloads=()
        ).assessed(61)
        assert found.waiting_for == "setup: no pod yet."

    def test_given_another_components_job_when_it_failed_then_setup_is_not_failed(self) -> None:
        other = setup_job(name="backup", component="backup", is_failed=True)
        found = Given((setup_job(), other), workloads=()).assessed(1)
        assert found.fatal is None

    def test_given_a_running_job_when_assessed_then_that_is_said(self) -> None:
        running = setup_pod(
            container("setup", is_ready=True), is_ready=True, phase=PodPhase.RUNNING
        )
        found = Given((setup_job(), running), workloads=()).assessed(1)
        assert (found.waiting_for, found.is_setup_done) == (
            "setup: the job is running.",
            False,
        )


class TestUnschedulable:
    def test_given_no_room_when_inside_the_grace_then_it_is_rechecked_at_its_end(self) -> None:
        found = given(homeless(NO_CPU)).assessed(64)
        assert (found.fatal, found.recheck_after) == (None, timedelta(seconds=1))
        assert found.waiting_for == (
            "mysql: no node has taken pod mysql-0 yet (0/3 nodes are available: 3 Insufficient cpu)"
            " (0 of 1 ready)."
        )

    def test_given_no_room_when_the_grace_has_passed_then_it_dooms(self) -> None:
        found = given(homeless(NO_CPU)).assessed(65)
        assert fatal(found) == ("UNSCHEDULABLE", None, None, False)
        assert sentence(found) == (
            "Pod mysql-0: no node can take it (0/3 nodes are available: 3 Insufficient cpu). Free"
            " capacity or add a node, then retry."
        )

    @pytest.mark.parametrize(
        ("message", "remedy"),
        [
            ("0/1 nodes are available: 1 Too many pods.", "Free capacity or add a node"),
            (
                "1 node(s) had untolerated taint {gpu: yes}, 1 Insufficient memory.",
                "Free capacity or add a node",
            ),
            (
                "1 node(s) had untolerated taint {gpu: yes}.",
                "Add a node that fits, or remove the taint or the node selector that is in the way",
            ),
            (
                "1 node(s) had volume node affinity conflict.",
                "Check the storage class of its claim, and that its zone has a node",
            ),
            (
                "no nodes available to schedule pods",
                "Ask the cluster's operator for a node that fits",
            ),
        ],
    )
    def test_given_the_schedulers_words_when_failed_then_the_remedy_fits(
        self, message: str, remedy: str
    ) -> None:
        said = sentence(given(homeless(message)).assessed(65))
        assert (
            said
            == f"Pod mysql-0: no node can take it ({message.rstrip('.')}). {remedy}, then retry."
        )

    def test_given_a_scheduling_gate_when_assessed_then_it_is_not_failed(self) -> None:
        assert given(homeless("gated", reason="SchedulingGated")).assessed(999).fatal is None

    def test_given_a_pod_that_found_its_node_when_assessed_then_it_has_healed(self) -> None:
        assert given(pod(waiting("ContainerCreating"))).assessed(999).fatal is None

    def test_given_a_later_attempt_when_assessed_then_the_grace_starts_with_it(self) -> None:
        store = replace(given(homeless(NO_CPU)), since=500)
        assert store.assessed(510).recheck_after == timedelta(seconds=50)


class TestVolumes:
    def test_given_an_unbound_claim_when_the_grace_has_passed_then_the_claim_is_named(self) -> None:
        store = given(homeless(UNBOUND), claim())
        assert store.assessed(100).fatal is None
        assert store.assessed(100).recheck_after == timedelta(seconds=20)
        assert fatal(store.assessed(120)) == ("VOLUME_UNBOUND", None, None, False)
        assert sentence(store.assessed(120)) == (
            "Volume claim data-mysql-0: no volume could be bound to it. Check its storage class and"
            " that class's provisioner, then retry."
        )

    def test_given_failed_provisioning_when_assessed_then_its_words_and_time_count(self) -> None:
        failed = event(
            "ProvisioningFailed",
            "rpc error: disk quota reached",
            about="PersistentVolumeClaim/data-mysql-0",
            first=40,
        )
        store = given(homeless(UNBOUND), claim(), failed)
        assert store.assessed(150).fatal is None
        assert sentence(store.assessed(160)) == (
            "Volume claim data-mysql-0: no volume could be bound to it (rpc error: disk quota"
            " reached). Check its storage class and that class's provisioner, then retry."
        )

    def test_given_a_storage_class_that_is_not_there_when_assessed_then_it_dooms_at_once(
        self,
    ) -> None:
        failed = event(
            "ProvisioningFailed",
            'storageclass.storage.k8s.io "fast" not found',
            about="PersistentVolumeClaim/data-mysql-0",
        )
        store = given(pod(node=""), claim(), failed)
        assert code(store.assessed(1)) == "VOLUME_UNBOUND"

    def test_given_a_lost_volume_when_its_pod_is_not_ready_then_it_dooms_at_once(self) -> None:
        found = given(pod(waiting("ContainerCreating")), claim("Lost")).assessed(1)
        assert sentence(found) == (
            "Volume claim data-mysql-0: the volume that it was bound to is gone. If it is gone for"
            " good, delete the store; else have it put back under the same name, then retry."
        )

    @pytest.mark.parametrize(
        "item",
        [
            pod(waiting("ContainerCreating")),
            ready_pod(),
            homeless("gated", reason="SchedulingGated"),
        ],
        ids=["pod has its node", "pod is ready", "pod waits for something else"],
    )
    def test_given_a_pending_claim_when_no_pod_waits_for_volumes_then_it_is_innocent(
        self, item: Pod
    ) -> None:
        assert given(item, claim()).assessed(9999).fatal is None

    def test_given_a_claim_that_waits_for_its_consumer_when_cpu_is_short_then_cpu_is_blamed(
        self,
    ) -> None:
        assert code(given(homeless(NO_CPU), claim()).assessed(9999)) == "UNSCHEDULABLE"

    def test_given_a_bound_claim_when_assessed_then_it_has_healed(self) -> None:
        assert given(pod(node=""), claim("Bound")).assessed(9999).fatal is None

    def test_given_a_failed_mount_when_the_grace_has_passed_then_it_dooms(self) -> None:
        failed = event("FailedMount", 'secret "tls" not found', first=10, last=100)
        store = given(pod(waiting("ContainerCreating")), failed)
        assert store.assessed(129).recheck_after == timedelta(seconds=1)
        assert store.assessed(129).waiting_for == (
            'mysql: the volumes of pod mysql-0 are not mounted yet (secret "tls" not found)'
            " (0 of 1 ready)."
        )
        assert fatal(store.assessed(130)) == ("VOLUME_MOUNT_FAILED", None, None, False)
        assert sentence(store.assessed(130)) == (
            'Pod mysql-0: its volumes cannot be mounted (secret "tls" not found). Check the claim,'
            " Secret or ConfigMap that it names, then retry."
        )

    def test_given_a_failed_mount_when_the_container_has_run_since_then_it_has_healed(self) -> None:
        failed = event("FailedMount", 'secret "tls" not found', first=10, last=100)
        store = given(pod(waiting("CrashLoopBackOff", restarts=1)), failed)
        assert store.assessed(999).fatal is None

    def test_given_a_failed_mount_when_the_container_runs_then_it_has_healed(self) -> None:
        failed = event("FailedMount", 'secret "tls" not found', first=10, last=100)
        assert given(pod(container()), failed).assessed(999).fatal is None


class TestDenials:
    def test_given_a_full_quota_when_the_grace_has_passed_then_it_dooms(self) -> None:
        store = denied(OVER_QUOTA)
        assert store.assessed(10).fatal is None
        assert store.assessed(10).recheck_after == timedelta(seconds=1)
        assert store.assessed(10).waiting_for == (
            "wordpress: no pod yet, the cluster refuses one (exceeded quota: store, requested:"
            " limits.memory=2Gi, used: limits.memory=0, limited: limits.memory=1Gi) (0 of 1 ready)."
        )
        assert fatal(store.assessed(11)) == ("QUOTA_EXCEEDED", None, None, False)
        assert sentence(store.assessed(11)) == (
            "ReplicaSet wordpress-5d: the cluster refuses to create its pod (exceeded quota: store,"
            " requested: limits.memory=2Gi, used: limits.memory=0, limited: limits.memory=1Gi)."
            " Raise its quota in the chart's values or lower what its pods ask for, then retry."
        )

    def test_given_a_quota_in_use_when_assessed_then_it_has_time_to_be_counted_anew(self) -> None:
        """As after an outage of the API server, which charges for requests that then fail."""
        store = denied(
            'Error creating: pods "wordpress-5d-zzzzz" is forbidden: exceeded quota: store,'
            " requested: limits.memory=256Mi, used: limits.memory=1Gi, limited: limits.memory=1Gi"
        )
        assert store.assessed(360).fatal is None
        assert "(exceeded quota: store, requested:" in store.assessed(2).waiting_for
        assert fatal(store.assessed(361)) == ("QUOTA_EXCEEDED", None, None, False)

    @pytest.mark.parametrize(
        ("asked", "limited", "due"),
        [
            ("limits.cpu=12", "limits.cpu=11", 11),
            ("limits.cpu=1,requests.cpu=2500m", "limits.cpu=11,requests.cpu=2", 11),
            ("limits.memory=2Gi", "limits.memory=2G", 11),
            ("limits.memory=1500M", "limits.memory=1.5e9", 361),
            ("requests.nvidia.com/gpu=2", "requests.nvidia.com/gpu=1", 11),
            ("limits.memory=a lot", "limits.memory=1Gi", 361),
            ("pods=1", "limits.memory=1Gi", 361),
        ],
    )
    def test_given_more_than_the_whole_quota_when_some_is_used_then_that_does_not_matter(
        self, asked: str, limited: str, due: float
    ) -> None:
        store = denied(
            'Error creating: pods "wordpress-5d-zzzzz" is forbidden: exceeded quota: store,'
            f" requested: {asked}, used: limits.cpu=1, limited: {limited}"
        )
        assert code(store.assessed(due - 0.1)) is None
        assert code(store.assessed(due)) == "QUOTA_EXCEEDED"

    def test_given_numbers_that_were_cut_off_when_assessed_then_they_are_not_compared(self) -> None:
        used = ",".join(f"requests.example.com/thing-{number}=1" for number in range(20))
        message = (
            'Error creating: pods "wordpress-5d-zzzzz" is forbidden: exceeded quota: store,'
            f" requested: limits.memory=200Mi, used: {used}, limited: limits.memory=100Gi"
        )
        cut = message[: message.index("100Gi") + 1]
        assert len(cut) > 500
        assert code(denied(cut).assessed(360)) is None

    @pytest.mark.parametrize(
        ("words", "remedy"),
        [
            (
                'violates PodSecurity "restricted:latest": runAsNonRoot != true',
                "Harden the security context in the chart as it says",
            ),
            (
                "maximum cpu usage per Container is 1, but limit is 2",
                "Bring the resources in the chart within the namespace's LimitRange",
            ),
            (
                "failed quota: store: must specify limits.cpu for: mysql",
                "Set the requests and limits that it names in the chart or its values",
            ),
            (
                "maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 5Gi",
                "Bring the resources in the chart within the namespace's LimitRange",
            ),
            (
                "no PriorityClass with name gold was found",
                "Have the cluster's operator make what it names, or correct the name in the chart",
            ),
            (
                'pod rejected: RuntimeClass "gvisor" not found',
                "Have the cluster's operator make what it names, or correct the name in the chart",
            ),
            ("no such policy", "Ask the cluster's operator which policy refuses it"),
        ],
    )
    def test_given_a_refused_pod_when_the_grace_has_passed_then_the_remedy_fits(
        self, words: str, remedy: str
    ) -> None:
        message = (
            'create Pod mysql-0 in StatefulSet mysql failed error: pods "mysql-0" is forbidden:'
            f" {words}"
        )
        item = event("FailedCreate", message, about="StatefulSet/mysql", first=1)
        found = denied_by(item, workload=MYSQL).assessed(11)
        assert code(found) == ("QUOTA_EXCEEDED" if "quota" in words else "ADMISSION_REFUSED")
        assert sentence(found) == (
            f"StatefulSet mysql: the cluster refuses to create its pod ({words}). {remedy}, then"
            " retry."
        )

    def test_given_a_pod_that_is_invalid_when_the_grace_has_passed_then_it_dooms(self) -> None:
        words = "spec.containers[0].resources.requests: must be less than or equal to cpu limit"
        store = denied(f'Error creating: Pod "wordpress-5d-zzzzz" is invalid: {words}')
        assert code(store.assessed(10)) is None
        assert sentence(store.assessed(11)) == (
            f"ReplicaSet wordpress-5d: the cluster refuses to create its pod (invalid: {words})."
            " Correct what it names in the chart or its values, then retry."
        )

    def test_given_a_webhook_that_denies_when_the_grace_has_passed_then_it_dooms(self) -> None:
        words = 'admission webhook "images.example.com" denied the request: unsigned'
        store = denied(f"Error creating: {words}")
        assert code(store.assessed(10)) is None
        assert sentence(store.assessed(11)) == (
            "ReplicaSet wordpress-5d: the cluster refuses to create its pod (Error creating:"
            f" {words}). Ask the cluster's operator which policy refuses it, then retry."
        )

    @pytest.mark.parametrize(
        "message",
        [
            'Error creating: pods "x" is forbidden: status unknown for quota: store',
            'Error creating: pods "x" is forbidden: error looking up service account s/default',
            'Error creating: Internal error occurred: failed calling webhook "a.b": refused',
        ],
    )
    def test_given_a_denial_that_mostly_passes_when_assessed_then_it_has_a_longer_grace(
        self, message: str
    ) -> None:
        store = denied(message)
        assert store.assessed(31).fatal is None
        assert store.assessed(31).recheck_after == timedelta(seconds=90)
        assert code(store.assessed(121)) == "ADMISSION_REFUSED"

    @pytest.mark.parametrize(
        "made",
        [
            wordpress_pod(created_at=at(2)),
            wordpress_pod(created_at=at(2), phase=PodPhase.FAILED, reason="Evicted"),
            wordpress_pod(name="wordpress-7f-bbbbb", created_at=at(2), is_terminating=True),
            ready_pod("wordpress-5d-bbbbb", component="wordpress", owner_kind="ReplicaSet"),
        ],
        ids=["made since", "made and lost since", "made by a newer ReplicaSet", "none is lacking"],
    )
    def test_given_a_pod_of_the_same_owner_when_assessed_then_the_denial_was_overcome(
        self, made: Pod
    ) -> None:
        item = event("FailedCreate", OVER_QUOTA, about=REPLICA_SET, first=1, last=1.5)
        found = denied_by(item, made).assessed(99)
        assert (found.fatal, found.recheck_after) == (None, None)

    def test_given_two_replicas_when_the_second_is_refused_then_it_dooms(self) -> None:
        first = ready_pod("wordpress-5d-aaaaa", component="wordpress", owner_kind="ReplicaSet")
        item = event("FailedCreate", OVER_QUOTA, about=REPLICA_SET, first=1, last=5)
        store = denied_by(item, first, workload=Workload("wordpress", "Deployment", 2))
        assert code(store.assessed(20)) == "QUOTA_EXCEEDED"

    @pytest.mark.parametrize(
        "item",
        [
            event("FailedCreate", OVER_QUOTA, about="StatefulSet/other"),
            event("FailedCreate", OVER_QUOTA, about="Job/nightly-backup"),
            event("FailedCreate", "etcdserver: leader changed", about=REPLICA_SET),
            event("FailedDelete", OVER_QUOTA, about=REPLICA_SET),
            event("FailedCreate", OVER_QUOTA, about=REPLICA_SET, first=-90, last=-60),
        ],
        ids=["other kind", "other job", "no denial", "no creation", "earlier attempt"],
    )
    def test_given_an_event_that_looks_alike_when_assessed_then_nothing_is_failed(
        self, item: ClusterEvent
    ) -> None:
        assert denied_by(item).assessed(999).fatal is None

    def test_given_a_pod_of_a_longer_name_when_assessed_then_the_denial_stands(
        self,
    ) -> None:
        item = event("FailedCreate", OVER_QUOTA, about="StatefulSet/mysql", first=1)
        other = pod(name="mysql-backup-0", component="backup", created_at=at(5))
        assert code(denied_by(item, other, workload=MYSQL).assessed(11)) == "QUOTA_EXCEEDED"

    def test_given_an_owner_of_a_long_name_when_its_pod_was_made_then_it_was_overcome(self) -> None:
        owner = "woo-0123456789abcdef0123456789abcdef-wordpress-5d8c7b9f6d-and-more"
        item = event("FailedCreate", OVER_QUOTA, about=f"ReplicaSet/{owner}", first=1)
        made = wordpress_pod(name=f"{owner[:58]}x7k2p", created_at=at(2), is_terminating=True)
        assert denied_by(item, made).assessed(99).fatal is None

    def test_given_a_setup_job_when_its_pod_came_in_the_end_then_the_denial_is_moot(self) -> None:
        late = event("FailedCreate", OVER_QUOTA, about="Job/setup", first=1, last=9)
        store = Given((setup_job(), setup_pod(container("setup")), late), workloads=())
        assert store.assessed(99).fatal is None

    def test_given_a_setup_job_when_its_pod_is_refused_then_it_dooms(self) -> None:
        item = event("FailedCreate", OVER_QUOTA, about="Job/setup", first=1)
        store = Given((setup_job(), item), workloads=())
        assert store.assessed(2).waiting_for == (
            "setup: no pod yet, the cluster refuses one (exceeded quota: store, requested:"
            " limits.memory=2Gi, used: limits.memory=0, limited: limits.memory=1Gi)."
        )
        assert code(store.assessed(11)) == "QUOTA_EXCEEDED"


class TestOrderAndLimits:
    def test_given_two_faults_when_assessed_then_the_one_nearer_the_cause_is_named(self) -> None:
        broken = pod(waiting("ErrImagePull", "manifest unknown"), name="mysql-0")
        store = Given((broken, setup_job(is_failed=True)), workloads=(MYSQL,))
        assert code(store.assessed(999)) == "IMAGE_NOT_FOUND"

    def test_given_two_running_graces_when_assessed_then_the_first_to_end_is_told(self) -> None:
        refused_pod = event("FailedCreate", OVER_QUOTA, about=REPLICA_SET, first=1)
        store = Given((homeless(NO_CPU), refused_pod), workloads=(MYSQL, WORDPRESS))
        assert store.assessed(5).recheck_after == timedelta(seconds=6)

    def test_given_other_limits_when_assessed_then_they_are_kept(self) -> None:
        patient = GracePeriods(unschedulable_grace=timedelta(minutes=5))
        found = given(homeless(NO_CPU)).assessed(65, patient)
        assert (found.fatal, found.recheck_after) == (None, timedelta(seconds=240))

    def test_given_a_long_message_when_quoted_then_it_is_one_line_of_300_characters(self) -> None:
        store = given(pod(waiting("ErrImagePull", "not found\n" + "x" * 500)))
        quoted = sentence(store.assessed(1)).partition("(")[2].partition(")")[0]
        assert quoted == "not found " + "x" * 289 + "…"
