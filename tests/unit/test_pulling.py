"""The pulling of a version's images before an upgrade: what is pulled, and what stops it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec.structs import replace as changed

from provisioner.domain import backoff
from provisioner.domain.cluster import Job, Pod, PodPhase
from provisioner.domain.codes import ReasonCode
from provisioner.domain.engines import EngineVersion
from provisioner.domain.errors import ClusterUnreachableError, StoreFailedError
from provisioner.domain.registries import RegistryCredentials
from provisioner.domain.stores import StepName, StepStatus
from provisioner.reconcile.namespaces import NAMESPACE_LOST, PULL_SECRET
from provisioner.reconcile.pulling import pull
from provisioner.reconcile.steps import Outcome, StepRunner
from provisioner.storage.database import Database
from provisioner.testing.simulated_jobs import BARE_IMAGES, ENDLESS_IMAGES, MISSING_IMAGES
from provisioner.testing.simulation import SimulatedNamespace
from tests.unit.backup_world import ENGINE, PATIENCE_SECONDS, World, a_ready_shop

STEP = StepName.HELM_INSTALL  # any of the operation that the store has
VERSION = EngineVersion("2.21", is_default=True, values={})
ENDLESS = f"{ENDLESS_IMAGES}web:2"
MISSING = f"{MISSING_IMAGES}web:2"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every second try come at once."""
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.0005)
    monkeypatch.setattr(backoff, "CAP_SECONDS", 0.001)


class Shop:
    """A ready shop whose engine has another version."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.cluster = world.cluster
        self.engine = replace(ENGINE, closed_by=("web",))
        self.before = set(self.namespace.pods)
        self.name = f"{world.store.release}-pull-1"

    async def pull(self) -> str:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._pull(StepRunner(self.world.context, self.world.store))

    async def pull_as_a_step(self) -> str:
        """Pull as a step does, which tries again after trouble that may pass."""
        steps = StepRunner(self.world.context, self.world.store)

        async def work() -> Outcome:
            return Outcome(await self._pull(steps))

        async with asyncio.timeout(PATIENCE_SECONDS):
            await steps.run(STEP, work)
        return (await self.step())[1]

    async def _pull(self, steps: StepRunner) -> str:
        world = self.world
        return await pull(world.context, world.store, self.engine, VERSION, steps, STEP)

    async def until_made(self) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self.namespace.jobs:  # noqa: ASYNC110
                await asyncio.sleep(0)

    async def until_told(self, words: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while words not in (await self.step())[1]:  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    async def step(self) -> tuple[StepStatus, str]:
        return (await self.world.steps())[STEP]

    def assert_nothing_is_left(self) -> None:
        assert self.namespace.jobs == {}
        assert set(self.namespace.pods) == self.before

    @property
    def namespace(self) -> SimulatedNamespace:
        return self.cluster.namespaces[self.world.store.namespace]


@pytest.fixture
async def shop(database: Database) -> Shop:
    return Shop(await a_ready_shop(database))


async def test_each_image_is_pulled_once_beside_the_shop(shop: Shop) -> None:
    shop.cluster.images = ["web:2", "db:8", "web:2"]
    pods = shop.namespace.pods
    pods.update({name: changed(pod, node="node-7") for name, pod in pods.items()})

    assert await shop.pull() == "2 images of version 2.21 are on the node."

    assert shop.cluster.pulls == [(shop.name, ("db:8", "web:2"), (), ("node-7",))]
    shop.assert_nothing_is_left()
    assert [pod.is_ready for pod in shop.namespace.pods.values()] == [True]


async def test_one_image(shop: Shop) -> None:
    assert await shop.pull() == "1 image of version 2.21 is on the node."


async def test_a_chart_without_pods_has_nothing_to_pull(shop: Shop) -> None:
    shop.cluster.images = []
    assert await shop.pull() == "Version 2.21 has no images."
    assert shop.cluster.pulls == []


async def test_an_image_that_is_missing_is_named(shop: Shop) -> None:
    shop.cluster.images = ["db:8", MISSING]
    with pytest.raises(StoreFailedError) as failed:
        await shop.pull()
    assert failed.value.reason.code is ReasonCode.IMAGE_NOT_FOUND
    assert failed.value.reason.message == (
        f"Pod {shop.name}-abcde, container image-2: the image {MISSING} was not found (failed to"
        f" resolve reference {MISSING}: not found). Check the engine version's image name and tag,"
        " then retry."
    )
    shop.assert_nothing_is_left()


async def test_an_image_without_the_command_is_pulled_all_the_same(shop: Shop) -> None:
    shop.cluster.images = [f"{BARE_IMAGES}web:2", "db:8"]
    assert await shop.pull() == "2 images of version 2.21 are on the node."
    shop.assert_nothing_is_left()


async def test_what_is_pulled_is_told_meanwhile(shop: Shop) -> None:
    shop.cluster.images = ["db:8", ENDLESS]
    pulling = asyncio.create_task(shop.pull())
    await shop.until_told("1 of 2 images are on the node; pull: pulling its image")
    pulling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pulling
    shop.assert_nothing_is_left()


async def test_a_job_that_no_watch_shows_yet_is_removed_too(shop: Shop) -> None:
    shop.cluster.images = [ENDLESS]
    pulling = asyncio.create_task(shop.pull())
    await shop.until_made()
    shown, shop.namespace.jobs = shop.namespace.jobs, Unseen(shop.namespace.jobs)
    pulling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pulling
    assert shown != {}
    shop.assert_nothing_is_left()


class Unseen(dict[str, Job]):
    """Jobs that the API server knows, and the watches do not."""

    def values(self) -> list[Job]:  # type: ignore[override]
        return []


async def test_trouble_with_the_removal_does_not_keep_a_stop_back(shop: Shop) -> None:
    shop.cluster.images = [ENDLESS]
    pulling = asyncio.create_task(shop.pull_as_a_step())
    await shop.until_told("0 of 1 images")
    shop.cluster.faults.append(ClusterUnreachableError("No answer."))
    pulling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pulling


async def test_it_is_repeated_after_a_service_was_killed(shop: Shop) -> None:
    """Also when the platform's new version has another image for that version of the engine."""
    store = shop.world.store
    labels = {**shop.namespace.labels, "app.kubernetes.io/component": "pull"}
    await shop.cluster.pull(store.namespace, shop.name, labels, [MISSING])
    left = shop.namespace.jobs[shop.name].uid

    shop.cluster.images = ["web:3"]
    assert await shop.pull() == "1 image of version 2.21 is on the node."

    assert left not in {job.uid for job in shop.namespace.jobs.values()}
    assert [images for _, images, _, _ in shop.cluster.pulls] == [(MISSING,), ("web:3",)]
    shop.assert_nothing_is_left()


