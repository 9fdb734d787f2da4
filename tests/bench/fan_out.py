"""P2: one change to 2,000 subscribers of one store, in CPU of the server per frame.

Beside it, in the same process: Strawberry's own handler with the same schema and resolvers, and a
bare broadcast of the same text. Each has its subscribers alone, and its rounds one after the other.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection, connect

from app.local.cluster import LocalCluster
from app.local.cluster.components import Layout, choose_ports
from app.local.cluster.progress import ticking
from tests.bench.ground import Ground
from tests.bench.listing import cpu_ms
from tests.bench.memory import resident_megabytes
from tests.bench.report import Figure
from tests.e2e.service import FOLLOW, ROOT, Service

SUBSCRIBERS = 2000
ROUNDS = 5
_FRAMES = 8000  # in a round: the CPU time of a process is counted in steps of 10 ms
_GOAL_STOCK, _GOAL_BARE = 12.0, 1.5
_AT_ONCE = 50
_PATIENCE_SECONDS = 300.0


async def measure(ground: Ground) -> list[Figure]:
    """Return P2's figures, in microseconds of CPU per frame."""
    with ticking("P2: one change to 2,000 subscribers"):
        return await measure_with(ground, SUBSCRIBERS)


async def measure_with(ground: Ground, subscribers: int) -> list[Figure]:
    """Return the figures with so many subscribers."""
    async with server(ground) as fan_out:
        ours = (await fan_out.cost("graphql", subscribers)).microseconds
        stock = (await fan_out.cost("stock", subscribers)).microseconds
        bare = (await fan_out.cost("bare", subscribers)).microseconds
    name = f"P2 fan-out to {subscribers:,}, CPU per frame"
    return [
        Figure(
            f"{name}, by stock", f"{ours:.1f} µs", f"{stock:.1f} µs (stock Strawberry)",
            f"1/{stock / ours:.1f}", f"<= 1/{_GOAL_STOCK:g}", ours * _GOAL_STOCK / stock,
        ),
        Figure(
            f"{name}, by a bare broadcast", f"{ours:.1f} µs", f"{bare:.1f} µs (bare broadcast)",
            f"{ours / bare:.2f} x", f"<= {_GOAL_BARE:g} x", ours / bare / _GOAL_BARE,
        ),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU of the server per frame, and its resident memory while the subscribers are there."""

    microseconds: float
    megabytes: float


class FanOut:
    """A running server, with its three ways of telling subscribers."""

    def __init__(self, service: Service, http: httpx.AsyncClient, pid: int) -> None:
        self._service = service
        self._http = http
        self._pid = pid
        self._token = service.token("bench", "admin")
        self._frame = ""

    async def cost(self, path: str, subscribers: int) -> Cost:
        """Return what it costs to tell so many of a change; the CPU is the median of the rounds."""
        store_id = (await self._post("/stores")).json()["id"]
        async with AsyncExitStack() as stack:
            slots = asyncio.Semaphore(_AT_ONCE)
            sockets = await asyncio.gather(
                *(self._subscribe(stack, slots, path, store_id) for _ in range(subscribers))
            )
            await self._change(path, store_id, "warm", sockets)
            rounds = [
                await self._round(path, store_id, number, sockets) for number in range(ROUNDS)
            ]
            return Cost(statistics.median(rounds), resident_megabytes(self._pid))

    async def _round(
        self, path: str, store_id: str, number: int, sockets: Sequence[ClientConnection]
    ) -> float:
        changes = -(-_FRAMES // len(sockets))
        before = cpu_ms(self._pid)
        for change in range(changes):
            await self._change(path, store_id, f"{number}-{change}", sockets)
        return (cpu_ms(self._pid) - before) * 1000 / changes / len(sockets)

    async def _change(
        self, path: str, store_id: str, message: str, sockets: Sequence[ClientConnection]
    ) -> None:
        """Make a change, and wait until every subscriber has it."""
        if path == "bare":
            await self._post("/bare", self._frame)
        else:
            await self._post(f"/stores/{store_id}/said-{message}")
        async with asyncio.timeout(_PATIENCE_SECONDS):
            frames = await asyncio.gather(*(_until(message, path, socket) for socket in sockets))
        self._frame = frames[0]

    async def _subscribe(
        self, stack: AsyncExitStack, slots: asyncio.Semaphore, path: str, store_id: str
    ) -> ClientConnection:
        async with slots:
            socket = await stack.enter_async_context(
                connect(
                    f"ws://127.0.0.1:{self._service.port}/{path}",
                    subprotocols=["graphql-transport-ws"],  # type: ignore[list-item] # a NewType
                    compression=None, ping_interval=None, open_timeout=120,
                )
            )  # fmt: skip
            if path != "bare":
                payload = {"authorization": f"Bearer {self._token}"}
                await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
                await socket.recv()
                asked = {"query": FOLLOW, "variables": {"id": store_id}}
                await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": asked}))
                assert json.loads(await socket.recv())["type"] == "next"
        return socket

    async def _post(self, path: str, body: str = "") -> httpx.Response:
        return (await self._http.post(path, content=body.encode())).raise_for_status()


async def _until(message: str, path: str, socket: ClientConnection) -> str:
    while True:
        frame = str(await socket.recv())
        if path == "bare" or f"said-{message}" in frame:
            return frame


@asynccontextmanager
async def server(ground: Ground) -> AsyncIterator[FanOut]:
    """Run a server, in a folder of its own below the ground's."""
    folder = Path(tempfile.mkdtemp(dir=ground.folder))
    nowhere = folder / "nowhere"
    nowhere.mkdir()
    cluster = LocalCluster("nowhere", Layout.create(nowhere, choose_ports()))
    service = Ground(cluster, folder, ground.stores).service("fan-out")
    _start(service)
    try:
        service.await_page("/livez")
        async with httpx.AsyncClient(base_url=service.url, timeout=_PATIENCE_SECONDS) as http:
            assert service.process is not None
            yield FanOut(service, http, service.process.pid)
    finally:
        service.stop()


def _start(service: Service) -> None:
    with service.log.open("ab") as log:
        service.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.fan_out_server"], cwd=ROOT,
            env=service.environment, stdout=log, stderr=log,
        )  # fmt: skip
