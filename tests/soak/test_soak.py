"""A short soak, with dice that fall the same way each time. `make soak` is the long one."""

import pytest

from tests.chaos.inspection import inspect
from tests.e2e.service import Service
from tests.soak.soak import Scale, Soak

SCALE = Scale(
    stores=10, subscribers=40, seconds=75, seconds_between_kills=15, drops_per_second=2
)  # fmt: skip
SEED = 20261125
MOST_MEGABYTES = 300


@pytest.mark.timeout(900)
async def test_short_soak(replicas: list[Service]) -> None:
    soak = Soak(replicas, SCALE, SEED)
    await soak.run()
    inspect(soak.promises, replicas[0].cluster)
    await soak.promises.clear()
    inspect(soak.promises, replicas[0].cluster)
    assert soak.kills > 0
    assert soak.dropped > 0
    assert max(soak.megabytes) < MOST_MEGABYTES
