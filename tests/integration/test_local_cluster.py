"""The local Kubernetes keeps its promises: tests of everything else rest on them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.local.cluster import LocalCluster, stages
from app.local.cluster.local_cluster import ClusterError
from provisioner.domain.cluster import ContainerEnd
from provisioner.reconcile.backup_report import saved_of
from tests.conftest import own_name

WAITING = "{.status.containerStatuses[0].state.waiting.reason}"
SEEN = {
    stages.IMAGE_NOT_FOUND: (WAITING, "ImagePullBackOff"),
    stages.IMAGE_PULL_ERROR: (WAITING, "ImagePullBackOff"),
    stages.CRASH_LOOP: (WAITING, "CrashLoopBackOff"),
    stages.BAD_CONFIG: (WAITING, "CreateContainerConfigError"),
    stages.OUT_OF_MEMORY: (
        "{.status.containerStatuses[0].lastState.terminated.reason}",
        "OOMKilled",
    ),
    stages.INIT_CRASH_LOOP: (
        "{.status.initContainerStatuses[0].state.waiting.reason}",
        "CrashLoopBackOff",
    ),
    stages.NEVER_READY: ("{.status.phase}", "Running"),
    stages.JOB_FAILS: ("{.status.phase}", "Failed"),
    stages.COMMAND_MISSING: (
        "{.status.containerStatuses[0].lastState.terminated.reason}",
        "StartError",
    ),
    stages.MOUNT_FAILS: (
        '{.status.conditions[?(@.type=="PodReadyToStartContainers")].status}',
        "False",
    ),
}


def pod(behaviour: str | None = None, **spec: Any) -> str:
    container = {"name": "main", "image": "example.invalid/main"}
    init = {"name": "init", "image": "example.invalid/init"}
    has_init = behaviour == stages.INIT_CRASH_LOOP
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": "pod",
                "annotations": {stages.BEHAVIOUR: behaviour} if behaviour else {},
            },
            "spec": {
                "containers": [container],
                "initContainers": [init] if has_init else [],
                **spec,
            },
        }
    )


def wait_for(cluster: LocalCluster, namespace: str, path: str, value: str) -> None:
    cluster.kubectl(
        "-n", namespace, "wait", "pod/pod", f"--for=jsonpath={path}={value}", "--timeout=30s"
    )


def test_every_behaviour_is_tested() -> None:
    assert set(SEEN) == set(stages.BEHAVIOURS)


@pytest.mark.parametrize("behaviour", stages.BEHAVIOURS)
def test_behaviour(local_cluster: LocalCluster, namespace: str, behaviour: str) -> None:
    local_cluster.kubectl("-n", namespace, "create", "-f", "-", stdin=pod(behaviour))
    wait_for(local_cluster, namespace, *SEEN[behaviour])


def test_a_pod_that_is_never_scheduled(local_cluster: LocalCluster, namespace: str) -> None:
    given = pod(nodeSelector={"disk": "gold"})
    local_cluster.kubectl("-n", namespace, "create", "-f", "-", stdin=given)
    wait_for(
        local_cluster,
        namespace,
        '{.status.conditions[?(@.type=="PodScheduled")].reason}',
        "Unschedulable",
    )


def test_a_healthy_pod_becomes_ready_and_its_namespace_goes(
    local_cluster: LocalCluster, namespace: str
) -> None:
    local_cluster.kubectl("-n", namespace, "create", "-f", "-", stdin=pod())
    local_cluster.kubectl("-n", namespace, "wait", "pod/pod", "--for=condition=Ready")
    local_cluster.kubectl("delete", "namespace", namespace, "--timeout=60s")
    left = local_cluster.kubectl_json("get", "pods,namespaces", "--all-namespaces")["items"]
    assert not [
        i for i in left if namespace in (i["metadata"].get("namespace"), i["metadata"]["name"])
    ]


@pytest.mark.parametrize("behaviour", [stages.NEVER_READY, stages.IMAGE_NOT_FOUND])
def test_a_namespace_goes_while_a_job_that_waits_for_ended_pods_runs(
    local_cluster: LocalCluster, namespace: str, behaviour: str
) -> None:
    """Kubernetes deletes the pods first, and the Job's finalizer is on them until they end."""
    given = json.loads(pod(behaviour, restartPolicy="Never"))
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "job"},
        "spec": {
            "podReplacementPolicy": "Failed",
            "template": {"metadata": given["metadata"], "spec": given["spec"]},
        },
    }
    local_cluster.kubectl("-n", namespace, "create", "-f", "-", stdin=json.dumps(job))
    local_cluster.kubectl(
        "-n", namespace, "wait", "pod", "-l", "job-name=job", "--for=create", "--timeout=30s"
    )
    local_cluster.kubectl(
        "-n", namespace, "wait", "pod", "-l", "job-name=job", "--timeout=30s",
        f"--for=jsonpath={SEEN[behaviour][0]}={SEEN[behaviour][1]}",
    )  # fmt: skip
    local_cluster.kubectl("delete", "namespace", namespace, "--timeout=60s")


