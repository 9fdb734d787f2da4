"""``python -m app cluster …``: what is printed, what is forgotten, and what the audit log says."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from typer.testing import CliRunner

from app.cli.main import cli
from app.cli.offline import opened_database
from provisioner.domain.clock import SystemClock
from provisioner.storage.cluster_memory import ClusterMemory


async def meet(url: str, uid: str) -> None:
    async with opened_database(url) as database:
        await ClusterMemory(database, SystemClock()).recognise(uid)


def test_show_and_forget(tmp_path: Path) -> None:
    file = tmp_path / "platform.db"
    url = f"sqlite:///{file}"

    def run(*arguments: str) -> str:
        environment = {"STORE_PLATFORM_DATABASE_URL": url}
        done = CliRunner().invoke(cli, ["cluster", *arguments], env=environment)
        assert done.exit_code == 0
        return done.output.strip()

    assert run("show") == "none yet"
    assert run("forget") == "There was none to forget."
    asyncio.run(meet(url, "some-uid"))
    assert run("show") == "some-uid"
    assert run("forget") == "Forgot some-uid."
    assert run("show") == "none yet"
    with closing(sqlite3.connect(file)) as connection:
        entries = connection.execute("SELECT actor, address, action, outcome, arguments FROM audit")
        assert entries.fetchall() == [
            ("command line", "local", "forgetCluster", "ACCEPTED", '{"uid": "some-uid"}')
        ]
