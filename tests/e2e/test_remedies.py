"""What a store is told to do about its volumes, its nodes and its values helps."""

import json
from typing import Any

import pytest

from app.local.cluster import stages
from tests.e2e.conftest import NewService
from tests.e2e.remedies import SETTINGS, Case, Values, helped, in_pool, make_node, outcomes
from tests.e2e.test_recovery import Follower, behaving

LATE_CLASS = "late"
NEW_NODE = "new-selector"


def of_class(component: str, name: str) -> Values:
    return {component: {"storage": {"className": name}}}


def make_class(store: Follower) -> None:
    storage_class = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": LATE_CLASS},
        "provisioner": "kubernetes.io/host-path",
    }
    store.service.cluster.kubectl("create", "-f", "-", stdin=json.dumps(storage_class))


class LostVolume:
    """The volume of a store's web server, which goes and comes back."""

    volume: dict[str, Any]

    def lose(self, store: Follower) -> None:
        claim = f"pvc/{store.namespace}-wordpress"
        store.kubectl("wait", "--for=create", claim, "--timeout=60s")
        store.kubectl("wait", "--for=jsonpath={.status.phase}=Bound", claim, "--timeout=60s")
        name = store.kubectl("get", claim, "-o", "jsonpath={.spec.volumeName}")
        cluster = store.service.cluster
        self.volume = cluster.kubectl_json("get", "pv", name)
        cluster.kubectl("delete", "pv", name, "--wait=false")
        cluster.kubectl("patch", "pv", name, "-p", '{"metadata":{"finalizers":null}}')
        store.kubectl("wait", "--for=jsonpath={.status.phase}=Lost", claim, "--timeout=60s")

    def put_back(self, store: Follower) -> None:
        kept = {key: self.volume["metadata"][key] for key in ("name", "annotations")}
        item = {**self.volume, "metadata": kept, "status": {}}
        store.service.cluster.kubectl("create", "-f", "-", stdin=json.dumps(item))
        claim = f"pvc/{store.namespace}-wordpress"
        store.kubectl("wait", "--for=jsonpath={.status.phase}=Bound", claim, "--timeout=60s")


LOST = LostVolume()


def add_node(store: Follower) -> None:
    make_node(store.service.cluster, NEW_NODE, pool="selector")


CASES = (
    Case(
        name="class-of-a-set",
        broken=of_class("mysql", "nowhere"),
        mended=of_class("mysql", "standard"),
        code="VOLUME_UNBOUND",
        told="Check its storage class",
    ),
    Case(
        name="class-of-a-claim",
        broken=of_class("wordpress", "nowhere"),
        mended=of_class("wordpress", "standard"),
        code="VOLUME_UNBOUND",
        told="Check its storage class",
    ),
    Case(
        name="class-comes-late",
        broken=of_class("mysql", LATE_CLASS),
        mended=of_class("mysql", LATE_CLASS),
        code="VOLUME_UNBOUND",
        told="Check its storage class",
        mend_it=make_class,
        made=[("StorageClass", LATE_CLASS)],
    ),
    Case(
        name="volume-lost",
        broken=behaving(stages.NEVER_READY),
        code="VOLUME_UNBOUND",
        told="have it put back under the same name",
        meanwhile=LOST.lose,
        mend_it=LOST.put_back,
    ),
    Case(
        name="node",
        broken={
            "mysql": {"resources": {"requests": {"cpu": "1k"}, "limits": {"cpu": "1k"}}},
            "quota": {"enabled": False},
        },
        code="UNSCHEDULABLE",
        told="Free capacity or add a node",
    ),
    Case(
        name="selector",
        edits=(in_pool("selector"),),
        are_edits_kept=True,
        code="UNSCHEDULABLE",
        told="Add a node that fits, or remove the taint or the node selector",
        mend_it=add_node,
        made=[("node", NEW_NODE)],
    ),
    Case(
        name="values",
        broken={"services": {"ipFamilyPolicy": "IPv6"}},
        mended={"services": {"ipFamilyPolicy": "SingleStack"}},
        code="HELM_FAILED",
        told="at '/services/ipFamilyPolicy': value must be one of",
    ),
)


@pytest.mark.timeout(600)
async def test_each_remedy_helps(new_service: NewService) -> None:
    # The scheduler tries again after up to 10 s, whatever a pod without a node waits for
    settings = {**SETTINGS, "STORE_PLATFORM_UNSCHEDULABLE_GRACE_SECONDS": "15"}
    assert await outcomes(new_service(**settings), CASES) == helped(CASES)
