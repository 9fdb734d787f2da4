"""How KWOK plays the kubelet: stages that a simulated pod goes through, as KWOK's Stage objects.

A pod is made to misbehave in three ways: by the annotation ``BEHAVIOUR``, by a node whose name
begins with ``SICK_NODES``, or, for charts that are used as they are, by an image from the registry
``image-not-found.invalid``. How long a pod takes to
become ready is the annotation ``READY_AFTER`` (a duration such as ``3s``; 300 ms if absent).

Format: KWOK v0.8, https://kwok.sigs.k8s.io/docs/user/stages-configuration/
"""

from typing import Any

import yaml

BEHAVIOUR = "simulate.store-platform.dev/behaviour"
READY_AFTER = "simulate.store-platform.dev/ready-after"
MISSING_IMAGES = "image-not-found.invalid/"
SICK_NODES = "sick-"
"""On such a node the container runtime is out of time, whatever it is asked for."""

IMAGE_NOT_FOUND = "image-not-found"
IMAGE_PULL_ERROR = "image-pull-error"
CRASH_LOOP = "crash-loop"
INIT_CRASH_LOOP = "init-crash-loop"
OUT_OF_MEMORY = "out-of-memory"
BAD_CONFIG = "bad-config"
NEVER_READY = "never-ready"
JOB_FAILS = "job-fails"
COMMAND_MISSING = "command-missing"
MOUNT_FAILS = "mount-fails"
BEHAVIOURS = (
    IMAGE_NOT_FOUND, IMAGE_PULL_ERROR, CRASH_LOOP, INIT_CRASH_LOOP, OUT_OF_MEMORY, BAD_CONFIG,
    NEVER_READY, JOB_FAILS, COMMAND_MISSING, MOUNT_FAILS,
)  # fmt: skip

Expression = dict[str, Any]

_BEHAVIOUR = f'.metadata.annotations["{BEHAVIOUR}"]'
_SICK_NODE = f'.spec.nodeName | select(startswith("{SICK_NODES}"))'
_HAS_NO_SANDBOX = '.status.conditions.[] | select(.type == "PodReadyToStartContainers") | .status'
_MISSING_IMAGE = f'.spec.containers.[] | select(.image | startswith("{MISSING_IMAGES}")) | .image'


def stages() -> str:
    """Return all stages as one YAML text, for KWOK's ``--config``."""
    return yaml.safe_dump_all([*_node_stages(), *_healthy_stages(), *_faulty_stages()])


def _is(key: str, *values: str) -> Expression:
    return {"key": key, "operator": "In", "values": list(values)}


def _has(key: str) -> Expression:
    return {"key": key, "operator": "Exists"}


def _has_not(key: str) -> Expression:
    return {"key": key, "operator": "DoesNotExist"}


_ALIVE = _has_not(".metadata.deletionTimestamp")
_PENDING = _is(".status.phase", "Pending")
_INITIALIZED = _is('.status.conditions.[] | select(.type == "Initialized") | .status', "True")
_NOT_STARTED = _has_not(".status.containerStatuses.[].state.running.startedAt")
_CREATING = _is(
    ".status.containerStatuses.[].state.waiting.reason", "ContainerCreating", "PodInitializing"
)


def _stage(
    name: str,
    when: list[Expression],
    template: str = "",
    *,
    delay: int = 0,
    delay_from: str | None = None,
    event: tuple[str, str, str] | None = None,
    deletes: bool = False,
    kind: str = "Pod",
) -> dict[str, Any]:
    """Return a Stage; ``delay`` in milliseconds."""
    following: dict[str, Any] = {"delete": True} if deletes else {"statusTemplate": template}
    if event is not None:
        following["event"] = dict(zip(("type", "reason", "message"), event, strict=True))
    waits: dict[str, Any] = {"durationMilliseconds": delay}
    if delay_from is not None:
        waits["durationFrom"] = {"expressionFrom": delay_from}
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": kind},
            "selector": {"matchExpressions": when},
            "delay": waits,
            "next": following,
        },
    }


def _statuses(
    field: str, source: str, state: str, *, ready: bool = False, restarts: int = 0
) -> str:
    """Return a template for the statuses of all containers of a pod; ``state`` is YAML."""
    return f"""
{field}:
{{{{ range .spec.{source} }}}}
- name: {{{{ .name | Quote }}}}
  image: {{{{ .image | Quote }}}}
  imageID: ""
  ready: {str(ready).lower()}
  started: {str(ready).lower()}
  restartCount: {restarts}
  {state}
{{{{ end }}}}
"""


def _containers(state: str, *, ready: bool = False, restarts: int = 0) -> str:
    return _statuses("containerStatuses", "containers", state, ready=ready, restarts=restarts)


