"""``ports.Observer``: what is known now, a number that rises with it, and waiting for more."""

import asyncio

from provisioner.domain.cluster import Observation
from tests.contracts.conftest import LABELS, PATIENCE_SECONDS, World


async def test_nothing_is_known_of_what_is_not_there(world: World) -> None:
    assert world.observer.observe(world.namespace) == Observation(namespace=None)


async def test_a_namespace_comes_and_goes(world: World) -> None:
    await world.create()
    seen = await world.until(lambda now: now.namespace is not None)
    assert seen.namespace is not None
    assert (seen.namespace.name, seen.namespace.is_terminating) == (world.namespace, False)
    assert seen.namespace.uid
    await world.cluster.delete_namespace(world.namespace)
    await world.until(lambda now: now.namespace is None)


async def test_pods_come_and_go(world: World) -> None:
    await world.create()
    await world.install()
    pod = await world.pod()
    assert (pod.component, pod.phase, pod.owner_kind) == ("web", "Running", "ReplicaSet")
    assert [(c.name, c.state, c.is_ready) for c in pod.containers] == [("web", "running", True)]
    await world.uninstall()
    await world.until(lambda now: not now.pods)


async def test_the_revision_rises_with_each_change(world: World) -> None:
    revisions = [world.observer.revision(world.namespace)]
    await world.create()
    await world.until(lambda now: now.namespace is not None)
    revisions.append(world.observer.revision(world.namespace))
    await world.install()
    await world.pod()
    revisions.append(world.observer.revision(world.namespace))
    assert revisions == sorted(set(revisions))


async def test_a_change_that_was_is_not_waited_for(world: World) -> None:
    await world.create()
    await world.until(lambda now: now.namespace is not None)
    revision = world.observer.revision(world.namespace)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await world.observer.changed(world.namespace, revision - 1)


async def test_all_who_wait_are_told_and_nobody_else(world: World) -> None:
    waiting = [asyncio.create_task(world.observer.changed(world.namespace, 0)) for _ in range(3)]
    elsewhere = asyncio.create_task(world.observer.changed("another-namespace", 0))
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    await world.create()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*waiting)
    assert not elsewhere.done()
    elsewhere.cancel()


async def test_who_gave_up_waiting_does_not_matter(world: World) -> None:
    impatient = asyncio.create_task(world.observer.changed(world.namespace, 0))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait({impatient})
    await world.create()
    await world.until(lambda now: now.namespace is not None)


async def test_a_namespace_that_is_gone_can_be_forgotten(world: World) -> None:
    await world.create()
    await world.until(lambda now: now.namespace is not None)  # or "gone" is "not seen yet"
    await world.cluster.delete_namespace(world.namespace)
    await world.until(lambda now: now.namespace is None)
    world.observer.forget(world.namespace)
    assert world.observer.observe(world.namespace) == Observation(namespace=None)
    assert world.observer.revision(world.namespace) == 0


async def test_a_namespace_without_its_label_is_not_seen(world: World) -> None:
    await world.create()
    await world.until(lambda now: now.namespace is not None)
    await world.remove_label()
    await world.until(lambda now: now.namespace is None)
    assert await world.cluster.namespace_exists(world.namespace)
    await world.cluster.mark_namespace(world.namespace, LABELS)
    await world.until(lambda now: now.namespace is not None)
