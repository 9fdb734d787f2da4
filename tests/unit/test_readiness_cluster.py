"""The rules about what is around the containers: Jobs, nodes, volumes, denials, the namespace."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from provisioner.domain.cluster import (
    Claim,
    ClusterEvent,
    ContainerState,
    Job,
    NamespaceState,
    Pod,
    PodPhase,
)
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

    @pytest.mark.parametrize(
        ("item", "words"),
        [
            (pod(phase=PodPhase.FAILED), "no pod yet"),
            (pod(is_terminating=True, reason="NodeLost"), "its old pod is being removed"),
            (pod(), "pod mysql-0 is starting"),
            (pod(node=""), "pod mysql-0 waits for a node"),
        ],
    )
    def test_given_a_pod_without_containers_when_assessed_then_its_state_is_said(
        self, item: Pod, words: str
    ) -> None:
        assert given(item).assessed(1).waiting_for == f"mysql: {words} (0 of 1 ready)."

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

    def test_given_no_namespace_yet_when_assessed_then_that_is_no_fault(self) -> None:
        assert replace(given(), namespace=None).assessed(999).fatal is None


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

    def test_given_a_run_that_just_failed_again_when_the_job_failed_then_its_own_log_tells(
        self,
    ) -> None:
        ended = container(
            "setup", state=ContainerState.TERMINATED, exit_code=3, restarts=1, last_exit_code=2
        )
        store = Given((FAILED_JOB, setup_pod(ended)), workloads=())
        assert fatal(store.assessed(1)) == ("SETUP_JOB_FAILED", "setup-x7k2p", "setup", False)

    def test_given_several_containers_when_the_job_failed_then_the_one_that_failed_is_named(
        self,
    ) -> None:
        done = {"state": ContainerState.TERMINATED, "reason": "Completed", "exit_code": 0}
        failed = container("setup", state=ContainerState.TERMINATED, reason="Error", exit_code=3)
        broken = setup_pod(
            container("prepare", is_init=True, **done), failed, container("log", **done)
        )
        found = Given((FAILED_JOB, broken), workloads=()).assessed(1)
        assert fatal(found) == ("SETUP_JOB_FAILED", "setup-x7k2p", "setup", False)

    def test_given_a_container_that_still_runs_when_the_job_is_too_late_then_its_log_is_named(
        self,
    ) -> None:
        done = container(
            "prepare",
            is_init=True,
            state=ContainerState.TERMINATED,
            reason="Completed",
            exit_code=0,
        )
        late = setup_job(is_failed=True, failure_reason="DeadlineExceeded")
        store = Given((late, setup_pod(done, container("setup"))), workloads=())
        assert fatal(store.assessed(1)) == ("SETUP_JOB_FAILED", "setup-x7k2p", "setup", False)
        assert sentence(store.assessed(1)) == (
            "Job setup: it did not finish in time (DeadlineExceeded). Read the end of its log, mend"
            " what it names, then retry."
        )

    def test_given_a_pod_that_never_had_a_container_when_the_job_failed_then_no_log_is_named(
        self,
    ) -> None:
        store = Given((FAILED_JOB, setup_pod()), workloads=())
        assert fatal(store.assessed(1)) == ("SETUP_JOB_FAILED", None, None, False)

    def test_given_a_job_that_is_complete_when_it_also_counts_as_failed_then_it_is_done(
        self,
    ) -> None:
        found = Given((setup_job(is_complete=True, is_failed=True),), workloads=()).assessed(1)
        assert (found.fatal, found.is_setup_done) == (None, True)

    def test_given_no_job_when_one_is_expected_then_it_is_awaited(self) -> None:
        found = Given((), workloads=(), is_setup_expected=True).assessed(1)
        assert (found.fatal, found.is_setup_done) == (None, False)
        assert found.waiting_for == "setup: no job yet."

    @pytest.mark.parametrize(
        "other",
        [
            ready_pod(),
            setup_pod(component="backup", is_ready=True),
            setup_pod(owner_kind="ReplicaSet", is_ready=True),
        ],
        ids=["of a workload", "of another job", "of no job"],
    )
    def test_given_a_pod_that_is_not_the_jobs_when_assessed_then_the_jobs_is_awaited(
        self, other: Pod
    ) -> None:
        found = Given((setup_job(), other), workloads=()).assessed(1)
        assert found.waiting_for == "setup: no pod yet."

    @pytest.mark.parametrize(
        ("item", "words"),
        [
            (setup_pod(waiting("")), "pulling its image and mounting its volumes"),
            (setup_pod(phase=PodPhase.SUCCEEDED), "its pod is done, the job is about to end"),
            (setup_pod(is_terminating=True), "no pod yet"),
        ],
    )
    def test_given_a_jobs_pod_when_assessed_then_the_sentence_says_how_far_it_is(
        self, item: Pod, words: str
    ) -> None:
        assert (
            Given((setup_job(), item), workloads=()).assessed(1).waiting_for == f"setup: {words}."
        )

    @pytest.mark.parametrize(
        ("job", "changes"),
        [
            (setup_job(), {"phase": PodPhase.FAILED}),
            (setup_job(), {"is_terminating": True}),
            (setup_job(), {"is_ready": True}),
            (setup_job(is_complete=True), {}),
        ],
        ids=["failed", "terminating", "ready", "job is complete"],
    )
    def test_given_a_jobs_pod_that_does_not_matter_when_it_is_broken_then_nothing_is_failed(
        self, job: Job, changes: dict[str, Any]
    ) -> None:
        broken = setup_pod(waiting("ErrImagePull", "manifest unknown"), **changes)
        assert Given((job, broken), workloads=()).assessed(1).fatal is None

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
        other = setup_job(name="backup", component="backup", is_failed=True, created_at=at(5))
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
                "1 node(s) didn't match the node selector.",
                "Add a node that fits, or remove the taint or the node selector that is in the way",
            ),
            (UNBOUND, "Check the storage class of its claim, and that its zone has a node"),
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

    @pytest.mark.parametrize(
        "first", [pod(waiting("ContainerCreating")), homeless("gated", reason="SchedulingGated")]
    )
    def test_given_a_pod_that_is_innocent_when_the_next_has_no_room_then_that_one_is_named(
        self, first: Pod
    ) -> None:
        without_room = homeless(NO_CPU, name="wordpress-5d-a1b2c", component="wordpress")
        found = Given((first, without_room), workloads=(MYSQL, WORDPRESS)).assessed(65)
        assert sentence(found).startswith("Pod wordpress-5d-a1b2c: no node can take it")

    def test_given_a_scheduling_gate_when_assessed_then_it_is_not_failed(self) -> None:
        assert given(homeless("gated", reason="SchedulingGated")).assessed(999).fatal is None

    def test_given_a_pod_that_found_its_node_when_assessed_then_it_has_healed(self) -> None:
        assert given(pod(waiting("ContainerCreating"))).assessed(999).fatal is None

    def test_given_a_later_attempt_when_assessed_then_the_grace_starts_with_it(self) -> None:
        store = replace(given(homeless(NO_CPU)), since=500)
        assert store.assessed(510).recheck_after == timedelta(seconds=50)


class TestVolumes:
    def test_given_an_unbound_claim_when_the_grace_has_passed_then_the_claim_is_named(self) -> None:
        store = given(homeless(UNBOUND), claim(), claim("Bound", name="data-mysql-1"))
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

    def test_given_several_failures_when_assessed_then_the_first_begins_and_the_latest_tells(
        self,
    ) -> None:
        about = "PersistentVolumeClaim/data-mysql-0"
        store = given(
            homeless(UNBOUND),
            claim(),
            event("ProvisioningFailed", "timed out", about=about, first=40),
            event("ProvisioningFailed", "quota reached", about=about, first=60),
        )
        assert store.assessed(159).fatal is None
        assert sentence(store.assessed(160)).startswith(
            "Volume claim data-mysql-0: no volume could be bound to it (quota reached)."
        )

    def test_given_a_pod_of_which_nothing_is_said_when_its_claim_is_pending_then_that_is_blamed(
        self,
    ) -> None:
        store = given(pod(node=""), claim())
        assert store.assessed(119).fatal is None
        assert code(store.assessed(120)) == "VOLUME_UNBOUND"

    def test_given_two_pods_when_one_waits_for_a_volume_then_each_fault_is_found(self) -> None:
        without_room = homeless(NO_CPU, name="wordpress-5d-a1b2c", component="wordpress")
        items = (homeless(UNBOUND), without_room, claim())
        store = Given(items, workloads=(MYSQL, WORDPRESS))
        assert sentence(store.assessed(119)).startswith("Pod wordpress-5d-a1b2c:")
        assert sentence(store.assessed(120)).startswith("Volume claim data-mysql-0:")

    def test_given_failed_provisioning_when_cpu_is_short_too_then_the_claim_is_blamed(self) -> None:
        about = "PersistentVolumeClaim/data-mysql-0"
        failed = event("ProvisioningFailed", "quota reached", about=about)
        assert code(given(homeless(NO_CPU), claim(), failed).assessed(120)) == "VOLUME_UNBOUND"

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
            pod(),
            ready_pod(),
            homeless("gated", reason="SchedulingGated"),
        ],
        ids=["pod has its node", "pod just has it", "pod is ready", "pod waits for something else"],
    )
    def test_given_a_pending_claim_when_no_pod_waits_for_volumes_then_it_is_innocent(
        self, item: Pod
    ) -> None:
        assert given(item, claim()).assessed(9999).fatal is None

    @pytest.mark.parametrize("item", [claim("Lost"), claim()])
    def test_given_a_claim_in_trouble_when_its_pod_is_ready_then_it_does_not_matter(
        self, item: Claim
    ) -> None:
        about = "PersistentVolumeClaim/data-mysql-0"
        failed = event("ProvisioningFailed", "quota reached", about=about)
        assert given(ready_pod(), item, failed).assessed(9999).fatal is None

    def test_given_an_event_that_is_no_failure_when_assessed_then_the_claim_is_innocent(
        self,
    ) -> None:
        about = "PersistentVolumeClaim/data-mysql-0"
        waits = event("WaitForPodScheduled", "waiting for pod mysql-0", about=about)
        assert code(given(homeless(NO_CPU), claim(), waits).assessed(9999)) == "UNSCHEDULABLE"

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

    def test_given_several_failed_mounts_when_assessed_then_the_first_begins_and_the_latest_tells(
        self,
    ) -> None:
        store = given(
            pod(waiting("ContainerCreating")),
            event("FailedAttachVolume", "Multi-Attach error", first=10),
            event("FailedMount", "timed out", first=50),
        )
        assert store.assessed(129).fatal is None
        assert sentence(store.assessed(130)).startswith(
            "Pod mysql-0: its volumes cannot be mounted (timed out)."
        )

    def test_given_a_volume_that_cannot_be_attached_when_the_grace_has_passed_then_it_dooms(
        self,
    ) -> None:
        failed = event("FailedAttachVolume", "Multi-Attach error", first=10)
        store = given(pod(waiting("ContainerCreating")), failed)
        assert code(store.assessed(130)) == "VOLUME_MOUNT_FAILED"
        assert sentence(store.assessed(130)) == (
            "Pod mysql-0: its volumes cannot be mounted (Multi-Attach error). One node at a time"
            " mounts that volume, and another has it: end the pod that runs there, then retry."
        )

    @pytest.mark.parametrize(
        "item",
        [
            pod(waiting("CrashLoopBackOff", restarts=1)),
            pod(container()),
            pod(container(), waiting("ContainerCreating", name="sidecar")),
        ],
        ids=["has run", "runs", "one of two runs"],
    )
    def test_given_a_failed_mount_when_a_container_has_run_since_then_it_has_healed(
        self, item: Pod
    ) -> None:
        failed = event("FailedMount", 'secret "tls" not found', first=10, last=100)
        assert given(item, failed).assessed(999).fatal is None


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
            ("limits.memory=1501M", "limits.memory=1.5e9", 11),
            ("limits.memory=2Ki", "limits.memory=2048", 361),
            ("requests.cpu=500m", "requests.cpu=1", 361),
            ("requests.nvidia.com/gpu=2", "requests.nvidia.com/gpu=1", 11),
            ("limits.memory=a lot", "limits.memory=1Gi", 361),
            ("limits.memory=much", "limits.memory=1Gi", 361),
            ("limits.memory=2Gi", "limits.memory=much", 361),
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

    @pytest.mark.parametrize(("length", "due"), [(499, 11), (500, 361)])
    def test_given_a_long_message_when_it_may_be_cut_off_then_its_numbers_are_not_compared(
        self, length: int, due: float
    ) -> None:
        message = (
            'Error creating: pods "wordpress-5d-zzzzz" is forbidden: exceeded quota: store,'
            " requested: limits.memory=2Gi, used: limits.memory=1Gi, limited: limits.memory=1Gi"
        )
        store = denied(message.replace("store", "s" * (length - len(message) + len("store"))))
        assert code(store.assessed(due - 0.1)) is None
        assert code(store.assessed(due)) == "QUOTA_EXCEEDED"

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
            (
                "limits.cpu is above what the LimitRange allows",
                "Bring the resources in the chart within the namespace's LimitRange",
            ),
            (
                "ValidatingAdmissionPolicy 'images' denied request: the image is invalid",
                "Ask the cluster's operator which policy refuses it",
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
            'Error creating: pods "x" is forbidden: the object has been modified',
        ],
    )
    def test_given_a_denial_that_mostly_passes_when_assessed_then_it_has_a_longer_grace(
        self, message: str
    ) -> None:
        store = denied(message)
        assert store.assessed(31).fatal is None
        assert store.assessed(31).recheck_after == timedelta(seconds=90)
        assert code(store.assessed(121)) == "ADMISSION_REFUSED"
        assert sentence(store.assessed(121)).endswith(
            ". Check that what it names exists and answers, then retry."
        )

    def test_given_a_deployment_when_its_replica_set_is_refused_then_it_dooms(self) -> None:
        words = "forbidden: exceeded quota: store, requested: count/replicasets.apps=1"
        message = f'Failed to create new replica set "wordpress-5d": replicasets "x" is {words}'
        item = event("ReplicaSetCreateError", message, about="Deployment/wordpress", first=1)
        found = denied_by(item).assessed(11)
        assert fatal(found) == ("QUOTA_EXCEEDED", None, None, False)
        assert sentence(found).startswith("Deployment wordpress: the cluster refuses")

    def test_given_two_denials_when_assessed_then_the_latest_tells(self) -> None:
        older = event("FailedCreate", 'pods "x" is forbidden: no', about=REPLICA_SET, first=1)
        newer = event("FailedCreate", 'pods "x" is forbidden: never', about=REPLICA_SET, first=2)
        found = denied_by(older, newer).assessed(12)
        assert "refuses one (never)" in found.waiting_for
        assert "refuses to create its pod (never)" in sentence(found)

    def test_given_a_denial_when_the_attempt_began_in_the_same_second_then_it_counts(self) -> None:
        assert code(denied(OVER_QUOTA, first=0, last=0).assessed(10)) == "QUOTA_EXCEEDED"

    def test_given_a_workload_that_lacks_no_pod_when_another_does_then_only_that_is_refused(
        self,
    ) -> None:
        store = Given(
            (
                wordpress_pod(name="wordpress-5d-aaaaa"),
                ready_pod("wordpress-7f-bbbbb", component="wordpress", created_at=at(5)),
                event("FailedCreate", 'pods "x" is forbidden: no', about="StatefulSet/mysql"),
            ),
            workloads=(MYSQL, Workload("wordpress", "Deployment", 2)),
        )
        assert store.assessed(6).waiting_for == (
            "mysql: no pod yet, the cluster refuses one (no) (0 of 1 ready);"
            " wordpress: one more pod is awaited (1 of 2 ready)."
        )

    @pytest.mark.parametrize(
        "made",
        [
            wordpress_pod(created_at=at(2)),
            wordpress_pod(created_at=at(2), phase=PodPhase.FAILED, reason="Evicted"),
            wordpress_pod(name="wordpress-7f-bbbbb", created_at=at(2), is_terminating=True),
            wordpress_pod(created_at=at(1.5), is_terminating=True),
            ready_pod("wordpress-5d-bbbbb", component="wordpress", owner_kind="ReplicaSet"),
        ],
        ids=[
            "made since",
            "made and lost since",
            "made by a newer ReplicaSet",
            "made in the same second",
            "none is lacking",
        ],
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

    @pytest.mark.parametrize("name", ["mysql-backup-0", "redis-0"])
    def test_given_a_pod_of_another_owner_when_assessed_then_the_denial_stands(
        self, name: str
    ) -> None:
        item = event("FailedCreate", OVER_QUOTA, about="StatefulSet/mysql", first=1)
        other = pod(name=name, component="other", created_at=at(5))
        assert code(denied_by(item, other, workload=MYSQL).assessed(11)) == "QUOTA_EXCEEDED"

    def test_given_a_pod_of_another_deployment_when_assessed_then_the_denial_stands(self) -> None:
        item = event("FailedCreate", OVER_QUOTA, about=REPLICA_SET, first=1)
        other = wordpress_pod(name="cache-7f-bbbbb", component="cache", created_at=at(5))
        assert code(denied_by(item, other).assessed(11)) == "QUOTA_EXCEEDED"

    def test_given_a_stateful_set_when_its_pod_was_made_since_then_the_denial_was_overcome(
        self,
    ) -> None:
        item = event("FailedCreate", OVER_QUOTA, about="StatefulSet/mysql", first=1)
        made = pod(created_at=at(2), is_terminating=True)
        assert denied_by(item, made, workload=MYSQL).assessed(99).fatal is None

    def test_given_an_owner_of_a_long_name_when_its_pod_was_made_then_it_was_overcome(self) -> None:
        owner = "woo-0123456789abcdef0123456789abcdef-wordpress-5d8c7b9f6d-and-more"
        item = event("FailedCreate", OVER_QUOTA, about=f"ReplicaSet/{owner}", first=1)
        made = wordpress_pod(name=f"{owner[:58]}x7k2p", created_at=at(2), is_terminating=True)
        assert denied_by(item, made).assessed(99).fatal is None

    def test_given_a_setup_job_when_its_pod_came_in_the_end_then_the_denial_is_moot(self) -> None:
        late = event("FailedCreate", OVER_QUOTA, about="Job/setup", first=1, last=9)
        store = Given((setup_job(), setup_pod(container("setup")), late), workloads=())
        assert store.assessed(99).fatal is None

    @pytest.mark.parametrize(
        ("job", "refused"),
        [(setup_job(is_complete=True), "setup"), (setup_job(), "nightly-backup")],
        ids=["it is complete", "it is another job"],
    )
    def test_given_a_refused_pod_when_setup_does_not_need_it_then_nothing_is_failed(
        self, job: Job, refused: str
    ) -> None:
        item = event("FailedCreate", OVER_QUOTA, about=f"Job/{refused}", first=1)
        assert Given((job, item), workloads=()).assessed(99).fatal is None

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

    def test_given_a_fatal_fault_when_another_grace_runs_then_only_that_is_rechecked(self) -> None:
        refused_pod = event("FailedCreate", OVER_QUOTA, about=REPLICA_SET, first=1)
        store = Given((homeless(NO_CPU), refused_pod), workloads=(MYSQL, WORDPRESS))
        assert code(store.assessed(11)) == "QUOTA_EXCEEDED"
        assert store.assessed(11).recheck_after == timedelta(seconds=54)
        assert store.assessed(65).recheck_after is None

    def test_given_other_limits_when_assessed_then_they_are_kept(self) -> None:
        patient = GracePeriods(unschedulable_grace=timedelta(minutes=5))
        found = given(homeless(NO_CPU)).assessed(65, patient)
        assert (found.fatal, found.recheck_after) == (None, timedelta(seconds=240))

    def test_given_a_long_message_when_quoted_then_it_is_one_line_of_300_characters(self) -> None:
        store = given(pod(waiting("ErrImagePull", "not found\n" + "x" * 500)))
        quoted = sentence(store.assessed(1)).partition("(")[2].partition(")")[0]
        assert quoted == "not found " + "x" * 289 + "…"

    def test_given_a_message_of_300_characters_when_quoted_then_it_is_not_cut(self) -> None:
        words = "not found " + "X" * 290
        assert f"({words})." in sentence(given(pod(waiting("ErrImagePull", words))).assessed(1))