def _init_containers(state: str, *, ready: bool = False, restarts: int = 0) -> str:
    return _statuses(
        "initContainerStatuses", "initContainers", state, ready=ready, restarts=restarts
    )


def _waiting(reason: str, message: str = "") -> str:
    quoted = message or '""'
    return f"state: {{waiting: {{reason: {reason}, message: {quoted}}}}}"


def _conditions(**statuses: bool) -> str:
    items = "".join(
        f'- {{type: {kind}, status: "{value}", lastProbeTime: null,'
        f" lastTransitionTime: {{{{ $now | Quote }}}}}}\n"
        for kind, value in statuses.items()
    )
    return f"conditions:\n{items}"


_NOW = "{{ $now := Now }}\n"
_RUNNING = "state: {running: {startedAt: {{ $now | Quote }}}}"
_COMPLETED = (
    "state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }},"
    " finishedAt: {{ $now | Quote }}}}"
)
_TERMINATED = (
    "state: {terminated: {exitCode: 143, reason: Error, startedAt: {{ $now | Quote }},"
    " finishedAt: {{ $now | Quote }}}}"
)
_ADDRESSES = """
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ PodIPWith .spec.nodeName (or .spec.hostNetwork false) (or .metadata.uid "") (or .metadata.name "") (or .metadata.namespace "") | Quote }}
startTime: {{ $now | Quote }}
phase: Pending
"""  # noqa: E501


def _healthy_stages() -> list[dict[str, Any]]:
    waiting_for_init = _has(".spec.initContainers.[].name")
    created = [_ALIVE, _has_not(".status.podIP"), _has(".spec.nodeName")]
    return [
        _stage(
            "pod-create",
            [*created, _has_not(".spec.initContainers.[].name")],
            _NOW
            + _conditions(Initialized=True, Ready=False, ContainersReady=False)
            + _containers(_waiting("ContainerCreating"))
            + _ADDRESSES,
        ),
        _stage(
            "pod-create-with-init",
            [*created, waiting_for_init],
            _NOW
            + _conditions(Initialized=False, Ready=False, ContainersReady=False)
            + _init_containers(_waiting("PodInitializing"))
            + _containers(_waiting("PodInitializing"))
            + _ADDRESSES,
        ),
        _stage(
            "pod-init",
            [
                _ALIVE,
                _PENDING,
                _has(".status.podIP"),
                waiting_for_init,
                _is(".status.initContainerStatuses.[].state.waiting.reason", "PodInitializing"),
                {"key": _BEHAVIOUR, "operator": "NotIn", "values": [INIT_CRASH_LOOP]},
            ],
            _NOW
            + _conditions(Initialized=True)
            + _init_containers(_COMPLETED, ready=True)
            + _containers(_waiting("ContainerCreating")),
            delay=100,
        ),
        _stage(
            "pod-ready",
            [
                _ALIVE, _PENDING, _INITIALIZED, _NOT_STARTED, _CREATING,
                _has_not(_BEHAVIOUR), _has_not(_MISSING_IMAGE), _has_not(_SICK_NODE),
            ],
            _NOW
            + _conditions(Ready=True, ContainersReady=True)
            + _containers(_RUNNING, ready=True)
            + "phase: Running\n",
            delay=300,
            delay_from=f'.metadata.annotations["{READY_AFTER}"]',
        ),
        _stage(
            "pod-complete",
            [
                _ALIVE,
                _is(".status.phase", "Running"),
                _is(".metadata.ownerReferences.[].kind", "Job"),
                _is('.status.conditions.[] | select(.type == "Ready") | .status', "True"),
            ],
            _NOW
            + _conditions(Ready=False, ContainersReady=False)
            + _containers(_COMPLETED)
            + "phase: Succeeded\n",
            delay=300,
        ),
        # As the kubelet does: the controller of a Job lets go of a pod only once it has ended.
        _stage(
            "pod-ended-by-deletion",
            [
                _has(".metadata.deletionTimestamp"),
                _has(".metadata.finalizers"),
                _is(".status.phase", "Pending", "Running"),
            ],
            _NOW
            + _conditions(Ready=False, ContainersReady=False)
            + _containers(_TERMINATED)
            + "phase: Failed\n",
            delay=100,
        ),
        _stage(
            "pod-delete",
            [_has(".metadata.deletionTimestamp"), _has_not(".metadata.finalizers")],
            deletes=True,
            delay=100,
        ),
    ]  # fmt: skip


def _last_run(code: int, reason: str, message: str = '""') -> str:
    return (
        f"lastState: {{terminated: {{exitCode: {code}, reason: {reason}, message: {message},"
        " startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}"
    )


