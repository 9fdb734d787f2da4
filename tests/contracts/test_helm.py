"""``ports.Helm``: every call may be repeated."""

import pytest
import yaml

from provisioner.domain.errors import HelmError
from tests.contracts.conftest import World


async def test_installed_again_and_uninstalled_again(world: World) -> None:
    await world.create()
    for _ in range(2):
        assert world.namespace in await world.install()
        assert await world.release_state() == "deployed"
    pod = await world.pod()
    assert pod.component == "web"
    for _ in range(2):
        assert world.namespace in await world.uninstall()
        assert await world.release_state() == ""
    await world.until(lambda seen: not seen.pods)


async def test_installed_after_it_was_uninstalled(world: World) -> None:
    await world.create()
    await world.install()
    first = await world.pod()
    await world.uninstall()
    await world.until(lambda seen: not seen.pods)
    await world.install()
    assert (await world.pod()).uid != first.uid


async def test_no_release_without_its_namespace(world: World) -> None:
    with pytest.raises(HelmError) as failed:
        await world.install()
    assert failed.value.reason.code == "HELM_FAILED"
    assert world.namespace in failed.value.reason.message
    assert not await world.cluster.namespace_exists(world.namespace)


async def test_nothing_to_uninstall_in_no_namespace(world: World) -> None:
    assert world.namespace in await world.uninstall()


async def test_what_would_be_installed_is_rendered_and_nothing_else_happens(world: World) -> None:
    manifest = await world.helm.render(release=world.namespace, chart=world.chart, values={})
    assert [
        item["metadata"]["name"]
        for item in yaml.safe_load_all(manifest)
        if item["kind"] == "Deployment"
    ] == [f"{world.namespace}-web"]
    assert not await world.cluster.namespace_exists(world.namespace)
