"""P5: memory of the service with 1,000 stores, 4,000 pods and 1,000 subscribers.

Each subscriber has a websocket of its own and follows a store of its own, with its steps and pods.
"""

import asyncio
import json
import re
from contextlib import AsyncExitStack
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from app.local.cluster.progress import ticking
from tests.bench import fleet
from tests.bench.ground import Ground
from tests.bench.report import Figure
from tests.e2e.service import FOLLOW, Service

SUBSCRIBERS = 1000
_GOAL_MB = 200
_AT_ONCE = 50
_SETTLE_SECONDS = 5


async def measure(ground: Ground) -> list[Figure]:
    """Return P5's figure, in MB of resident memory."""
    await fleet.raise_fleet(ground)
    ids = [row[0] for row in fleet.rows(ground, "SELECT id FROM stores ORDER BY id LIMIT ?",
                                        SUBSCRIBERS)]  # fmt: skip
    service = ground.service(fleet.NAME)
    with ticking("P5: memory with subscribers"), ground.running(service):
        token = service.token("bench", "admin")
        assert service.process is not None
        pid = service.process.pid
        alone = resident_megabytes(pid)
        async with AsyncExitStack() as stack:
            slots = asyncio.Semaphore(_AT_ONCE)
            await asyncio.gather(
                *(_subscribe(stack, slots, service, token, store_id) for store_id in ids)
            )
            await asyncio.sleep(_SETTLE_SECONDS)  # nothing is measured by this
            held, peak = resident_megabytes(pid), resident_megabytes(pid, "VmHWM")
    return [
        Figure(
            f"P5 memory, {fleet.STORES} stores, {fleet.PODS} pods, {len(ids)} subscribers",
            f"{held:.0f} MB",
            f"{alone:.0f} MB (no subscriber)",
            f"peak {peak:.0f} MB",
            f"<= {_GOAL_MB} MB",
            held / _GOAL_MB,
        )
    ]


async def _subscribe(
    stack: AsyncExitStack, slots: asyncio.Semaphore, service: Service, token: str, store_id: str
) -> ClientConnection:
    async with slots:
        socket = await stack.enter_async_context(
            connect(
                f"ws://127.0.0.1:{service.port}/graphql",
                subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
                compression=None,
                open_timeout=60,
            )
        )
        payload = {"authorization": f"Bearer {token}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        await socket.recv()
        request = {"query": FOLLOW, "variables": {"id": f"store_{store_id}"}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": request}))
        first = json.loads(await socket.recv())
        pods = first["payload"]["data"]["storeStatus"]["store"]["pods"]
        assert len(pods) == len(fleet.COMPONENTS), first
    return socket


def resident_megabytes(pid: int, field: str = "VmRSS") -> float:
    """Return the memory of a process that is in RAM (proc_pid_status(5)), in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024