def test_a_backup_reports_as_a_real_one(local_cluster: LocalCluster, namespace: str) -> None:
    """Each pod saves a snapshot of its own, and loads what was dumped."""
    for name in ("one", "two"):
        job = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": name},
            "spec": {"template": {"spec": {
                "restartPolicy": "Never",
                "initContainers": [{"name": "dump", "image": "example.invalid/main"}],
                "containers": [{"name": each, "image": "example.invalid/main"}
                               for each in ("save", "load", "other")],
            }}},
        }  # fmt: skip
        local_cluster.kubectl("-n", namespace, "create", "-f", "-", stdin=json.dumps(job))
    local_cluster.kubectl(
        "-n", namespace, "wait", "jobs", "--all", "--for=condition=Complete", "--timeout=30s"
    )
    snapshots = []
    for pod in local_cluster.kubectl_json("-n", namespace, "get", "pods")["items"]:
        statuses = [*pod["status"]["initContainerStatuses"], *pod["status"]["containerStatuses"]]
        ended = {each["name"]: ContainerEnd(0, _last_words(each)) for each in statuses}
        saved = saved_of(ended, ["orders", "products"])
        assert (saved.counts, saved.size, saved.added) == ({"orders": 3, "products": 2}, 2500, 700)
        assert (ended["load"], ended["other"].message) == (ended["dump"], "")
        snapshots.append(saved.snapshot)
    assert [re.fullmatch("[0-9a-f]{64}", each) is not None for each in snapshots] == [True] * 2
    assert snapshots[0] != snapshots[1]


def _last_words(status: Any) -> str:
    words: str = status["state"]["terminated"].get("message", "")
    return words


def test_rights_are_checked(local_cluster: LocalCluster) -> None:
    with pytest.raises(ClusterError, match="forbidden"):
        local_cluster.kubectl("--as=nobody", "get", "pods")


def test_pod_security_is_enforced(local_cluster: LocalCluster, namespace: str) -> None:
    local_cluster.kubectl(
        "label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted"
    )
    with pytest.raises(ClusterError, match="violates PodSecurity"):
        local_cluster.kubectl("-n", namespace, "create", "-f", "-", stdin=pod())


def test_two_side_by_side_and_down_leaves_nothing(local_cluster: LocalCluster) -> None:
    name = own_name("pytest-second")
    second = LocalCluster.up(name)
    daemons = [second.daemon(name) for name in second.components]
    try:
        assert second.server != local_cluster.server
        second.kubectl("create", "namespace", "only-here")
        with pytest.raises(ClusterError, match="not found"):
            local_cluster.kubectl("get", "namespace", "only-here")
        assert LocalCluster.up(name) == second  # it is found, not started anew
        pids = [daemon.pid for daemon in daemons]
        assert all(pids)
    finally:
        second.down()
    assert LocalCluster.find("pytest-second") is None
    assert not [pid for pid in pids if Path(f"/proc/{pid}/exe").exists()]
    assert local_cluster.is_up
