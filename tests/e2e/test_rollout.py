"""Many shops get another version, a few at a time: with a real API server and real helm."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.local.cluster import LocalCluster
from tests.e2e import simulated_backups
from tests.e2e.conftest import NewService
from tests.e2e.rollouts import Fleet, State, counts, images, most_at_once
from tests.engine_versions import BAD, FORMER, NEWER, charts, tag

PATIENCE_SECONDS = 300.0

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def fleet(local_cluster: LocalCluster, new_service: NewService, tmp_path: Path) -> Iterator[Fleet]:
    """No shops yet, of a service that keeps backups."""
    simulated_backups.make_place(local_cluster)
    service = new_service(**simulated_backups.SETTINGS, STORE_PLATFORM_CHARTS=str(charts(tmp_path)))
    service.start()
    yield Fleet(service, PATIENCE_SECONDS)
    service.stop()
    simulated_backups.remove_place(local_cluster)


def has(status: str, number: int) -> Callable[[State], bool]:
    return lambda state: counts(state).get(status, 0) >= number


async def test_a_bad_version_is_stopped_at_the_canary_and_a_good_one_gets_to_all(
    fleet: Fleet,
) -> None:
    await fleet.open(6)

    stopped = (await fleet.follow(await fleet.begin(BAD, canaries=1, parallel=2)))[-1]

    assert stopped["status"] == "STOPPED"
    assert stopped["reason"].startswith("The shop shop-000, which came first, could not be ")
    assert counts(stopped) == {"FAILED": 1, "PENDING": 5}
    await fleet.until_ready()
    # The canary is as it was, and no other shop was touched.
    assert await fleet.versions() == {("READY", FORMER): 6}
    assert images(fleet.service.cluster) == {tag(FORMER): 6}
    assert [name for name, _, _ in await fleet.upgrades()] == ["shop-000"]

    states = await fleet.follow(await fleet.begin(NEWER, canaries=1, parallel=2))

    assert (states[-1]["status"], states[-1]["reason"]) == ("FINISHED", None)
    assert counts(states[-1]) == {"SUCCEEDED": 6}
    assert await fleet.versions() == {("READY", NEWER): 6}
    assert images(fleet.service.cluster) == {tag(NEWER): 6}
    _, *upgrades = await fleet.upgrades()  # without the one that has failed
    (canary, _, ended), *others = upgrades
    assert canary == "shop-000"
    assert sorted(name for name, _, _ in others) == list(fleet.names[1:])
    assert all(began >= ended for _, began, _ in others)
    assert most_at_once(upgrades) == 2


async def test_a_service_that_is_killed_goes_on_with_it(fleet: Fleet) -> None:
    await fleet.open(4)
    rollout_id = await fleet.begin(NEWER, canaries=1, parallel=2)
    await fleet.follow(rollout_id, until=has("RUNNING", 2))

    fleet.service.stop(signal.SIGKILL)
    fleet.service.start()

    ended = (await fleet.follow(rollout_id))[-1]
    assert (ended["status"], counts(ended)) == ("FINISHED", {"SUCCEEDED": 4})
    assert await fleet.versions() == {("READY", NEWER): 4}
    assert images(fleet.service.cluster) == {tag(NEWER): 4}
    assert sorted(name for name, _, _ in await fleet.upgrades()) == list(fleet.names)
