"""``ports.Releases``, and ``ports.Helm.restore``: what helm installed is found, and put back."""

import pytest
import yaml

from provisioner.domain.cluster import Release
from provisioner.domain.errors import HelmError
from tests.contracts.conftest import World


async def found(world: World) -> Release:
    release = await world.releases.find(world.namespace, world.namespace)
    assert release is not None
    return release


async def drift(world: World) -> list[str]:
    objects = (await found(world)).objects
    words = [await world.releases.drift(world.namespace, item) for item in objects]
    return [said for said in words if said]


async def restore(world: World, revision: int) -> str:
    return await world.helm.restore(
        release=world.namespace, namespace=world.namespace, revision=revision
    )


def is_of(wanted: str, name: str) -> bool:
    """Whether ``wanted`` is the YAML of an object, or the name of one in a simulated cluster."""
    read = yaml.safe_load(wanted)
    return wanted == name or (
        isinstance(read, dict) and f"{read['kind']} {read['metadata']['name']}" == name
    )


async def stop(world: World, *components: str) -> None:
    await world.releases.stop(world.namespace, world.namespace, components)


async def test_no_release_is_found_where_there_is_none(world: World) -> None:
    assert await world.releases.find(world.namespace, world.namespace) is None
    await world.create()
    assert await world.releases.find(world.namespace, world.namespace) is None
    await world.install()
    assert await world.releases.find(world.namespace, "another") is None
    await world.uninstall()
    assert await world.releases.find(world.namespace, world.namespace) is None


async def test_what_was_installed_is_found_as_it_should_be(world: World) -> None:
    await world.create()
    await world.install()
    release = await found(world)
    assert (release.revision, release.is_in_force) == (1, True)
    assert any(f"{world.namespace}-web" in wanted for wanted in release.objects)
    assert await drift(world) == []


async def test_what_was_removed_is_missed_and_put_back(world: World) -> None:
    await world.create()
    await world.install()
    first = await world.pod()
    await world.remove_workloads()
    assert await drift(world) == [f"Deployment {world.namespace}-web was missing"]
    await world.until(lambda seen: not seen.pods)
    await restore(world, (await found(world)).revision)
    assert await drift(world) == []
    assert (await world.pod()).uid != first.uid


async def test_what_is_whole_is_restored_to_no_effect(world: World) -> None:
    await world.create()
    await world.install()
    pod = await world.pod()
    assert await restore(world, 1)
    assert (await world.pod()).uid == pod.uid
    assert (await found(world)).is_in_force
    assert await world.release_state() == "deployed"


async def test_a_nudge_changes_nothing_of_what_helm_installed(world: World) -> None:
    await world.create()
    await world.releases.nudge(world.namespace, world.namespace, "1")  # there is no release
    await world.install()
    pod = await world.pod()
    await world.releases.nudge(world.namespace, world.namespace, "2")
    assert await drift(world) == []
    assert (await world.pod()).uid == pod.uid
    await world.remove_workloads()
    await world.releases.nudge(world.namespace, world.namespace, "3")
    assert await drift(world) == [f"Deployment {world.namespace}-web was missing"]


async def test_what_is_stopped_stays_away_until_it_is_restored(world: World) -> None:
    await world.create()
    await stop(world, "web")  # there is no release
    await world.install()
    first = await world.pod()
    for _ in range(2):  # the second time there is nothing left to do
        await stop(world, "web")
        await world.until(lambda seen: not seen.pods)
        said = await drift(world)
        assert f"CronJob {world.namespace}-clock was missing" in said
        assert len(said) == 2  # and the Deployment, which has no pods
    await restore(world, (await found(world)).revision)
    assert (await world.pod()).uid != first.uid
    assert await drift(world) == []


async def test_components_that_are_not_named_stay(world: World) -> None:
    await world.create()
    await world.install()
    pod = await world.pod()
    await stop(world, "worker")
    await stop(world)  # none of them
    assert await drift(world) == [f"CronJob {world.namespace}-clock was missing"]
    assert (await world.pod()).uid == pod.uid


async def test_all_of_it_is_stopped_with_what_it_does_by_the_clock(world: World) -> None:
    await world.create()
    await world.releases.stop(world.namespace, world.namespace)  # there is no release
    await world.install()
    first = await world.pod()
    for _ in range(2):
        await world.releases.stop(world.namespace, world.namespace)
        await world.until(lambda seen: not seen.pods)
        said = await drift(world)
        assert f"CronJob {world.namespace}-backup was missing" in said
        assert f"CronJob {world.namespace}-clock was missing" in said
        assert len(said) == 3  # and the Deployment, which has no pods
    await restore(world, (await found(world)).revision)
    assert (await world.pod()).uid != first.uid
    assert await drift(world) == []


async def test_what_is_stopped_or_hidden_is_put_back_by_an_install(world: World) -> None:
    await world.create()
    await world.install()
    await world.pod()
    await world.releases.hide(world.namespace, world.namespace)
    await world.releases.stop(world.namespace, world.namespace)
    await world.until(lambda seen: not seen.pods)
    await world.install()
    await world.pod()
    assert await drift(world) == []


async def test_no_visitors_are_led_to_what_is_hidden(world: World) -> None:
    await world.create()
    await world.releases.hide(world.namespace, world.namespace)  # there is no release
    await world.install()
    pod = await world.pod()
    for _ in range(2):
        await world.releases.hide(world.namespace, world.namespace)
        assert await drift(world) == [f"Ingress {world.namespace} was missing"]
    assert (await world.pod()).uid == pod.uid  # it runs on
    await restore(world, (await found(world)).revision)
    assert await drift(world) == []


async def test_no_visitors_are_led_to_what_is_installed_closed(world: World) -> None:
    await world.create()
    await world.install()
    pod = await world.pod()
    await world.install(ingress={"enabled": False})
    route = f"Ingress {world.namespace}"
    assert not any(is_of(wanted, route) for wanted in (await found(world)).objects)
    await world.releases.hide(world.namespace, world.namespace)  # there is nothing to hide
    assert await drift(world) == []  # so nothing of it is put back
    await world.install()
    assert any(is_of(wanted, route) for wanted in (await found(world)).objects)
    assert await drift(world) == []
    assert (await world.pod()).uid == pod.uid  # it has run on


async def test_nothing_can_be_restored_without_a_release(world: World) -> None:
    await world.create()
    assert await world.releases.states(world.namespace, world.namespace) == {}
    with pytest.raises(HelmError, match="helm could not restore release"):
        await restore(world, 1)
    assert world.observer.observe(world.namespace).pods == ()
