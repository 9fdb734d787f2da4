"""What a failed store is told to do helps: each remedy is done as it is said, and then retried."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from app.local.cluster import LocalCluster, stages
from app.local.cluster.local_cluster import ClusterError
from tests.e2e.conftest import NewService
from tests.e2e.test_recovery import a_store, behaving, give_values

GRACES = {
    f"STORE_PLATFORM_{name}_GRACE_SECONDS": "2"
    for name in ("IMAGE_PULL", "CONFIG", "UNSCHEDULABLE", "VOLUME", "REFUSAL", "QUOTA")
}
Values = dict[str, Any]


def nothing(_: LocalCluster) -> None:
    """Do nothing to the cluster."""


@dataclass(frozen=True)
class Case:
    """What breaks a store, the code and a part of the remedy that are told, and that remedy."""

    name: str
    broken: Values
    code: str
    told: str
    mended: Values
    break_it: Callable[[LocalCluster], None] = nothing
    mend_it: Callable[[LocalCluster], None] = nothing


def of_class(component: str, name: str) -> Values:
    return {component: {"storage": {"className": name}}}


def of_size(requests: str, limits: str, **others: Any) -> Values:
    return {
        "mysql": {"resources": {"requests": {"cpu": requests}, "limits": {"cpu": limits}}},
        **others,
    }


def make_class(cluster: LocalCluster) -> None:
    storage_class = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "late"},
        "provisioner": "kubernetes.io/host-path",
    }
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(storage_class))


POLICY = "refuse-marked-pods"
MARK = "test.store-platform.dev/refused"
MESSAGE = "marked pods are refused here"


def add_policy(cluster: LocalCluster) -> None:
    rule = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["CREATE"],
        "resources": ["pods"],
    }
    objects = [
        {
            "kind": "ValidatingAdmissionPolicy",
            "spec": {
                "matchConstraints": {"resourceRules": [rule]},
                "validations": [
                    {
                        "expression": "!has(object.metadata.annotations)"
                        f" || !('{MARK}' in object.metadata.annotations)",
                        "message": MESSAGE,
                    }
                ],
            },
        },
        {
            "kind": "ValidatingAdmissionPolicyBinding",
            "spec": {"policyName": POLICY, "validationActions": ["Deny"]},
        },
    ]
    for item in objects:
        made = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "metadata": {"name": POLICY},
            **item,
        }
        cluster.kubectl("create", "-f", "-", stdin=json.dumps(made))
    await_policy(cluster, is_there=True)


def await_policy(cluster: LocalCluster, *, is_there: bool) -> None:
    """Wait until the policy holds, or no longer does: the API server takes note some time later."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "marked", "annotations": {MARK: "yes"}},
        "spec": {"containers": [{"name": "main", "image": "any"}]},
    }
    deadline = time.monotonic() + 60
    while (MESSAGE in answer_to(cluster, pod)) is not is_there:
        assert time.monotonic() < deadline, "The API server took no note within a minute."
        time.sleep(0.1)


def answer_to(cluster: LocalCluster, made: Values) -> str:
    """Return what the API server would say to the creation of an object."""
    try:
        return cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(made))
    except ClusterError as error:
        return str(error)


def remove_policy(cluster: LocalCluster) -> None:
    for kind in ("ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy"):
        cluster.kubectl("delete", kind, POLICY)
    await_policy(cluster, is_there=False)


CASES = (
    Case(
        "image",
        {"wordpress": {"image": {"repository": f"{stages.MISSING_IMAGES}wordpress"}}},
        "IMAGE_NOT_FOUND",
        "Check the engine version's image name and tag",
        {},
    ),
    Case(
        "class-of-a-set",
        of_class("mysql", "nowhere"),
        "VOLUME_UNBOUND",
        "Check its storage class",
        of_class("mysql", "standard"),
    ),
    Case(
        "class-of-a-claim",
        of_class("wordpress", "nowhere"),
        "VOLUME_UNBOUND",
        "Check its storage class",
        of_class("wordpress", "standard"),
    ),
    Case(
        "class-comes-late",
        of_class("mysql", "late"),
        "VOLUME_UNBOUND",
        "Check its storage class",
        of_class("mysql", "late"),
        mend_it=make_class,
    ),
    Case(
        "config",
        behaving(stages.BAD_CONFIG),
        "BAD_CONTAINER_CONFIG",
        "Correct what it names in the chart or its values",
        {},
    ),
    Case(
        "memory",
        behaving(stages.OUT_OF_MEMORY),
        "OUT_OF_MEMORY",
        "Raise its memory limit in the chart's values",
        {},
    ),
    Case(
        "init",
        behaving(stages.INIT_CRASH_LOOP),
        "CRASH_LOOP",
        "Read the end of its log, mend what it names",
        {},
    ),
    Case(
        "registry",
        behaving(stages.IMAGE_PULL_ERROR),
        "IMAGE_PULL_FAILED",
        "Check that the registry answers",
        {},
    ),
    Case("quota-kept", of_size("3", "4"), "QUOTA_EXCEEDED", "lower what its pods ask for", {}),
    Case(
        "node",
        of_size("1k", "1k", quota={"enabled": False}),
        "UNSCHEDULABLE",
        "Free capacity or add a node",
        {},
    ),
    Case(
        "policy",
        {"podAnnotations": {MARK: "yes"}},
        "ADMISSION_REFUSED",
        "Ask the cluster's operator which policy refuses it",
        {"podAnnotations": {MARK: "yes"}},
        break_it=add_policy,
        mend_it=remove_policy,
    ),
    Case("values", {"plan": "huge"}, "HELM_FAILED", "huge", {"plan": "small"}),
)


@pytest.mark.timeout(1500)
async def test_each_remedy_helps(new_service: NewService) -> None:
    service = new_service(**GRACES)
    give_values(service, {})
    service.start()
    outcomes = {}
    try:
        for case in CASES:
            outcomes[case.name] = await outcome_of(case, service)
    finally:
        for kind in ("ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy"):
            with suppress(ClusterError):
                service.cluster.kubectl("delete", kind, POLICY)
        service.cluster.kubectl("delete", "storageclass", "late", "--ignore-not-found")
    assert outcomes == {case.name: (case.code, True, "READY", None) for case in CASES}


async def outcome_of(case: Case, service: Any) -> tuple[str, bool, str, Any]:
    """Return the code that is told, whether the remedy is, and how the retry ends."""
    case.break_it(service.cluster)
    give_values(service, case.broken)
    async with a_store(service, f"case-{case.name}", patience_seconds=240) as store:
        failed = await store.until("FAILED", "READY")
        reason = failed["reason"] or {"code": "", "message": ""}
        case.mend_it(service.cluster)
        give_values(service, case.mended)
        if failed["status"] == "FAILED":
            store.call("retry")
        ended = await store.until("READY", "FAILED")
        return reason["code"], case.told in reason["message"], ended["status"], ended["reason"]
