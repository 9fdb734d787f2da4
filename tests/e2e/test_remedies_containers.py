"""What a store is told to do about its containers helps."""

import pytest

from app.local.cluster import LocalCluster, stages
from tests.e2e.conftest import NewService
from tests.e2e.remedies import SETTINGS, Case, Edit, helped, in_pool, make_node, outcomes
from tests.e2e.test_recovery import Follower, behaving

JOB_ANNOTATIONS = """{{- with .Values.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}"""
SICK_NODE = f"{stages.SICK_NODES}runtime"
WELL_NODE = "well-runtime"


def make_sick_node(cluster: LocalCluster) -> None:
    make_node(cluster, SICK_NODE, pool="runtime")


def replace_sick_node(store: Follower) -> None:
    cluster = store.service.cluster
    make_node(cluster, WELL_NODE, pool="runtime")
    cluster.kubectl("cordon", SICK_NODE)


CASES = (
    Case(
        name="image",
        broken={"wordpress": {"image": {"repository": f"{stages.MISSING_IMAGES}wordpress"}}},
        code="IMAGE_NOT_FOUND",
        told="Check the engine version's image name and tag",
    ),
    Case(
        name="registry",
        broken=behaving(stages.IMAGE_PULL_ERROR),
        code="IMAGE_PULL_FAILED",
        told="Check that the registry answers",
    ),
    Case(
        name="config",
        broken=behaving(stages.BAD_CONFIG),
        code="BAD_CONTAINER_CONFIG",
        told="Correct what it names in the chart or its values",
    ),
    Case(
        name="command",
        broken=behaving(stages.COMMAND_MISSING),
        code="CONTAINER_CANNOT_RUN",
        told="Check the image and the command in the chart",
    ),
    Case(
        name="memory",
        broken=behaving(stages.OUT_OF_MEMORY),
        code="OUT_OF_MEMORY",
        told="Raise its memory limit in the chart's values",
    ),
    Case(
        name="init",
        broken=behaving(stages.INIT_CRASH_LOOP),
        code="CRASH_LOOP",
        told="Read the end of its log, mend what it names",
    ),
    Case(
        # The Job keeps its name, and nothing of a Job can be changed.
        name="setup",
        broken={"setup": {"backoffLimit": 0}},
        mended={"setup": {"backoffLimit": 0}},
        edits=(
            Edit(
                "templates/setup-job.yaml",
                JOB_ANNOTATIONS,
                f"annotations: {{{stages.BEHAVIOUR}: {stages.JOB_FAILS}}}",
            ),
        ),
        code="SETUP_JOB_FAILED",
        told="Read the end of its log, mend what it names",
    ),
    Case(
        name="mount",
        broken=behaving(stages.MOUNT_FAILS),
        code="VOLUME_MOUNT_FAILED",
        told="Check the claim, Secret or ConfigMap that it names",
    ),
    Case(
        name="runtime",
        edits=(in_pool("runtime"),),
        are_edits_kept=True,
        code="BAD_CONTAINER_CONFIG",
        told="Check the node's container runtime",
        break_it=make_sick_node,
        mend_it=replace_sick_node,
        made=[("node", SICK_NODE), ("node", WELL_NODE)],
    ),
)


@pytest.mark.timeout(600)
async def test_each_remedy_helps(new_service: NewService) -> None:
    assert await outcomes(new_service(**SETTINGS), CASES) == helped(CASES)
