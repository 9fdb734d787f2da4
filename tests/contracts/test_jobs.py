"""Jobs that the platform makes, most of them from a template in the chart: the port Jobs."""

import pytest

from provisioner.domain.cluster import CronRuns
from provisioner.domain.errors import NotFoundError
from provisioner.kubernetes.labels import COMPONENT_LABEL
from provisioner.readiness.containers import has_image, has_pull_failed
from provisioner.testing.simulated_jobs import MISSING_IMAGES
from tests.contracts.conftest import LABELS, World

PULL_LABELS = {**LABELS, COMPONENT_LABEL: "pull"}


async def test_a_job_is_made_once_and_the_watches_show_it(world: World) -> None:
    await world.create()
    await world.install()
    template, name = f"{world.namespace}-backup", f"{world.namespace}-backup-2"

    assert await world.jobs.run(world.namespace, template, name, LABELS) is True
    assert await world.jobs.run(world.namespace, template, name, LABELS) is False

    assert await world.jobs.runs(world.namespace, template) == CronRuns(None, None)  # suspended

    seen = await world.until(lambda now: any(job.is_complete for job in now.jobs))
    assert [(job.name, job.component) for job in seen.jobs] == [(name, "backup")]
    assert (await world.jobs.ends(world.namespace, "another")) == {}

    await world.cluster.delete_job(world.namespace, name, "another-uid")
    await world.cluster.delete_job(world.namespace, name, seen.jobs[0].uid)
    await world.until(lambda now: not now.jobs)


async def test_without_the_template_there_is_no_job(world: World) -> None:
    await world.create()
    with pytest.raises(NotFoundError):
        await world.jobs.runs(world.namespace, f"{world.namespace}-backup")
    with pytest.raises(NotFoundError):
        await world.jobs.run(world.namespace, f"{world.namespace}-backup", "a-job", LABELS)
    assert world.observer.observe(world.namespace).jobs == ()


async def test_a_job_that_pulls_images_is_made_once_and_goes_with_its_pod(world: World) -> None:
    await world.create()
    namespace, name = world.namespace, f"{world.namespace}-pull-2"
    images = ["example.invalid/db:8", "example.invalid/web:2"]

    uid = await world.jobs.pull(
        namespace, name, PULL_LABELS, images, pull_secrets=["store-pull"], near=["node-1"]
    )
    assert uid
    assert await world.jobs.pull(namespace, name, PULL_LABELS, images) == uid

    seen = await world.until(
        lambda now: any(all(map(has_image, pod.containers)) for pod in now.pods if pod.containers)
    )
    assert [(job.name, job.uid, job.component) for job in seen.jobs] == [(name, uid, "pull")]
    (pod,) = seen.pods
    assert (pod.component, pod.owner_kind) == ("pull", "Job")
    assert pod.name.startswith(f"{name}-")
    assert [(item.name, item.image) for item in pod.containers] == [
        ("image-1", images[0]), ("image-2", images[1])
    ]  # fmt: skip

    await world.cluster.delete_job(namespace, name, uid)
    await world.until(lambda now: not now.jobs and not now.pods)


async def test_an_image_that_is_not_there_keeps_its_container_waiting(world: World) -> None:
    await world.create()
    images = ["example.invalid/db:8", f"{MISSING_IMAGES}web:2"]
    await world.jobs.pull(world.namespace, "pull-2", PULL_LABELS, images)

    seen = await world.until(
        lambda now: any(has_pull_failed(item) for pod in now.pods for item in pod.containers)
    )
    (pod,) = seen.pods
    assert [item.image for item in pod.containers if has_pull_failed(item)] == [images[1]]
    assert [item.image for item in pod.containers if has_image(item)] == [images[0]]


async def test_no_images_are_pulled_without_the_namespace(world: World) -> None:
    with pytest.raises(NotFoundError):
        await world.jobs.pull(world.namespace, "pull-2", PULL_LABELS, ["example.invalid/web"])
