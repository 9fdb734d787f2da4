"""Pods that misbehave, as KWOK's stages, with the words of containerd and the kubelet."""

from app.local.cluster.stages.behaviours import (
    BAD_CONFIG,
    COMMAND_MISSING,
    CRASH_LOOP,
    IMAGE_NOT_FOUND,
    IMAGE_PULL_ERROR,
    INIT_CRASH_LOOP,
    JOB_FAILS,
    MISSING_IMAGES,
    MOUNT_FAILS,
    NEVER_READY,
    OUT_OF_MEMORY,
)  # fmt: skip
from app.local.cluster.stages.templates import (
    ALIVE,
    CREATING,
    HAS_BEHAVIOUR,
    HAS_MISSING_IMAGE,
    HAS_NO_SANDBOX,
    INITIALIZED,
    NOW,
    ON_SICK_NODE,
    PENDING,
    RUNNING,
    Stage,
    conditions,
    containers,
    has,
    has_not,
    init_containers,
    is_in,
    last_run,
    stage,
    waiting,
)  # fmt: skip

_READY_TO_START = [ALIVE, PENDING, INITIALIZED, CREATING]
_WAITS_FOR_IMAGE = waiting(
    "ImagePullBackOff",
    '{{ printf "Back-off pulling image %q: ErrImagePull: rpc error: code = NotFound desc ='
    ' failed to pull and unpack image %q: failed to resolve reference: not found" .image'
    " .image | Quote }}",
)
_NOT_FOUND = containers(_WAITS_FOR_IMAGE)
# Of several containers, those whose image is there run meanwhile.
_ONE_NOT_FOUND = containers(
    f"{{{{ if hasPrefix `{MISSING_IMAGES}` .image }}}}{_WAITS_FOR_IMAGE}"
    f"{{{{ else }}}}{RUNNING}{{{{ end }}}}"
)
_FAILED_PULL = ("Warning", "Failed", "Error: ErrImagePull")
_FAULTS: dict[str, tuple[str, tuple[str, str, str] | None]] = {
    IMAGE_NOT_FOUND: (_NOT_FOUND, _FAILED_PULL),
    IMAGE_PULL_ERROR: (
        containers(
            waiting(
                "ImagePullBackOff",
                '"Back-off pulling image: ErrImagePull: failed to do request: dial tcp: i/o'
                ' timeout"',
            )
        ),
        _FAILED_PULL,
    ),
    CRASH_LOOP: (
        containers(
            waiting("CrashLoopBackOff", '"back-off 40s restarting failed container"')
            + "\n  "
            + last_run(3, "Error"),
            restarts=4,
        )
        + "phase: Running\n",
        ("Warning", "BackOff", "Back-off restarting failed container"),
    ),
    OUT_OF_MEMORY: (
        containers(
            waiting("CrashLoopBackOff", '"back-off 10s restarting failed container"')
            + "\n  "
            + last_run(137, "OOMKilled"),
            restarts=1,
        )
        + "phase: Running\n",
        None,
    ),
    BAD_CONFIG: (
        containers(waiting("CreateContainerConfigError", "'secret \"missing\" not found'")),
        None,
    ),
    COMMAND_MISSING: (
        containers(
            waiting("CrashLoopBackOff", '"back-off 10s restarting failed container"')
            + "\n  "
            + last_run(
                128,
                "StartError",
                "'failed to create containerd task: failed to create shim task: runc create"
                ' failed: unable to start container process: exec: "no-such-program":'
                " executable file not found in $PATH'",
            ),
            restarts=1,
        )
        + "phase: Running\n",
        None,
    ),
    NEVER_READY: (containers(RUNNING) + "phase: Running\n", None),
    JOB_FAILS: (
        containers(
            "state: {terminated: {exitCode: 1, reason: Error, startedAt: {{ $now | Quote }},"
            " finishedAt: {{ $now | Quote }}}}"
        )
        + "phase: Failed\n",
        None,
    ),
}
"""By behaviour: what the status becomes, and the event that tells of it."""


def faulty_stages() -> list[Stage]:
    """Return a stage for each way in which a pod can misbehave."""
    by_annotation = [
        stage(
            f"pod-{name}", [*_READY_TO_START, is_in(HAS_BEHAVIOUR, name)], NOW + template,
            delay=100, event=event,
        )
        for name, (template, event) in _FAULTS.items()
    ]  # fmt: skip
    return [*by_annotation, *_of_the_machine(), _init_crash_loop()]


def _of_the_machine() -> list[Stage]:
    """Return the stages of pods that cannot start for what is around them."""
    return [
        stage(
            "pod-missing-image",
            [*_READY_TO_START, has_not(HAS_BEHAVIOUR), has(HAS_MISSING_IMAGE)],
            NOW + _ONE_NOT_FOUND,
            delay=100,
            event=_FAILED_PULL,
        ),
        stage(
            f"pod-{MOUNT_FAILS}",
            [*_READY_TO_START, is_in(HAS_BEHAVIOUR, MOUNT_FAILS), has_not(HAS_NO_SANDBOX)],
            NOW + conditions(PodReadyToStartContainers=False),
            delay=100,
            event=(
                "Warning",
                "FailedMount",
                'MountVolume.SetUp failed for volume "settings" : configmap "settings" not found',
            ),
        ),
        stage(
            "pod-on-a-sick-node",
            [*_READY_TO_START, has_not(HAS_BEHAVIOUR), has(ON_SICK_NODE)],
            NOW + containers(waiting("CreateContainerError", '"context deadline exceeded"')),
            delay=100,
        ),
    ]


def _init_crash_loop() -> Stage:
    return stage(
        "pod-init-crash-loop",
        [
            ALIVE, PENDING, is_in(HAS_BEHAVIOUR, INIT_CRASH_LOOP),
            is_in(".status.initContainerStatuses.[].state.waiting.reason", "PodInitializing"),
        ],
        NOW
        + init_containers(
            waiting("CrashLoopBackOff", '"back-off 40s restarting failed container"')
            + "\n  "
            + last_run(1, "Error"),
            restarts=4,
        ),
        delay=100,
    )  # fmt: skip
