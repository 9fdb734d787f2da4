"""What KWOK's stages are written with: conditions on objects, and templates of their statuses."""

from typing import Any

from app.local.cluster.stages.behaviours import BEHAVIOUR, MISSING_IMAGES, SICK_NODES
from app.local.cluster.stages.reports import LAST_WORDS

Expression = dict[str, Any]
Stage = dict[str, Any]

HAS_BEHAVIOUR = f'.metadata.annotations["{BEHAVIOUR}"]'
ON_SICK_NODE = f'.spec.nodeName | select(startswith("{SICK_NODES}"))'
HAS_NO_SANDBOX = '.status.conditions.[] | select(.type == "PodReadyToStartContainers") | .status'
HAS_MISSING_IMAGE = (
    f'.spec.containers.[] | select(.image | startswith("{MISSING_IMAGES}")) | .image'
)


def is_in(key: str, *values: str) -> Expression:
    return {"key": key, "operator": "In", "values": list(values)}


def has(key: str) -> Expression:
    return {"key": key, "operator": "Exists"}


def has_not(key: str) -> Expression:
    return {"key": key, "operator": "DoesNotExist"}


ALIVE = has_not(".metadata.deletionTimestamp")
PENDING = is_in(".status.phase", "Pending")
INITIALIZED = is_in('.status.conditions.[] | select(.type == "Initialized") | .status', "True")
NOT_STARTED = has_not(".status.containerStatuses.[].state.running.startedAt")
CREATING = is_in(
    ".status.containerStatuses.[].state.waiting.reason", "ContainerCreating", "PodInitializing"
)


def stage(
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


def containers(state: str, *, ready: bool = False, restarts: int = 0) -> str:
    return _statuses("containerStatuses", "containers", state, ready=ready, restarts=restarts)


def init_containers(state: str, *, ready: bool = False, restarts: int = 0) -> str:
    return _statuses(
        "initContainerStatuses", "initContainers", state, ready=ready, restarts=restarts
    )


def waiting(reason: str, message: str = "") -> str:
    quoted = message or '""'
    return f"state: {{waiting: {{reason: {reason}, message: {quoted}}}}}"


def conditions(**statuses: bool) -> str:
    items = "".join(
        f'- {{type: {kind}, status: "{value}", lastProbeTime: null,'
        f" lastTransitionTime: {{{{ $now | Quote }}}}}}\n"
        for kind, value in statuses.items()
    )
    return f"conditions:\n{items}"


NOW = "{{ $now := Now }}\n"
RUNNING = "state: {running: {startedAt: {{ $now | Quote }}}}"
COMPLETED = (
    "state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }},"
    f" finishedAt: {{{{ $now | Quote }}}}, message: {LAST_WORDS}}}}}"
)
TERMINATED = (
    "state: {terminated: {exitCode: 143, reason: Error, startedAt: {{ $now | Quote }},"
    " finishedAt: {{ $now | Quote }}}}"
)
ADDRESSES = """
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ PodIPWith .spec.nodeName (or .spec.hostNetwork false) (or .metadata.uid "") (or .metadata.name "") (or .metadata.namespace "") | Quote }}
startTime: {{ $now | Quote }}
phase: Pending
"""  # noqa: E501


def last_run(code: int, reason: str, message: str = '""') -> str:
    return (
        f"lastState: {{terminated: {{exitCode: {code}, reason: {reason}, message: {message},"
        " startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}"
    )
