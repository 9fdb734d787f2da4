"""The real adapter and a reflector on the scripted server, and a ledger of what is reported."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from provisioner.domain.cluster import Pod
from provisioner.kubernetes.api import ApiSettings
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.kubernetes.reflector import Reflector, WatchTimings
from provisioner.kubernetes.watched_kinds import PODS, WatchedKind, WatchedObject
from tests.integration.watching.scripted_api import ScriptedApi

SETTINGS = ApiSettings(silence_seconds=30, chunk_size=3)
TIMINGS = WatchTimings(
    # A watch is short until the test's end, so that being of no use is not a matter of speed.
    backoff=(0.001, 0.004), watch=(60, 60), relist=(3600, 3600), short_watch=3600,
)  # fmt: skip
PATIENCE_SECONDS = 20


@dataclass
class Ledger:
    """Takes the reports; one that is no difference to what was reported before is an error."""

    news: asyncio.Event
    known: dict[str, WatchedObject] = field(default_factory=dict)
    reports: list[tuple[str, str, bool]] = field(default_factory=list)

    def __call__(self, _: WatchedKind, item: WatchedObject, is_there: bool) -> None:  # noqa: FBT001
        what = (item.name, item.uid, is_there)
        if is_there:
            assert self.known.get(item.uid) != item, f"Reported twice: {what}"
            namesakes = {known.uid for known in self.known.values() if known.name == item.name}
            assert namesakes <= {item.uid}, f"Reported before its namesake's end: {what}"
            self.known[item.uid] = item
        else:
            assert item.uid in self.known, f"Reported gone twice, or without having been: {what}"
            del self.known[item.uid]
        self.reports.append(what)
        self.news.set()

    @property
    def state(self) -> dict[str, tuple[str, str]]:
        return state_of(self.known.values())


def state_of(objects: Any) -> dict[str, tuple[str, str]]:
    """Return uid and phase of watched pods, by name: comparable with the server's truth."""
    found: dict[str, tuple[str, str]] = {}
    for item in objects:
        record: Pod = item.record
        found[item.name] = (item.uid, record.phase)
    return found


@dataclass
class Following:
    """A reflector at work on a scripted server."""

    server: ScriptedApi
    cluster: KubeCluster
    reflector: Reflector
    ledger: Ledger
    task: asyncio.Task[None]
    markers: int = 0

    async def until(self, is_reached: Callable[[], bool]) -> None:
        """Wait, at each report and request, until it is so; raise what the reflector ended with."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not is_reached():
                self.server.activity.clear()
                activity = asyncio.ensure_future(self.server.activity.wait())
                await asyncio.wait({activity, self.task}, return_when=asyncio.FIRST_COMPLETED)
                activity.cancel()
                if self.task.done():
                    self.task.result()

    async def settled(self) -> None:
        """Wait until everything up to now was reported: changes come in order, this one last."""
        self.markers += 1
        name = f"marker-{self.markers}"
        await self.server.put(name)
        await self.until(lambda: name in self.ledger.state)
        await self.server.delete(name)
        await self.until(lambda: self.ledger.state == self.server.truth)
        assert state_of(self.reflector.objects.values()) == self.server.truth

    async def watching(self, number: int = 1) -> None:
        """Wait until the server has this many watches open."""
        await self.until(lambda: len(self.server.watches) >= number)

    def requests_since(self, start: int) -> list[str]:
        return self.server.requests[start:]


@asynccontextmanager
async def following(
    folder: Path,
    server: ScriptedApi,
    *,
    timings: WatchTimings = TIMINGS,
    settings: ApiSettings = SETTINGS,
    user: dict[str, Any] | None = None,
) -> AsyncIterator[Following]:
    """Follow the server's pods for as long as the context is open."""
    kubeconfig = write_kubeconfig(folder, f"http://127.0.0.1:{server.port}", user or {"token": "t"})
    cluster = await KubeCluster.connect(kubeconfig, None, settings=settings)
    ledger = Ledger(server.activity)
    reflector = Reflector(cluster, PODS, ledger, timings)
    task = asyncio.create_task(reflector.run())
    try:
        yield Following(server, cluster, reflector, ledger, task)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await cluster.close()


def silent_for(seconds: float) -> ApiSettings:
    return replace(SETTINGS, silence_seconds=seconds)


def write_kubeconfig(folder: Path, address: str, user: dict[str, Any]) -> Path:
    file = folder / "kubeconfig"
    content = {
        "current-context": "scripted",
        "clusters": [{"name": "scripted", "cluster": {"server": address}}],
        "users": [{"name": "scripted", "user": user}],
        "contexts": [{"name": "scripted", "context": {"cluster": "scripted", "user": "scripted"}}],
    }
    file.write_text(json.dumps(content))  # JSON is YAML
    return file
