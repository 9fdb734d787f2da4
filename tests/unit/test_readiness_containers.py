"""The rules about containers: each one's fatal case, its grace, its healing, and look-alikes."""

from datetime import timedelta

import pytest

from provisioner.domain.cluster import ClusterEvent, Container, ContainerState, PodPhase
from provisioner.domain.engines import Workload
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
    restarts: int,
    code: int | None = 1,
    reason: str = "Error",
    name: str = "mysql",
    **changes: object,
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
            ("ErrImagePull", "Container image is not present with pull policy of Never"),
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

    def test_given_an_invalid_name_when_assessed_then_that_is_said(self) -> None:
        store = given(pod(waiting("InvalidImageName", "couldn't parse it", image="My SQL")))
        assert sentence(store) == (
            "Pod mysql-0, container mysql: the image My SQL has no valid name (couldn't parse it)."
            " Check the engine version's image name and tag, then retry."
        )

    def test_given_no_name_of_the_image_when_it_is_missing_then_the_sentence_does_without(
        self,
    ) -> None:
        store = given(pod(waiting("ErrImagePull", "not found", image="")))
        assert sentence(store).startswith(
            "Pod mysql-0, container mysql: its image was not found (not found)."
        )

    def test_given_a_back_off_that_says_why_when_an_event_says_another_then_it_counts(self) -> None:
        store = given(pod(waiting("ImagePullBackOff", NOT_FOUND)), pull_failure(TIMEOUT, 2))
        assert fatal(store, 3) == ("IMAGE_NOT_FOUND", None, None, False)

    @pytest.mark.parametrize(
        ("image", "message"),
        [
            ("mysql:9.9", 'Failed to pull image "redis:8": not found'),
            ("mysql:9.9", 'Error: secret "db" not found'),
            ("", 'Error: secret "db" not found'),
        ],
        ids=["another image", "no pull", "no pull, and no image's name"],
    )
    def test_given_an_event_about_something_else_when_assessed_then_it_does_not_count(
        self, image: str, message: str
    ) -> None:
        back_off = waiting("ImagePullBackOff", "Back-off", image=image)
        assert fatal(given(pod(back_off), event("Failed", message, first=2)), 3) is None

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

    @pytest.mark.parametrize(
        "reason", ["ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed"]
    )
    def test_given_any_other_failure_when_the_grace_has_passed_then_it_dooms(
        self, reason: str
    ) -> None:
        store = given(pod(waiting(reason, TIMEOUT)))
        assert fatal(store, 119) is None
        assert fatal(store, 120) == ("IMAGE_PULL_FAILED", None, None, False)

    def test_given_no_name_of_the_image_when_the_grace_has_passed_then_the_sentence_does_without(
        self,
    ) -> None:
        store = given(pod(waiting("ImagePullBackOff", TIMEOUT, image="")))
        assert sentence(store, 120).startswith(
            f"Pod mysql-0, container mysql: its image cannot be pulled ({TIMEOUT})."
        )

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

    @pytest.mark.parametrize(
        ("code", "reason", "words"),
        [
            (1, "Error", "exit code 1"),
            (0, "Completed", "exit code 0"),
            (2, "", "exit code 2"),
            (137, "OOMKilled", "OOMKilled, exit code 137"),
            (None, "", "exit code unknown"),
        ],
    )
    def test_given_a_run_that_ended_when_more_are_left_then_the_sentence_says_how(
        self, code: int | None, reason: str, words: str
    ) -> None:
        ended = container(state=ContainerState.TERMINATED, reason=reason, exit_code=code)
        assert given(pod(ended)).assessed(1).waiting_for == (
            f"mysql: container mysql ended ({words}) and will be started again (0 of 1 ready)."
        )

    @pytest.mark.parametrize(
        ("code", "reason", "words"),
        [
            (2, "", "exit code 2"),
            (255, "Unknown", "exit code 255 (Unknown)"),
            (None, "", "exit code unknown"),
        ],
    )
    def test_given_a_crash_loop_when_assessed_then_the_sentence_says_how_it_ended(
        self, code: int | None, reason: str, words: str
    ) -> None:
        assert sentence(given(pod(crashed(3, code, reason)))).startswith(
            f"Pod mysql-0, container mysql: it crashes again and again, last with {words}. Read"
        )

    def test_given_an_init_container_when_it_is_done_at_last_then_it_is_well(self) -> None:
        done = container(
            "prepare", is_init=True, state=ContainerState.TERMINATED, exit_code=0, restarts=5
        )
        assessment = given(pod(done, waiting("PodInitializing"))).assessed(1)
        assert assessment.fatal is None
        assert assessment.waiting_for == (
            "mysql: pulling its image and mounting its volumes (0 of 1 ready)."
        )

    def test_given_an_init_container_when_its_run_failed_then_it_dooms(self) -> None:
        failed = container(
            "prepare", is_init=True, state=ContainerState.TERMINATED, exit_code=1, restarts=3
        )
        store = given(pod(failed, waiting("PodInitializing")))
        assert fatal(store, 1) == ("CRASH_LOOP", "mysql-0", "prepare", False)

    def test_given_a_container_that_should_run_when_it_ended_with_zero_then_it_is_not_well(
        self,
    ) -> None:
        ended = container(state=ContainerState.TERMINATED, exit_code=0, restarts=3)
        assert fatal(given(pod(ended)), 1) == ("CRASH_LOOP", "mysql-0", "mysql", False)

    def test_given_a_ready_sidecar_when_another_container_is_not_then_that_is_awaited(self) -> None:
        sidecar = container("sidecar", is_ready=True)
        assert given(pod(sidecar, container())).assessed(1).waiting_for == (
            "mysql: container mysql is starting (0 of 1 ready)."
        )

    def test_given_an_init_container_when_it_crashes_then_it_dooms(self) -> None:
        broken = crashed(3, name="prepare", is_init=True)
        store = given(pod(broken, waiting("PodInitializing")))
        assert fatal(store, 1) == ("CRASH_LOOP", "mysql-0", "prepare", True)

    def test_given_exit_code_zero_when_it_ends_again_and_again_then_that_is_said(self) -> None:
        assert sentence(given(pod(crashed(3, 0, "Completed")))) == (
            "Pod mysql-0, container mysql: it ends again and again with exit code 0, where it"
            " should keep running. Read the end of its log, mend what it names, then retry."
        )

    @pytest.mark.parametrize("probe", ["Liveness", "Startup"])
    @pytest.mark.parametrize("code", [0, 137, 143])
    def test_given_a_failing_probe_when_it_is_stopped_by_it_then_the_probe_is_named(
        self, code: int, probe: str
    ) -> None:
        failed = event("Unhealthy", f"{probe} probe failed: HTTP 500", first=5)
        store = given(pod(crashed(3, code)), failed)
        assert fatal(store, 9) == ("CRASH_LOOP", "mysql-0", "mysql", True)
        assert sentence(store, 9) == (
            "Pod mysql-0, container mysql: it is stopped again and again because it fails its"
            f" probe ({probe} probe failed: HTTP 500). Read the end of its log, mend what it"
            " names, then retry."
        )

    def test_given_a_failing_probe_when_it_ends_with_an_error_then_that_is_named(self) -> None:
        probe = event("Unhealthy", "Liveness probe failed: HTTP 500", first=5)
        assert sentence(given(pod(crashed(3, 1)), probe), 9).startswith(
            "Pod mysql-0, container mysql: it crashes again and again, last with exit code 1. Read"
        )

    @pytest.mark.parametrize(
        "broken",
        [crashed(9), crashed(9, 137, "OOMKilled"), crashed(9, 127, "ContainerCannotRun")],
        ids=["crashes", "out of memory", "cannot run"],
    )
    def test_given_a_jobs_pod_when_its_run_fails_then_its_job_decides(
        self, broken: Container
    ) -> None:
        store = Given((setup_job(), setup_pod(broken)), workloads=())
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

    def test_given_a_stateful_set_when_a_stray_pod_is_newer_then_its_own_is_still_looked_at(
        self,
    ) -> None:
        stray = pod(container(), name="copy-of-mysql", owner_kind="", created_at=at(5))
        assert fatal(given(pod(crashed(9)), stray), 6) == ("CRASH_LOOP", "mysql-0", "mysql", True)

    def test_given_a_ready_pod_when_its_replica_is_missing_then_it_is_not_to_blame(self) -> None:
        two = (Workload("mysql", "StatefulSet", 2),)
        store = Given((ready_pod(containers=(crashed(9),)),), workloads=two)
        assert fatal(store, 1) is None

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
        assert sentence(store, 9) == (
            "Pod mysql-0, container mysql: it is killed again and again (exit code 137), most often"
            " for want of memory. Raise its memory limit in the chart's values, then retry."
        )

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
        assert store.assessed(30).recheck_after is None
        assert store.assessed(30).waiting_for == (
            "mysql: container mysql cannot start yet (CreateContainerConfigError: secret"
            ' "db" not found) (0 of 1 ready).'
        )

    def test_given_a_failed_pull_before_when_a_secret_is_missing_then_the_grace_starts_after_it(
        self,
    ) -> None:
        broken = waiting("CreateContainerConfigError", 'secret "db" not found')
        missing = event("Failed", 'Error: secret "db" not found', first=10)
        store = given(pod(broken), pull_failure(TIMEOUT, 5), missing)
        assert fatal(store, 29) is None
        assert fatal(store, 30) == ("BAD_CONTAINER_CONFIG", None, None, False)

    def test_given_no_message_when_the_grace_has_passed_then_the_reason_stands_alone(self) -> None:
        assert sentence(given(pod(waiting("CreateContainerError"))), 20).startswith(
            "Pod mysql-0, container mysql: it cannot be created (CreateContainerError). Correct"
        )

    @pytest.mark.parametrize(
        ("reason", "message"),
        [
            (
                "CreateContainerConfigError",
                "container has runAsNonRoot and image will run as root",
            ),
            ("CreateContainerConfigError", "container's runAsUser breaks non-root policy"),
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
            ("CreateContainerError", 'the name "mysql_0" is reserved for "5f2a"'),
        ],
    )
    def test_given_trouble_of_the_node_when_assessed_then_it_has_a_longer_grace(
        self, reason: str, message: str
    ) -> None:
        store = given(pod(waiting(reason, message)))
        assert store.assessed(40).fatal is None
        assert store.assessed(40).recheck_after == timedelta(seconds=20)
        assert fatal(store, 60) == ("BAD_CONTAINER_CONFIG", None, None, False)
        assert sentence(store, 60).endswith(". Check the node's container runtime, then retry.")

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

    def test_given_a_run_that_just_ended_when_its_command_is_missing_then_it_dooms(self) -> None:
        ended = container(
            state=ContainerState.TERMINATED, reason="StartError", exit_code=128, message=NO_COMMAND
        )
        assert fatal(given(pod(ended)), 1) == ("CONTAINER_CANNOT_RUN", None, None, False)

    def test_given_a_start_that_failed_when_the_container_runs_then_it_has_healed(self) -> None:
        runs = container(restarts=1, last_reason="ContainerCannotRun", last_exit_code=127)
        assert fatal(given(pod(runs)), 1) is None

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


class TestWaiting:
    @pytest.mark.parametrize("reason", ["", "ContainerCreating", "PodInitializing"])
    def test_given_a_container_whose_turn_has_not_come_when_assessed_then_that_is_said(
        self, reason: str
    ) -> None:
        assert given(pod(waiting(reason))).assessed(1).waiting_for == (
            "mysql: pulling its image and mounting its volumes (0 of 1 ready)."
        )
