"""Credentials that do not come at the start: a plug-in that hangs, a file that cannot be read.

The files are named pipes, which hang like a server that is away until somebody writes to them.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.local.cluster.processes import is_running
from provisioner.domain.errors import ClusterUnreachableError
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.kubernetes.watched_kinds import PODS
from tests.integration.watching.following import SETTINGS, write_kubeconfig
from tests.integration.watching.scripted_api import ScriptedApi
from tests.integration.watching.test_credentials import EXEC_API, user_of

SOON = replace(SETTINGS, reading_seconds=0.2)
PATIENT = replace(SETTINGS, reading_seconds=20)

PLUGIN_THAT_HANGS = """import os, pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
folder = pathlib.Path({folder!r})
with (folder / "pids").open("a") as pids:
    pids.write(f"{{os.getpid()}} {{child.pid}} ")
child.wait()
"""


@pytest.fixture
async def server() -> AsyncIterator[ScriptedApi]:
    async with ScriptedApi() as made:
        made.accepted_tokens = {"first"}
        await made.put("web")
        yield made


def kubeconfig_with_a_pipe(kind: str, folder: Path, server: ScriptedApi) -> tuple[Path, Path, str]:
    """Return a kubeconfig, the pipe that it hangs at, and what is to be written to it."""
    address = f"http://127.0.0.1:{server.port}"
    if kind == "kubeconfig":
        file = write_kubeconfig(folder, address, {"token": "first"})
        content = file.read_text()
        file.unlink()
        os.mkfifo(file)
        return file, file, content
    pipe = folder / "token"
    os.mkfifo(pipe)
    return write_kubeconfig(folder, address, user_of(kind, folder)), pipe, "first\n"


def hanging_plugin(folder: Path, server: ScriptedApi) -> Path:
    plugin = folder / "plugin.py"
    plugin.write_text(PLUGIN_THAT_HANGS.format(folder=str(folder)))
    given = {"apiVersion": EXEC_API, "command": sys.executable, "args": [str(plugin)]}
    user: dict[str, Any] = {"exec": given}
    return write_kubeconfig(folder, f"http://127.0.0.1:{server.port}", user)


def pids(folder: Path) -> list[int]:
    """Return the processes of the plug-ins that have begun: two for each."""
    file = folder / "pids"
    return [int(pid) for pid in file.read_text().split()] if file.exists() else []


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("kind", "awaited"),
    [
        ("kubeconfig", "a file that it consists of"),
        ("tokenFile", "a file that it consists of"),
        ("exec", f"its credential plug-in {sys.executable}"),
    ],
)
async def test_what_hangs_is_named_and_used_once_it_answers(
    server: ScriptedApi, tmp_path: Path, kind: str, awaited: str
) -> None:
    kubeconfig, pipe, content = kubeconfig_with_a_pipe(kind, tmp_path, server)
    cluster = await KubeCluster.connect(kubeconfig, None, settings=SOON)
    said = (
        rf"^The kubeconfig {kubeconfig} has not been read for \d+ s: {awaited} does not answer\.$"
    )
    with pytest.raises(ClusterUnreachableError, match=said):
        await cluster.list_chunk(PODS, "")
    assert server.requests == []  # nothing is sent without credentials
    # When somebody writes to the pipe, the reading that hung goes on
    await asyncio.to_thread(pipe.write_text, content)
    pages = await asyncio.gather(*(_patiently_listed(cluster) for _ in range(5)))
    assert [len(page.objects) for page in pages] == [1] * 5
    assert set(server.tokens) == {"first"}
    await cluster.close()


async def _patiently_listed(cluster: KubeCluster) -> Any:
    async with asyncio.timeout(20):
        while True:
            try:
                return await cluster.list_chunk(PODS, "")
            except ClusterUnreachableError:
                continue


async def test_a_hanging_plugin_is_started_once_for_all(
    server: ScriptedApi, tmp_path: Path
) -> None:
    cluster = await KubeCluster.connect(hanging_plugin(tmp_path, server), None, settings=SOON)
    tries = [cluster.list_chunk(PODS, "") for _ in range(20)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert {type(result) for result in results} == {ClusterUnreachableError}
    await until(lambda: bool(pids(tmp_path)))
    assert len(pids(tmp_path)) == 2
    # When the service stops, the plug-in ends with all that it has started
    await cluster.close()
    await until(lambda: not any(map(is_running, pids(tmp_path))))
    assert len(pids(tmp_path)) == 2


async def test_a_plugin_is_ended_after_a_time_and_tried_again(
    server: ScriptedApi, tmp_path: Path
) -> None:
    kubeconfig = hanging_plugin(tmp_path, server)
    settings = replace(PATIENT, answer_seconds=1.0)
    cluster = await KubeCluster.connect(kubeconfig, None, settings=settings)
    ended = rf"^{sys.executable} did not answer within 1 s, and was ended\.$"
    with pytest.raises(ClusterUnreachableError, match=ended):
        await cluster.list_chunk(PODS, "")
    assert len(pids(tmp_path)) == 4
    await until(lambda: not any(map(is_running, pids(tmp_path))))
    # Then it is mended
    write_kubeconfig(tmp_path, f"http://127.0.0.1:{server.port}", {"token": "first"})
    assert len((await cluster.list_chunk(PODS, "")).objects) == 1
    await cluster.close()


async def test_a_start_that_is_given_up_leaves_no_plugin(
    server: ScriptedApi, tmp_path: Path
) -> None:
    kubeconfig = hanging_plugin(tmp_path, server)
    starting = asyncio.create_task(KubeApi.connect(kubeconfig, None, settings=PATIENT))
    await until(lambda: bool(pids(tmp_path)))
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await until(lambda: not any(map(is_running, pids(tmp_path))))


async def test_what_is_wrong_once_it_comes_is_told_and_may_be_mended(
    server: ScriptedApi, tmp_path: Path
) -> None:
    kubeconfig, pipe, content = kubeconfig_with_a_pipe("kubeconfig", tmp_path, server)
    cluster = await KubeCluster.connect(kubeconfig, None, settings=SOON)
    await asyncio.to_thread(pipe.write_text, "just words")
    pipe.unlink()
    pipe.write_text("other words")
    wrong = f"^The kubeconfig {kubeconfig} cannot be used: .* Set STORE_PLATFORM_KUBECONFIG to"
    for _ in range(2):  # what was written to the pipe, then the file
        with pytest.raises(ClusterUnreachableError, match=wrong):
            await cluster.list_chunk(PODS, "")
    assert server.requests == []
    pipe.write_text(content)
    assert len((await cluster.list_chunk(PODS, "")).objects) == 1
    await cluster.close()


async def test_what_was_found_while_nobody_waited_is_not_lost(
    server: ScriptedApi, tmp_path: Path
) -> None:
    kubeconfig, pipe, content = kubeconfig_with_a_pipe("tokenFile", tmp_path, server)
    cluster = await KubeCluster.connect(kubeconfig, None, settings=SOON)
    await asyncio.to_thread(pipe.write_text, content)
    pipe.unlink()
    assert len((await cluster.list_chunk(PODS, "")).objects) == 1
    await cluster.close()
