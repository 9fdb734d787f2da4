"""What a store is told to do about pods that the API server refuses helps."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from app.local.cluster import LocalCluster
from tests.e2e.conftest import NewService
from tests.e2e.remedies import (
    SETTINGS,
    Case,
    Edit,
    Values,
    await_refusal,
    helped,
    in_every_pod,
    outcomes,
)
from tests.e2e.test_recovery import Follower

POLICY = "refuse-marked-pods"
POLICY_KINDS = ("ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy")
MARK = "test.store-platform.dev/refused"
MESSAGE = "marked pods are refused here"
MARKED_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "marked", "annotations": {MARK: "yes"}},
    "spec": {"containers": [{"name": "main", "image": "any"}]},
}
GATE = "gate"
GATED = in_every_pod(f"serviceAccountName: {GATE}")
FAILED_CREATE = "reason=FailedCreate"
PRIORITY = "test-of-remedies"
LIMITS = 'limits: {cpu: "1", memory: 1Gi, ephemeral-storage: 2Gi}'
MYSQL_PLAN = f"{{requests: {{cpu: 100m, memory: 512Mi, ephemeral-storage: 256Mi}}, {LIMITS}}}"
NO_CPU_LIMIT = "limits: {memory: 1Gi, ephemeral-storage: 2Gi}"


def of_mysql(requests: str, limits: str, **others: Any) -> Values:
    return {
        "mysql": {"resources": {"requests": {"cpu": requests}, "limits": {"cpu": limits}}},
        **others,
    }


def add_policy(cluster: LocalCluster) -> None:
    rule = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["CREATE"],
        "resources": ["pods"],
    }
    policy = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [
            {
                "expression": "!has(object.metadata.annotations)"
                f" || !('{MARK}' in object.metadata.annotations)",
                "message": MESSAGE,
            }
        ],
    }
    binding = {"policyName": POLICY, "validationActions": ["Deny"]}
    for kind, spec in zip(POLICY_KINDS, (binding, policy), strict=True):
        make(cluster, "admissionregistration.k8s.io/v1", kind, POLICY, spec=spec)
    await_refusal(cluster, MARKED_POD, MESSAGE)


def remove_policy(store: Follower) -> None:
    for kind in POLICY_KINDS:
        store.service.cluster.kubectl("delete", kind, POLICY)
    await_refusal(store.service.cluster, MARKED_POD, MESSAGE, is_refused=False)


def make_priority(store: Follower) -> None:
    make(store.service.cluster, "scheduling.k8s.io/v1", "PriorityClass", PRIORITY, value=1)


def make(cluster: LocalCluster, version: str, kind: str, name: str, **fields: Any) -> None:
    item = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **fields}
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(item))


def a_pod(**resources: Values) -> Values:
    """Return a pod that asks for these amounts, and that nothing else refuses."""
    container = {
        "name": "main",
        "image": "any",
        "resources": resources,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "probe"},
        "spec": {"containers": [container]},
    }


def once_refused(pod: Values, words: str) -> Callable[[Follower], None]:
    """Return what lets the store's pods come once such a pod is refused with these words.

    The API server hears of a new quota or LimitRange some time after it was made, and admits pods
    until then. So those of the store have an account that there is not before (``GATE``).
    """

    def open_gate(store: Follower) -> None:
        await_refusal(store.service.cluster, pod, words, namespace=store.namespace)
        store.kubectl("create", "serviceaccount", GATE)

    return open_gate


def raise_quota(store: Follower) -> None:
    """Raise the quota by hand once a pod had no room in it, beside one that had."""
    once_refused(a_pod(requests={"cpu": "251m"}), "exceeded quota")(store)
    deadline = time.monotonic() + 120
    while "exceeded quota" not in store.kubectl("get", "events", "--field-selector", FAILED_CREATE):
        assert time.monotonic() < deadline, "No pod was refused within two minutes."
        time.sleep(0.2)
    more = '{"spec":{"hard":{"requests.cpu":"2"}}}'
    store.kubectl("patch", "resourcequota", store.namespace, "-p", more)


CASES = (
    Case(
        name="quota-kept",
        broken=of_mysql("3", "4"),
        edits=(GATED,),
        are_edits_kept=True,
        meanwhile=once_refused(a_pod(requests={"cpu": "3"}, limits={"cpu": "4"}), "exceeded quota"),
        code="QUOTA_EXCEEDED",
        told="lower what its pods ask for",
    ),
    Case(
        name="quota-raised",
        broken=of_mysql("3", "4"),
        mended=of_mysql("3", "4", quota={"hard": {"requests.cpu": "8"}}),
        edits=(GATED,),
        are_edits_kept=True,
        meanwhile=once_refused(a_pod(requests={"cpu": "3"}, limits={"cpu": "4"}), "exceeded quota"),
        code="QUOTA_EXCEEDED",
        told="Raise its quota in the chart's values",
    ),
    Case(
        # Of the database's 100m and the web server's 200m, whichever comes second has no room. The
        # time that it is given is the default one, of minutes.
        name="quota-by-hand",
        broken={"quota": {"hard": {"requests.cpu": "250m"}}},
        edits=(GATED,),
        are_edits_kept=True,
        code="",
        told="",
        meanwhile=raise_quota,
    ),
    Case(
        name="no-amounts",
        edits=(
            Edit("templates/limitrange.yaml", "default: {cpu: 500m, ", "default: {"),
            Edit("values.yaml", MYSQL_PLAN, MYSQL_PLAN.replace(LIMITS, NO_CPU_LIMIT)),
            GATED,
        ),
        meanwhile=once_refused(a_pod(), "must specify limits.cpu"),
        are_edits_kept=True,
        mended={"mysql": {"resources": {"limits": {"cpu": "1"}}}},
        code="QUOTA_EXCEEDED",
        told="Set the requests and limits that it names in the chart or its values",
    ),
    Case(
        name="pod-security",
        edits=(
            Edit(
                "templates/_helpers.tpl",
                "allowPrivilegeEscalation: false",
                "allowPrivilegeEscalation: true",
            ),
        ),
        code="ADMISSION_REFUSED",
        told="Harden the security context in the chart as it says",
    ),
    Case(
        name="limit-range",
        edits=(
            Edit(
                "templates/limitrange.yaml",
                "- type: Container\n",
                "- type: Container\n      max: {cpu: 750m}\n",
            ),
            GATED,
        ),
        meanwhile=once_refused(a_pod(limits={"cpu": "1"}), "maximum cpu usage"),
        are_edits_kept=True,
        mended={
            component: {"resources": {"limits": {"cpu": "750m"}}}
            for component in ("mysql", "wordpress", "setup")
        },
        code="ADMISSION_REFUSED",
        told="Bring the resources in the chart within the namespace's LimitRange",
    ),
    Case(
        # It has the LimitRange's 500m as its limit.
        name="invalid",
        edits=(
            Edit(
                "values.yaml",
                MYSQL_PLAN,
                MYSQL_PLAN.replace(LIMITS, NO_CPU_LIMIT).replace("100m", "600m"),
            ),
            GATED,
        ),
        meanwhile=once_refused(a_pod(requests={"cpu": "600m"}), "is invalid"),
        code="ADMISSION_REFUSED",
        told="Correct what it names in the chart or its values",
    ),
    Case(
        name="priority",
        edits=(in_every_pod(f"priorityClassName: {PRIORITY}"),),
        are_edits_kept=True,
        code="ADMISSION_REFUSED",
        told="Have the cluster's operator make what it names",
        mend_it=make_priority,
        made=[("PriorityClass", PRIORITY)],
    ),
    Case(
        name="runtime-class",
        edits=(in_every_pod("runtimeClassName: sandboxed"),),
        code="ADMISSION_REFUSED",
        told="or correct the name in the chart",
    ),
    Case(
        name="policy",
        broken={"podAnnotations": {MARK: "yes"}},
        mended={"podAnnotations": {MARK: "yes"}},
        code="ADMISSION_REFUSED",
        told="Ask the cluster's operator which policy refuses it",
        break_it=add_policy,
        mend_it=remove_policy,
        made=[(kind, POLICY) for kind in POLICY_KINDS],
    ),
)


@pytest.mark.timeout(600)
async def test_each_remedy_helps(new_service: NewService) -> None:
    assert await outcomes(new_service(**SETTINGS), CASES) == helped(CASES)