def _faulty_stages() -> list[dict[str, Any]]:
    """Return a stage for each fault; the statuses read as containerd and the kubelet write them."""
    ready_to_start = [_ALIVE, _PENDING, _INITIALIZED, _CREATING]
    not_found = _containers(
        _waiting(
            "ImagePullBackOff",
            '{{ printf "Back-off pulling image %q: ErrImagePull: rpc error: code = NotFound desc ='
            ' failed to pull and unpack image %q: failed to resolve reference: not found" .image'
            " .image | Quote }}",
        )
    )
    failed_pull = ("Warning", "Failed", "Error: ErrImagePull")
    faults: dict[str, tuple[str, tuple[str, str, str] | None]] = {
        IMAGE_NOT_FOUND: (not_found, failed_pull),
        IMAGE_PULL_ERROR: (
            _containers(
                _waiting(
                    "ImagePullBackOff",
                    '"Back-off pulling image: ErrImagePull: failed to do request: dial tcp: i/o'
                    ' timeout"',
                )
            ),
            failed_pull,
        ),
        CRASH_LOOP: (
            _containers(
                _waiting("CrashLoopBackOff", '"back-off 40s restarting failed container"')
                + "\n  "
                + _last_run(3, "Error"),
                restarts=4,
            )
            + "phase: Running\n",
            ("Warning", "BackOff", "Back-off restarting failed container"),
        ),
        OUT_OF_MEMORY: (
            _containers(
                _waiting("CrashLoopBackOff", '"back-off 10s restarting failed container"')
                + "\n  "
                + _last_run(137, "OOMKilled"),
                restarts=1,
            )
            + "phase: Running\n",
            None,
        ),
        BAD_CONFIG: (
            _containers(_waiting("CreateContainerConfigError", "'secret \"missing\" not found'")),
            None,
        ),
        COMMAND_MISSING: (
            _containers(
                _waiting("CrashLoopBackOff", '"back-off 10s restarting failed container"')
                + "\n  "
                + _last_run(
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
        NEVER_READY: (_containers(_RUNNING) + "phase: Running\n", None),
        JOB_FAILS: (
            _containers(
                "state: {terminated: {exitCode: 1, reason: Error, startedAt: {{ $now | Quote }},"
                " finishedAt: {{ $now | Quote }}}}"
            )
            + "phase: Failed\n",
            None,
        ),
    }
    by_annotation = [
        _stage(
            f"pod-{name}", [*ready_to_start, _is(_BEHAVIOUR, name)], _NOW + template,
            delay=100, event=event,
        )
        for name, (template, event) in faults.items()
    ]  # fmt: skip
    return [
        *by_annotation,
        _stage(
            "pod-missing-image",
            [*ready_to_start, _has_not(_BEHAVIOUR), _has(_MISSING_IMAGE)],
            _NOW + not_found,
            delay=100,
            event=failed_pull,
        ),
        _stage(
            f"pod-{MOUNT_FAILS}",
            [*ready_to_start, _is(_BEHAVIOUR, MOUNT_FAILS), _has_not(_HAS_NO_SANDBOX)],
            _NOW + _conditions(PodReadyToStartContainers=False),
            delay=100,
            event=(
                "Warning",
                "FailedMount",
                'MountVolume.SetUp failed for volume "settings" : configmap "settings" not found',
            ),
        ),
        _stage(
            "pod-on-a-sick-node",
            [*ready_to_start, _has_not(_BEHAVIOUR), _has(_SICK_NODE)],
            _NOW + _containers(_waiting("CreateContainerError", '"context deadline exceeded"')),
            delay=100,
        ),
        _stage(
            "pod-init-crash-loop",
            [
                _ALIVE, _PENDING, _is(_BEHAVIOUR, INIT_CRASH_LOOP),
                _is(".status.initContainerStatuses.[].state.waiting.reason", "PodInitializing"),
            ],
            _NOW
            + _init_containers(
                _waiting("CrashLoopBackOff", '"back-off 40s restarting failed container"')
                + "\n  "
                + _last_run(1, "Error"),
                restarts=4,
            ),
            delay=100,
        ),
    ]  # fmt: skip


def _node_stages() -> list[dict[str, Any]]:
    template = """
{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- {lastHeartbeatTime: {{ $now | Quote }}, lastTransitionTime: {{ $now | Quote }}, message: {{ .message | Quote }}, reason: {{ .reason | Quote }}, status: {{ .status | Quote }}, type: {{ .type | Quote }}}
{{ end }}
addresses:
- {address: {{ NodeIP | Quote }}, type: InternalIP}
- {address: {{ NodeName | Quote }}, type: Hostname}
phase: Running
"""  # noqa: E501
    is_ready = '.status.conditions.[] | select(.type == "Ready") | .status'
    return [
        _stage(
            "node-initialize",
            [{"key": is_ready, "operator": "NotIn", "values": ["True"]}],
            template,
            kind="Node",
        )
    ]