async def test_trouble_that_passes_has_it_done_again(shop: Shop) -> None:
    shop.cluster.faults += [ClusterUnreachableError("No answer."), RuntimeError("Unforeseen.")]
    assert await shop.pull_as_a_step() == "1 image of version 2.21 is on the node."
    shop.assert_nothing_is_left()


async def test_a_pod_that_was_evicted_says_why(shop: Shop) -> None:
    shop.cluster.images = [ENDLESS]
    pulling = asyncio.create_task(shop.pull())
    await shop.until_made()
    name = f"{shop.name}-abcde"
    evicted = evict(shop.namespace.pods[name])
    shop.namespace.pods[name] = evicted
    shop.namespace.jobs[shop.name] = changed(shop.namespace.jobs[shop.name], is_failed=True)
    shop.cluster.announce(shop.world.store.namespace)
    with pytest.raises(StoreFailedError) as failed:
        await pulling
    assert failed.value.reason.code is ReasonCode.IMAGE_PULL_FAILED
    assert failed.value.reason.message == (
        "The images of version 2.21 could not be pulled: their Job ended before it was done."
        f" Pod {name}: Evicted: The node was low on resource: ephemeral-storage."
    )
    shop.assert_nothing_is_left()


def evict(pod: Pod) -> Pod:
    message = "The node was low on resource: ephemeral-storage."
    return changed(pod, phase=PodPhase.FAILED, reason="Evicted", message=message)


async def test_a_lost_namespace_ends_it(shop: Shop) -> None:
    shop.cluster.lose(shop.world.store.namespace)
    with pytest.raises(StoreFailedError) as failed:
        await shop.pull()
    assert failed.value.reason == NAMESPACE_LOST


async def test_it_is_pulled_with_the_credentials_of_now(shop: Shop) -> None:
    """The shop may be older than these, and the upgrade sets them only later."""
    config = '{"auths": {"registry.example.com": {"password": "of-now"}}}'
    settings = replace(shop.world.context.settings, registries=RegistryCredentials(config))
    shop.world.context = replace(shop.world.context, settings=settings)
    shop.engine = replace(shop.engine, takes_pull_secrets=True)
    await shop.pull()
    assert shop.world.secrets[PULL_SECRET] == {".dockerconfigjson": config}


async def test_rights_are_given_first(shop: Shop) -> None:
    settings = replace(shop.world.context.settings, store_role="in-stores")
    shop.world.context = replace(shop.world.context, settings=settings)
    await shop.pull()
    assert shop.namespace.roles == {"in-stores"}


async def test_a_pull_that_fails_has_time_until_the_grace_is_over(shop: Shop) -> None:
    """A registry may be away for a moment."""
    shop.cluster.images = ["db:8", ENDLESS]
    graces = replace(
        shop.world.context.settings.grace_periods, image_pull_grace=timedelta(seconds=0.3)
    )
    settings = replace(shop.world.context.settings, grace_periods=graces)
    shop.world.context = replace(shop.world.context, settings=settings)
    pulling = asyncio.create_task(shop.pull())
    await shop.until_made()
    pod = shop.namespace.pods[f"{shop.name}-abcde"]
    waits = changed(pod.containers[1], reason="ImagePullBackOff", message="dial tcp: i/o timeout")
    held_up = changed(pod, containers=(pod.containers[0], waits))
    shop.namespace.pods[pod.name] = held_up
    shop.cluster.announce(shop.world.store.namespace)
    await shop.until_told("container image-2 has no image yet (dial tcp: i/o timeout)")
    with pytest.raises(StoreFailedError) as failed:
        await pulling
    assert failed.value.reason.code is ReasonCode.IMAGE_PULL_FAILED
    assert ENDLESS in failed.value.reason.message
    shop.assert_nothing_is_left()
