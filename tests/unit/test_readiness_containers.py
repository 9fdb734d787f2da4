"""The rules about containers: each one's fatal case, its grace, its healing, and look-alikes."""

from datetime import timedelta

import pytest

from provisioner.domain.cluster import ClusterEvent, Container, ContainerState, PodPhase
from provisioner.readiness import FatalFinding
from tests.unit.readiness_records import (
    WORDPRESS,
    Given,
    at,
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

NOT_FOUND = (
    'failed to resolve reference "docker.io/library/mysql:9.9": docker.io/library/mysql:9.9:'
    " not found"
)
TIMEOUT = "dial tcp 1.2.3.4:443: i/o timeout"
CANNOT_SYNC = "failed to sync secret cache: timed out waiting for the condition"
NO_COMMAND = 'exec: "wp": executable file not found in $PATH'


def crashed(
    restarts: int, code: int = 1, reason: str = "Error", name: str = "mysql", **changes: object
) -> Container:
    return waiting(
        "CrashLoopBackOff",
        "back-off 20s restarting failed container",
        name,
        restarts=restarts,
        last_exit_code=code,
        last_reason=reason,
        **changes,
    )


def pull_failure(message: str, first: float, last: float = 0) -> ClusterEvent:
    return event("Failed", f'Failed to pull image "mysql:9.9": {message}', first=first, last=last)


def fatal(store: Given, seconds: float) -> tuple[str, str | None, str | None, bool] | None:
    found = store.assessed(seconds).fatal
    return (found.reason.code, found.pod, found.container, found.previous) if found else None


def lost(store: Given, seconds: float = 1) -> FatalFinding:
    found = store.assessed(seconds).fatal
    assert found is not None
    return found


def sentence(store: Given, seconds: float = 1) -> str:
    return lost(store, seconds).reason.message


class TestImageNotFound:
    @pytest.mark.parametrize(
        ("reason", "message"),
        [
            ("ErrImagePull", NOT_FOUND),
            ("ImagePullBackOff", f'Back-off pulling image "mysql:9.9": ErrImagePull: {NOT_FOUND}'),
            ("ErrImagePull", "manifest unknown: manifest unknown"),
            ("ErrImagePull", "pull access denied, repository does not exist"),
            ("ErrImagePull", "invalid reference format"),
            ("InvalidImageName", "couldn't parse image name"),
            ("ErrImageNeverPull", ""),
        ],
    )
    def test_given_a_definitive_answer_when_assessed_then_it_dooms_at_once(
        self, reason: str, message: str
    ) -> None:
        assessment = given(pod(waiting(reason, message))).assessed(0)
        assert assessment.fatal is not None
        assert assessment.fatal.reason.code == "IMAGE_NOT_FOUND"
        assert (assessment.fatal.pod, assessment.fatal.container) == (None, None)

    def test_given_a_missing_image_when_assessed_then_the_sentence_names_it_and_the_remedy(
        self,
    ) -> None:
        store = given(pod(waiting("ErrImagePull", NOT_FOUND)))
        assert sentence(store) == (
            "Pod mysql-0, container mysql: the image mysql:9.9 was not found (failed to resolve"
            ' reference "docker.io/library/mysql:9.9": docker.io/library/mysql:9.9: not found).'
            " Check the engine version's image name and tag, then retry."
        )

    def test_given_an_old_kubelet_when_it_backs_off_then_the_pods_event_tells(self) -> None:
        back_off = pod(waiting("ImagePullBackOff", 'Back-off pulling image "mysql:9.9"'))
        store = given(back_off, pull_failure(NOT_FOUND, 2))
        assert fatal(store, 3) == ("IMAGE_NOT_FOUND", None, None, False)

    def test_given_an_earlier_pods_event_when_assessed_then_it_does_not_count(self) -> None:
        back_off = pod(waiting("ImagePullBackOff", "Back-off"), unready_since=None)
        store = given(back_off, pull_failure(NOT_FOUND, -60, -50))
        assert fatal(store, 3) is None

    def test_given_a_jobs_pod_when_its_image_is_missing_then_it_dooms_too(self) -> None:
        store = Given((setup_job(), setup_pod(waiting("ErrImagePull", NOT_FOUND))), workloads=())
        assert fatal(store, 1) == ("IMAGE_NOT_FOUND", None, None, False)

    def test_given_an_init_container_when_its_image_is_missing_then_it_is_named(self) -> None:
        broken = waiting("ErrImagePull", "manifest unknown", name="prepare", is_init=True)
        assert sentence(given(pod(broken, waiting("PodInitializing")))) == (
            "Pod mysql-0, init container prepare: the image mysql:9.9 was not found (manifest"
            " unknown). Check the engine version's image name and tag, then retry."
        )


class TestImagePullFailed:
    def test_given_a_timeout_when_inside_the_grace_then_it_is_rechecked_at_its_end(self) -> None:
        store = given(pod(waiting("ErrImagePull", TIMEOUT)), pull_failure(TIMEOUT, 30))
        assessment = store.assessed(50)
        assert assessment.fatal is None
        assert assessment.recheck_after == timedelta(seconds=100)
        assert assessment.waiting_for == (
            "mysql: container mysql has no image yet (dial tcp 1.2.3.4:443: i/o timeout)"
            " (0 of 1 ready)."
        )

    def test_given_a_timeout_when_the_grace_has_passed_then_it_dooms(self) -> None:
        store = given(pod(waiting("ErrImagePull", TIMEOUT)), pull_failure(TIMEOUT, 30))
        assert fatal(store, 149) is None
        assert fatal(store, 150) == ("IMAGE_PULL_FAILED", None, None, False)
        assert [store.assessed(when).recheck_after for when in (150, 151)] == [None, None]
        assert sentence(store, 150) == (
            "Pod mysql-0, container mysql: the image mysql:9.9 cannot be pulled (dial tcp"
            " 1.2.3.4:443: i/o timeout). Check that the registry answers, and the credentials for"
            " it, then retry."
        )

    def test_given_a_back_off_without_event_when_assessed_then_the_pods_age_counts(self) -> None:
        store = given(pod(waiting("ImagePullBackOff", TIMEOUT)))
        assert store.assessed(20).recheck_after == timedelta(seconds=100)
        assert fatal(store, 120) == ("IMAGE_PULL_FAILED", None, None, False)

    def test_given_a_first_failure_after_a_long_pull_when_its_event_is_late_then_it_waits(
        self,
    ) -> None:
        assessment = given(pod(waiting("ErrImagePull", TIMEOUT))).assessed(500)
        assert (assessment.fatal, assessment.recheck_after) == (None, None)

    def test_given_an_old_pod_when_it_broke_only_now_then_the_grace_starts_now(self) -> None:
        broken = pod(waiting("ImagePullBackOff", TIMEOUT), unready_since=at(5000))
        assert given(broken).assessed(5010).recheck_after == timedelta(seconds=110)

    def test_given_failed_pulls_when_the_container_runs_then_it_has_healed(self) -> None:
        store = given(pod(container()), pull_failure(TIMEOUT, 1, 100))
        assert fatal(store, 300) is None


class TestCrashLoop:
    def test_given_three_restarts_when_in_back_off_then_it_dooms_with_the_previous_log(
        self,
    ) -> None:
        store = given(pod(crashed(3)))
        assert fatal(store, 1) == ("CRASH_LOOP", "mysql-0", "mysql", True)
        assert sentence(store) == (
            "Pod mysql-0, container mysql: it crashes again and again, last with exit code 1."
            " Read the end of its log, mend what it names, then retry."
        )

    def test_given_a_run_that_just_ended_when_assessed_then_its_own_log_tells(self) -> None:
        ended = container(state=ContainerState.TERMINATED, reason="Error", exit_code=2, restarts=3)
        assert fatal(given(pod(ended)), 1) == ("CRASH_LOOP", "mysql-0", "mysql", False)

    def test_given_two_restarts_when_in_back_off_then_it_is_given_another(self) -> None:
        assessment = given(pod(crashed(2))).assessed(1)
        assert (assessment.fatal, assessment.recheck_after) == (None, None)
        assert assessment.waiting_for == (
            "mysql: container mysql ended (exit code 1) and will be started again (0 of 1 ready)."
        )

    def test_given_many_restarts_when_it_runs_again_then_it_is_not_failed(self) -> None:
        assert fatal(given(pod(container(restarts=9, last_exit_code=1))), 1) is None

    def test_given_an_init_container_when_it_crashes_then_it_dooms(self) -> None:
        broken = crashed(3, name="prepare", is_init=True)
        store = given(pod(broken, waiting("PodInitializing")))
        assert fatal(store, 1) == ("CRASH_LOOP", "mysql-0", "prepare", True)

    def test_given_exit_code_zero_when_it_ends_again_and_again_then_that_is_said(self) -> None:
        assert sentence(given(pod(crashed(3, 0, "Completed")))) == (
            "Pod mysql-0, container mysql: it ends again and again with exit code 0, where it"
            " should keep running. Read the end of its log, mend what it names, then retry."
        )

    def test_given_a_failing_probe_when_it_is_killed_by_it_then_the_probe_is_named(self) -> None:
        probe = event("Unhealthy", "Liveness probe failed: HTTP 500", first=5)
        store = given(pod(crashed(3, 137)), probe)
        assert fatal(store, 9) == ("CRASH_LOOP", "mysql-0", "mysql", True)
        assert sentence(store, 9) == (
            "Pod mysql-0, container mysql: it is stopped again and again because it fails its"
            " probe (Liveness probe failed: HTTP 500). Read the end of its log, mend what it"
            " names, then retry."
        )

    def test_given_a_jobs_pod_when_it_crashes_then_its_job_decides(self) -> None:
        store = Given((setup_job(), setup_pod(crashed(9))), workloads=())
        assert fatal(store, 1) is None

    def test_given_a_terminating_pod_when_it_crashes_then_it_is_neither_failed_nor_ready(
        self,
    ) -> None:
        assessment = given(pod(crashed(9), is_terminating=True)).assessed(1)
        assert (assessment.fatal, assessment.are_workloads_ready) == (None, False)
        assert assessment.waiting_for == "mysql: its old pod is being removed (0 of 1 ready)."

    def test_given_an_older_replica_set_when_only_its_pod_crashes_then_the_newer_counts(
        self,
    ) -> None:
        store = Given(
            (
                wordpress_pod(crashed(9), name="wordpress-old-aaaaa"),
                wordpress_pod(container(), name="wordpress-new-bbbbb", created_at=at(5)),
            ),
            workloads=(WORDPRESS,),
        )
        assert fatal(store, 10) is None

    def test_given_enough_ready_pods_when_another_crashes_then_nothing_is_failed(self) -> None:
        assessment = given(ready_pod(), pod(crashed(9), name="mysql-1")).assessed(1)
        assert (assessment.fatal, assessment.are_workloads_ready) == (None, True)

    def test_given_another_component_when_its_pod_crashes_then_it_is_not_waited_for(self) -> None:
        store = given(pod(container()), pod(crashed(9), name="cron-1", component="cron"))
        assert fatal(store, 1) is None


class TestOutOfMemory:
    def test_given_a_second_kill_when_assessed_then_it_dooms(self) -> None:
        store = given(pod(crashed(1, 137, "OOMKilled")))
        assert fatal(store, 1) == ("OUT_OF_MEMORY", "mysql-0", "mysql", True)
        assert sentence(store) == (
            "Pod mysql-0, container mysql: it was killed because it used more memory than its"
            " limit (OOMKilled). Raise its memory limit in the chart's values, then retry."
        )

    @pytest.mark.parametrize(
        "innocent",
        [
            container(state=ContainerState.TERMINATED, reason="OOMKilled", exit_code=137),
            container(restarts=1, last_reason="OOMKilled", last_exit_code=137),
            crashed(2, 137),
        ],
        ids=["first kill", "runs again", "killed by something else, a few times"],
    )
    def test_given_a_chance_is_left_when_assessed_then_it_waits(self, innocent: Container) -> None:
        assert fatal(given(pod(innocent)), 1) is None

    def test_given_exit_code_137_when_no_probe_did_it_then_memory_is_suspected(self) -> None:
        readiness = event("Unhealthy", "Readiness probe failed: refused", first=5)
        store = given(pod(crashed(3, 137)), readiness)
        assert fatal(store, 9) == ("OUT_OF_MEMORY", "mysql-0", "mysql", True)

    def test_given_a_ready_pod_when_it_was_killed_once_then_it_has_healed(self) -> None:
        healed = container(is_ready=True, restarts=4, last_reason="OOMKilled", last_exit_code=137)
        assessment = given(ready_pod(containers=(healed,))).assessed(1)
        assert (assessment.fatal, assessment.are_workloads_ready) == (None, True)


class TestBadContainerConfig:
    def test_given_a_missing_secret_when_the_grace_has_passed_then_it_dooms(self) -> None:
        broken = waiting("CreateContainerConfigError", 'secret "db" not found')
        store = given(pod(broken), event("Failed", 'Error: secret "db" not found', first=10))
        assert fatal(store, 29) is None
        assert store.assessed(29).recheck_after == timedelta(seconds=1)
        assert fatal(store, 30) == ("BAD_CONTAINER_CONFIG", None, None, False)
        assert sentence(store, 30) == (
            "Pod mysql-0, container mysql: it cannot be created (CreateContainerConfigError: secret"
            ' "db" not found). Correct what it names in the chart or its values, then retry.'
        )

    @pytest.mark.parametrize(
        ("reason", "message"),
        [
            (
                "CreateContainerConfigError",
                "container has runAsNonRoot and image will run as root",
            ),
            ("CreateContainerError", "no command specified"),
            ("RunContainerError", NO_COMMAND),
        ],
    )
    def test_given_what_never_heals_when_assessed_then_it_dooms_at_once(
        self, reason: str, message: str
    ) -> None:
        store = given(pod(waiting(reason, message)))
        assert fatal(store, 0) == ("BAD_CONTAINER_CONFIG", None, None, False)

    @pytest.mark.parametrize(
        ("reason", "message"),
        [
            ("CreateContainerConfigError", CANNOT_SYNC),
            ("CreateContainerError", "context deadline exceeded"),
        ],
    )
    def test_given_trouble_of_the_node_when_assessed_then_it_has_a_longer_grace(
        self, reason: str, message: str
    ) -> None:
        store = given(pod(waiting(reason, message)))
        assert store.assessed(40).fatal is None
        assert store.assessed(40).recheck_after == timedelta(seconds=20)
        assert fatal(store, 60) == ("BAD_CONTAINER_CONFIG", None, None, False)

    def test_given_a_jobs_pod_when_it_cannot_be_created_then_it_dooms_too(self) -> None:
        broken = setup_pod(waiting("CreateContainerConfigError", 'secret "db" not found'))
        store = Given((setup_job(), broken), workloads=())
        assert fatal(store, 20) == ("BAD_CONTAINER_CONFIG", None, None, False)

    def test_given_a_secret_that_came_when_the_container_runs_then_it_has_healed(self) -> None:
        store = given(pod(container()), event("Failed", 'Error: secret "db" not found', last=9))
        assert fatal(store, 99) is None


class TestContainerCannotRun:
    @pytest.mark.parametrize(
        ("code", "reason", "message"),
        [(127, "ContainerCannotRun", "no such file"), (128, "StartError", NO_COMMAND)],
    )
    def test_given_a_command_that_is_not_there_when_assessed_then_it_dooms_at_once(
        self, code: int, reason: str, message: str
    ) -> None:
        broken = crashed(1, code, reason, last_message=message)
        assert fatal(given(pod(broken)), 1) == ("CONTAINER_CANNOT_RUN", None, None, False)

    def test_given_a_missing_command_when_assessed_then_the_sentence_names_it(self) -> None:
        broken = crashed(1, 128, "StartError", last_message=NO_COMMAND)
        assert sentence(given(pod(broken))) == (
            "Pod mysql-0, container mysql: its command cannot be started, exit code 128"
            ' (exec: "wp":'
            " executable file not found in $PATH). Check the image and the command in the chart,"
            " then retry."
        )

    def test_given_exit_code_128_when_the_words_may_mean_the_node_then_it_is_tried_again(
        self,
    ) -> None:
        words = "can't get final child's PID from pipe: EOF"
        assert fatal(given(pod(crashed(2, 128, "StartError", last_message=words))), 1) is None
        store = given(pod(crashed(3, 128, "StartError", last_message=words)))
        assert fatal(store, 1) == ("CONTAINER_CANNOT_RUN", None, None, False)


class TestProbes:
    def test_given_a_failing_startup_probe_when_assessed_then_it_is_shown_but_no_doom(self) -> None:
        probe = event("Unhealthy", "Startup probe failed: connection refused", first=5, last=90)
        assessment = given(pod(container(), phase=PodPhase.RUNNING), probe).assessed(100)
        assert (assessment.fatal, assessment.recheck_after) == (None, None)
        assert assessment.waiting_for == (
            "mysql: container mysql is not ready yet (Startup probe failed: connection refused)"
            " (0 of 1 ready)."
        )
