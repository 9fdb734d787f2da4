"""A short storm, with dice that fall the same way each time. `make chaos` is the long one."""

import pytest

from tests.chaos.backups import place_for_backups
from tests.chaos.inspection import inspect_storm
from tests.chaos.storm import Storm
from tests.e2e.conftest import NewService
from tests.e2e.volumes import volumes_that_grow

ROUNDS, SEED = 8, 20261124
_DONE = "SELECT DISTINCT kind FROM operations WHERE status = 'SUCCEEDED'"


@pytest.mark.timeout(600)
async def test_short_storm(new_service: NewService) -> None:
    service = new_service()
    service.is_forked = False  # here each start is a whole one
    storm = Storm(service, SEED)
    with place_for_backups(service.cluster), volumes_that_grow(service.cluster):
        await storm.run(ROUNDS)
        assert storm.kills == ROUNDS
        done = {kind for (kind,) in service.sql(_DONE)}
        assert done >= {"CREATE", "BACKUP", "RESTORE", "UPGRADE"}, "nothing of this was inspected"
        inspect_storm(storm, service.cluster)
        await storm.promises.clear()
        inspect_storm(storm, service.cluster)
