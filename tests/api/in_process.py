"""The whole service in the test's own process, where a test can look into it and write records."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from app.http.server import Server
from app.main import create_app
from app.settings import Settings
from provisioner.domain.identities import Role
from provisioner.domain.owners import local
from provisioner.domain.stores import Store
from provisioner.platform import Platform
from provisioner.storage.stores import StoreRepository
from tests.api.conftest import unreachable_cluster
from tests.stores import a_store


@dataclass(frozen=True, slots=True)
class InProcess:
    """A running service."""

    server: Server
    platform: Platform

    @property
    def port(self) -> int:
        port: int = self.server.servers[0].sockets[0].getsockname()[1]
        return port

    @property
    def records(self) -> StoreRepository:
        return self.platform.stores._records

    @property
    def unsent_bytes(self) -> int:
        """What is held for all connections together."""
        open_ones = self.server.server_state.connections
        return sum(item.transport.get_write_buffer_size() for item in open_ones)

    async def token(self, owner: str = "merchant") -> str:
        return (await self.platform.tokens.issue(local(owner), Role.OPERATOR)).secret

    async def add_store(self) -> Store:
        return await self.records.create(a_store())

    async def until_followed_by(self, number: int) -> None:
        async with asyncio.timeout(60):
            # The end of a connection is told to nobody outside the server.
            while self.platform.broadcaster.followers + self.platform.changes.followers != number:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@asynccontextmanager
async def running(folder: Path, *, ping_seconds: float = 20.0) -> AsyncIterator[InProcess]:
    """Run a service with a database of its own, and a cluster that does not answer."""
    settings = Settings.model_validate(
        {
            "database_url": f"sqlite:///{folder}/platform.db",
            "state_dir": folder / "state",
            "kubeconfig": unreachable_cluster(folder).kubeconfig,
        }
    )
    app = create_app(settings)
    server = Server(
        uvicorn.Config(
            app, port=0, ws="websockets-sansio", ws_per_message_deflate=False,
            ws_ping_interval=ping_seconds, ws_ping_timeout=ping_seconds,
            log_config=None, access_log=False,
        )
    )  # fmt: skip
    serving = asyncio.create_task(server.serve(), name="server")
    async with asyncio.timeout(60):
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.01)
    try:
        yield InProcess(server, app.state.platform)
    finally:
        server.should_exit = True
        await serving
