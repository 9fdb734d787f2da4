"""P4: killed and started again with 1,000 stores and 100 in flight, beside a bare list of pods.

It counts from the start of the process until it is ready, and the first of the stores in flight has
gone a step further. Afterwards nothing may be lost: all 100 become ready with every event in its
place, and the 900 that were ready have not got a single event by the restart.
"""

import asyncio
import signal
import time
import uuid

from app.local.cluster.progress import ticking
from tests.bench import fleet
from tests.bench.ground import Ground, api_client
from tests.bench.report import Figure

IN_FLIGHT = 100
_GOAL_SECONDS = 3.0
_BEFORE = "SELECT id, version FROM stores WHERE name NOT LIKE ? ORDER BY id"
_STEPS = "SELECT COUNT(*) FROM events WHERE kind = 'STEP' AND at > ?"
_FLYING = "SELECT COUNT(*) FROM stores WHERE name LIKE ?"
_IDS = "SELECT id FROM stores WHERE name LIKE ?"


async def measure(ground: Ground) -> list[Figure]:
    """Return P4's figures, in seconds."""
    await fleet.raise_fleet(ground)
    with ticking(f"P4: restart with {IN_FLIGHT} stores in flight"):
        service = ground.service(fleet.NAME)
        service.start()
        token = service.token("bench", "admin")
        flight = f"flying-{uuid.uuid4().hex[:8]}"  # another in each round
        ours = f"{flight}-%"
        for number in range(IN_FLIGHT):
            payload = await asyncio.to_thread(service.create, token, f"{flight}-{number}")
            assert payload["errors"] == [], payload
        service.stop(signal.SIGKILL)
        untouched = fleet.rows(ground, _BEFORE, ours)
        unfinished = f"{_FLYING} AND status IN ('QUEUED', 'PROVISIONING')"
        (in_flight,) = fleet.rows(ground, unfinished, ours)[0]
        bare = await _bare_list(ground)
        began, moment = time.monotonic(), time.time_ns() // 1000
        await asyncio.to_thread(service.start, wait_until_ready=False)
        serving = time.monotonic() - began
        await asyncio.to_thread(service.await_page, "/readyz")
        ready = time.monotonic() - began
        await fleet.until(ground, _STEPS, 1, moment)
        working = max(time.monotonic() - began, ready)
        try:
            await fleet.until(ground, f"{_FLYING} AND status = 'READY'", IN_FLIGHT, ours)
            _inspect(ground, ours, untouched)
            for (store_id,) in fleet.rows(
                ground, _IDS, ours
            ):  # the next round finds the fleet alone
                await asyncio.to_thread(service.delete, token, f"store_{store_id}")
            await fleet.until(ground, f"{_FLYING} AND status = 'DELETED'", IN_FLIGHT, ours)
        finally:
            service.stop()
    return [
        Figure(
            f"P4 restart, {fleet.STORES} stores and {in_flight} in flight, until working again"
            f" (serving after {serving:.1f} s, ready {ready:.1f} s)",
            f"{working:.1f} s",
            f"{bare:.1f} s (bare list of the pods)",
            f"{working - bare:+.1f} s, nothing lost",
            f"<= {_GOAL_SECONDS:g} s",
            working / _GOAL_SECONDS,
        )
    ]


async def _bare_list(ground: Ground) -> float:
    async with api_client(ground.cluster) as client:
        began = time.monotonic()
        assert await fleet.ready_pods(client) >= fleet.PODS
        return time.monotonic() - began


def _inspect(ground: Ground, ours: str, untouched: list[tuple[object, ...]]) -> None:
    assert fleet.rows(ground, _BEFORE, ours) == untouched, "a store that was ready got an event"
    gaps = fleet.rows(
        ground,
        "SELECT stores.id FROM stores JOIN events ON store_id = stores.id GROUP BY stores.id"
        " HAVING COUNT(*) <> stores.version OR MAX(events.version) <> stores.version",
    )
    assert gaps == [], "events are missing"
