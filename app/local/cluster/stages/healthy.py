"""The life of nodes and of pods to which nothing happens, as KWOK's stages."""

from app.local.cluster.stages.behaviours import INIT_CRASH_LOOP, READY_AFTER
from app.local.cluster.stages.templates import (
    ADDRESSES,
    ALIVE,
    COMPLETED,
    CREATING,
    HAS_BEHAVIOUR,
    HAS_MISSING_IMAGE,
    INITIALIZED,
    NOT_STARTED,
    NOW,
    ON_SICK_NODE,
    PENDING,
    RUNNING,
    TERMINATED,
    Stage,
    conditions,
    containers,
    has,
    has_not,
    init_containers,
    is_in,
    stage,
    waiting,
)  # fmt: skip

_HAS_INIT = has(".spec.initContainers.[].name")
_NODE = """
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


def healthy_stages() -> list[Stage]:
    """Return the stages of nodes, and of pods from their creation to their end."""
    return [_node(), *_starting(), *_running(), *_ending()]


def _node() -> Stage:
    is_ready = '.status.conditions.[] | select(.type == "Ready") | .status'
    return stage(
        "node-initialize",
        [{"key": is_ready, "operator": "NotIn", "values": ["True"]}],
        _NODE,
        kind="Node",
    )


def _starting() -> list[Stage]:
    created = [ALIVE, has_not(".status.podIP"), has(".spec.nodeName")]
    return [
        stage(
            "pod-create",
            [*created, has_not(".spec.initContainers.[].name")],
            NOW
            + conditions(Initialized=True, Ready=False, ContainersReady=False)
            + containers(waiting("ContainerCreating"))
            + ADDRESSES,
        ),
        stage(
            "pod-create-with-init",
            [*created, _HAS_INIT],
            NOW
            + conditions(Initialized=False, Ready=False, ContainersReady=False)
            + init_containers(waiting("PodInitializing"))
            + containers(waiting("PodInitializing"))
            + ADDRESSES,
        ),
        stage(
            "pod-init",
            [
                ALIVE,
                PENDING,
                has(".status.podIP"),
                _HAS_INIT,
                is_in(".status.initContainerStatuses.[].state.waiting.reason", "PodInitializing"),
                {"key": HAS_BEHAVIOUR, "operator": "NotIn", "values": [INIT_CRASH_LOOP]},
            ],
            NOW
            + conditions(Initialized=True)
            + init_containers(COMPLETED, ready=True)
            + containers(waiting("ContainerCreating")),
            delay=100,
        ),
    ]  # fmt: skip


def _running() -> list[Stage]:
    return [
        stage(
            "pod-ready",
            [
                ALIVE, PENDING, INITIALIZED, NOT_STARTED, CREATING,
                has_not(HAS_BEHAVIOUR), has_not(HAS_MISSING_IMAGE), has_not(ON_SICK_NODE),
            ],
            NOW
            + conditions(Ready=True, ContainersReady=True)
            + containers(RUNNING, ready=True)
            + "phase: Running\n",
            delay=300,
            delay_from=f'.metadata.annotations["{READY_AFTER}"]',
        ),
        stage(
            "pod-complete",
            [
                ALIVE,
                is_in(".status.phase", "Running"),
                is_in(".metadata.ownerReferences.[].kind", "Job"),
                is_in('.status.conditions.[] | select(.type == "Ready") | .status', "True"),
            ],
            NOW
            + conditions(Ready=False, ContainersReady=False)
            + containers(COMPLETED)
            + "phase: Succeeded\n",
            delay=300,
        ),
    ]  # fmt: skip


def _ending() -> list[Stage]:
    return [
        # As the kubelet does: the controller of a Job lets go of a pod only once it has ended.
        stage(
            "pod-ended-by-deletion",
            [
                has(".metadata.deletionTimestamp"),
                has(".metadata.finalizers"),
                is_in(".status.phase", "Pending", "Running"),
            ],
            NOW
            + conditions(Ready=False, ContainersReady=False)
            + containers(TERMINATED)
            + "phase: Failed\n",
            delay=100,
        ),
        stage(
            "pod-delete",
            [has(".metadata.deletionTimestamp"), has_not(".metadata.finalizers")],
            deletes=True,
            delay=100,
        ),
    ]  # fmt: skip
