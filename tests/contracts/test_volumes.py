"""``ports.Cluster`` on volumes: which can grow, and how a StatefulSet gets others."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from provisioner.domain.cluster import Volume
from provisioner.domain.errors import ClusterRejectedError, HelmError, NotFoundError
from provisioner.reconcile.rendered import rendered_volumes
from provisioner.testing import SimulatedCluster
from tests.contracts.conftest import PATIENCE_SECONDS, World

SIZES = {"small": "1Gi", "large": "2Gi"}
Allow = Callable[[bool], Awaitable[None]]


@pytest.fixture
async def allow(request: pytest.FixtureRequest, world: World) -> Allow:
    """Say whether volumes of the class ``simulated`` can grow, before the first is there."""
    cluster = world.cluster
    if isinstance(cluster, SimulatedCluster):
        cluster.sizes = SIZES

        async def allow_here(can_grow: bool) -> None:  # noqa: FBT001
            cluster.can_grow = can_grow

        return allow_here
    local = request.getfixturevalue("local_cluster")

    async def allow_there(can_grow: bool) -> None:  # noqa: FBT001
        body = {
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": "simulated"}, "provisioner": "kubernetes.io/host-path",
            "allowVolumeExpansion": can_grow,
        }  # fmt: skip
        await asyncio.to_thread(local.kubectl, "apply", "-f", "-", stdin=json.dumps(body))

    return allow_there


def name(world: World) -> str:
    return f"data-{world.namespace}-db-0"


async def volumes(world: World) -> list[Volume]:
    """Return the volumes once there is one that is bound to its claim."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = list(await world.cluster.volumes(world.namespace))
            phases = [claim.phase for claim in world.observer.observe(world.namespace).claims]
            if found and (phases == ["Bound"] or isinstance(world.cluster, SimulatedCluster)):
                return found
            await asyncio.sleep(0.1)


async def test_where_there_is_nothing_there_are_no_volumes(world: World) -> None:
    assert list(await world.cluster.volumes(world.namespace)) == []
    await world.create()
    assert list(await world.cluster.volumes(world.namespace)) == []
    await world.cluster.release_pods(world.namespace, "db")  # there is none
    with pytest.raises(NotFoundError):
        await world.cluster.grow_volume(world.namespace, "data", "2Gi")


async def test_a_volume_grows_where_its_class_allows_it(world: World, allow: Allow) -> None:
    await allow(True)  # noqa: FBT003
    await world.create()
    await world.install(plan="small")
    assert await volumes(world) == [Volume(name(world), "1Gi", "simulated", can_grow=True)]
    await world.cluster.grow_volume(world.namespace, name(world), "2Gi", is_trial=True)
    assert [item.size for item in await volumes(world)] == ["1Gi"]
    await world.cluster.grow_volume(world.namespace, name(world), "2Gi")
    assert [item.size for item in await volumes(world)] == ["2Gi"]


async def test_a_volume_does_not_grow_where_its_class_forbids_it(
    world: World, allow: Allow
) -> None:
    await allow(False)  # noqa: FBT003
    await world.create()
    await world.install(plan="small")
    assert [item.can_grow for item in await volumes(world)] == [False]
    for is_trial in (True, False):
        with pytest.raises(ClusterRejectedError):
            await world.cluster.grow_volume(world.namespace, name(world), "2Gi", is_trial=is_trial)
    assert [item.size for item in await volumes(world)] == ["1Gi"]


async def test_a_stateful_set_is_made_anew_with_other_claims(world: World, allow: Allow) -> None:
    await allow(True)  # noqa: FBT003
    await world.create()
    await world.install(plan="small")
    (before,) = await volumes(world)
    with pytest.raises(HelmError):
        await world.install(plan="large")
    refused = await world.releases.unchangeable(world.namespace, world.namespace)
    assert [(item.kind, item.name) for item in refused] == [
        ("StatefulSet", f"{world.namespace}-db")
    ]
    await world.cluster.release_pods(world.namespace, f"{world.namespace}-db")
    await world.install(plan="large")
    assert await volumes(world) == [before]  # it has the claim of before, as large as it was
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await world.releases.rollout(world.namespace, world.namespace):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_the_sizes_that_a_chart_renders(world: World, allow: Allow) -> None:
    await allow(True)  # noqa: FBT003
    for plan, size in SIZES.items():
        rendered = rendered_volumes(
            await world.helm.render(
                release=world.namespace, chart=world.chart, values={"plan": plan}
            )
        )
        assert rendered.size_of(name(world)) == size
        assert rendered.size_of("data-other-0") is None
        assert rendered.stateful_sets == (f"{world.namespace}-db",)
