"""Jobs that are made from a template in the store's chart: the port Jobs."""

import pytest

from provisioner.domain.cluster import CronRuns
from provisioner.domain.errors import NotFoundError
from tests.contracts.conftest import LABELS, World


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
