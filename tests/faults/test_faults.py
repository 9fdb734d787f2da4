"""Short outages of a real service's database. ``python -m tests.faults`` has the long ones."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import unreachable_cluster
from tests.bench.ground import UNLIMITED
from tests.e2e.service import CREATE, ROOT, Service
from tests.faults.faults import FAULTS, DiskFull, Fault, NoSuchDiskError, small_disk
from tests.faults.outage import AT_ONCE, TRY_AGAIN, Outage, database_file

SECONDS = 1.0


class Ground:
    """A service whose database can be made to fail."""

    def __init__(self, folder: Path, file: Path, fault: Fault) -> None:
        settings = {**UNLIMITED, "STORE_PLATFORM_DATABASE_URL": f"sqlite:///{file}"}
        self.service = Service(folder, unreachable_cluster(folder), settings)
        self.fault = fault

    def start(self) -> None:
        self.service.start(wait_until_ready=False)
        self.token = self.service.token("merchant")

    def command(self, *arguments: str, **more: str) -> tuple[int, str]:
        """Run a command beside the service; return its exit code and all that it said."""
        done = subprocess.run(
            [sys.executable, "-m", "app", *arguments], cwd=ROOT, timeout=60,
            env={**self.service.environment, **more}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(params=sorted(FAULTS))
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    with ExitStack() as stack:
        file = database_file(tmp_path)
        if FAULTS[request.param] is DiskFull:
            try:
                stack.enter_context(small_disk(file.parent))
            except NoSuchDiskError as error:
                pytest.skip(str(error))
        made = Ground(tmp_path, file, FAULTS[request.param](file))
        made.start()
        stack.callback(made.service.stop)
        yield made


@pytest.mark.timeout(600)
async def test_an_outage_and_another(ground: Ground) -> None:
    # Through the first one it serves
    outage = Outage(ground.service, ground.fault, SECONDS)
    await outage.run()
    assert outage.tally.refused
    assert outage.tally.read_seconds

    # In the second every command ends with a sentence, and so does the service
    ground.fault.begin()
    try:
        await asyncio.to_thread(_commands_end, ground)
        await _the_service_ends(ground)
        await asyncio.to_thread(_a_copy_ends, ground)
    finally:
        ground.fault.end()

    # And goes on afterwards, with what was there
    assert ground.command("token", "create", "somebody")[0] == 0
    await asyncio.to_thread(ground.service.start, wait_until_ready=False)
    assert {name for (name,) in ground.service.sql("SELECT name FROM stores")} == outage.tally.made
    assert ground.service.sql("PRAGMA integrity_check") == [("ok",)]


def _commands_end(ground: Ground) -> None:
    says = ground.fault.says
    assert ground.command("migrate") == (0, "")  # there is nothing to do
    listed = ground.command("token", "list")  # reading needs neither room nor lock
    assert (listed[0], "faults" in listed[1]) == (0, True)
    created = ground.command("token", "create", "somebody")
    assert (created[0], says in created[1]) == (TRY_AGAIN, True)


def _a_copy_ends(ground: Ground) -> None:
    """Which no service may work beside."""
    says, file = ground.fault.says, ground.service.database_url[10:]
    copied = ground.command("database", "copy", STORE_PLATFORM_COPY_TO=f"sqlite:///{file}-copy")
    assert (copied[0], says in copied[1]) == (2, True)


async def _the_service_ends(ground: Ground) -> None:
    """Also with callers who want to write, more than there are connections."""
    service, process = ground.service, ground.service.process
    assert process is not None
    headers = {"Authorization": f"Bearer {ground.token}"}
    async with httpx.AsyncClient(base_url=service.url, headers=headers, timeout=60) as http:

        async def create(number: int) -> None:
            given = {"input": {"name": f"late-{number}", "engine": "woocommerce"}}
            await http.post("/graphql", json={"query": CREATE, "variables": given})

        asking = [asyncio.create_task(create(number)) for number in range(2 * AT_ONCE)]
        assert await asyncio.to_thread(service.status, "/livez") == (200, '{"status":"ok"}')
        await asyncio.to_thread(service.stop)
        await asyncio.gather(*asking, return_exceptions=True)
    assert process.returncode in (0, -15)
