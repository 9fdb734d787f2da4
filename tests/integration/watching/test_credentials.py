"""Credentials that change while the service runs: nothing is lost, and nothing restarted."""

import asyncio
import json
import ssl
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from provisioner.domain.errors import ClusterUnreachableError, ConfigurationError
from provisioner.kubernetes.api import KubeApi
from provisioner.kubernetes.cluster import KubeCluster
from provisioner.kubernetes.watched_kinds import PODS
from tests.integration.watching.following import SETTINGS, following, write_kubeconfig
from tests.integration.watching.scripted_api import ScriptedApi

PLUGIN = """import json, pathlib
folder = pathlib.Path({folder!r})
with (folder / "runs").open("a") as runs:
    runs.write("run\\n")
status = {{"token": (folder / "token").read_text().strip()}}
print(json.dumps({{"apiVersion": {api!r}, "kind": "ExecCredential", "status": status}}))
"""
EXEC_API = "client.authentication.k8s.io/v1"


@pytest.fixture
async def server() -> AsyncIterator[ScriptedApi]:
    async with ScriptedApi() as made:
        made.accepted_tokens = {"first"}
        await made.put("web")
        yield made


class TokenFile:
    """A file with a token that is replaced now and then."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def becomes(self, text: str) -> None:
        self._file.write_text(text)

    def becomes_garbage(self) -> None:
        self._file.write_bytes(b"\xff\xfe")

    def goes(self) -> None:
        self._file.unlink()


@pytest.fixture
def token(tmp_path: Path) -> TokenFile:
    made = TokenFile(tmp_path / "token")
    made.becomes("first\n")  # with a line end, as an editor leaves it
    return made


def user_of(kind: str, folder: Path) -> dict[str, Any]:
    """Return a kubeconfig's user whose token comes from the file ``token``, in one way or other."""
    if kind == "tokenFile":
        return {"tokenFile": str(folder / "token")}
    plugin = folder / "plugin.py"
    plugin.write_text(PLUGIN.format(folder=str(folder), api=EXEC_API))
    given = {"apiVersion": EXEC_API, "command": sys.executable, "args": [str(plugin)]}
    return {"exec": given}


@pytest.mark.parametrize("kind", ["tokenFile", "exec"])
async def test_a_watch_goes_on_with_the_new_token(
    server: ScriptedApi, tmp_path: Path, token: TokenFile, kind: str
) -> None:
    async with following(tmp_path, server, user=user_of(kind, tmp_path)) as watch:
        await watch.watching()
        before = len(server.requests)
        token.becomes("second\n")
        server.accepted_tokens = {"second"}
        await server.cut_watches()
        await watch.settled()
        assert watch.requests_since(before) == ["watch", "watch"]
        assert server.tokens[before:] == ["first", "second"]


async def test_a_plugin_is_asked_once_for_all_that_were_refused(
    server: ScriptedApi, tmp_path: Path, token: TokenFile
) -> None:
    user = user_of("exec", tmp_path)
    address = f"http://127.0.0.1:{server.port}"
    cluster = await KubeCluster.connect(write_kubeconfig(tmp_path, address, user), None)
    token.becomes("second\n")
    server.accepted_tokens = {"second"}
    pages = await asyncio.gather(*(cluster.list_chunk(PODS, "") for _ in range(20)))
    assert [len(page.objects) for page in pages] == [1] * 20
    assert (tmp_path / "runs").read_text().split() == ["run", "run"]
    await cluster.close()


async def test_another_server_with_other_credentials(server: ScriptedApi, tmp_path: Path) -> None:
    async with (
        ScriptedApi() as other,
        following(tmp_path, server, user={"token": "first"}) as watch,
    ):
        other.version = server.version
        await watch.watching()
        write_kubeconfig(tmp_path, f"http://127.0.0.1:{other.port}", {"token": "second"})
        server.accepted_tokens = set()
        await server.cut_watches()
        await other.put("elsewhere")
        await watch.until(lambda: "elsewhere" in watch.ledger.state)
        assert set(other.tokens) == {"second"}


async def test_refused_for_good_then_renewed(
    server: ScriptedApi, tmp_path: Path, token: TokenFile
) -> None:
    async with following(tmp_path, server, user=user_of("tokenFile", tmp_path)) as watch:
        await watch.watching()
        before = len(server.requests)
        server.accepted_tokens = {"third"}
        await server.cut_watches()
        # Given a token that is refused, and a file that is away, then half written
        await watch.until(lambda: len(server.requests) >= before + 3)
        assert watch.reflector.trouble == (
            "The cluster does not accept the platform's credentials (401): Unauthorized. Renew the"
            " service account's token or the kubeconfig; the platform reads it again itself."
        )
        token.goes()
        await watch.until(lambda: len(server.requests) >= before + 6)
        token.becomes("")
        await watch.until(lambda: len(server.requests) >= before + 9)
        token.becomes_garbage()
        await watch.until(lambda: len(server.requests) >= before + 12)
        # Then it is tried at intervals, with what there is, and goes on with the next token
        token.becomes("third")
        await watch.settled()
        assert server.tokens[-1] == "third"
        assert "list" not in watch.requests_since(before)
        assert set(server.tokens) == {"first", "third"}


class Pod:
    """A pod's service account, and the API server that it is told of."""

    def __init__(self, folder: Path, server: ScriptedApi) -> None:
        self.folder = folder
        self.server = server

    def has_token(self, text: str) -> None:
        (self.folder / "token").write_text(text)


@pytest.fixture
async def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pod]:
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    async with ScriptedApi(tls=tls) as server:
        folder = tmp_path / "serviceaccount"
        folder.mkdir()
        authority.cert_pem.write_to_path(folder / "ca.crt")
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(server.port))
        await server.put("web")
        made = Pod(folder, server)
        made.has_token("first")
        yield made


async def test_the_pods_token_after_a_refusal(pod: Pod) -> None:
    api = await KubeApi.connect(None, None, service_account=pod.folder)
    pod.server.accepted_tokens = {"second"}
    pod.has_token("second")
    assert len((await KubeCluster(api).list_chunk(PODS, "")).objects) == 1
    assert pod.server.tokens == ["first", "second"]
    await api.close()


async def test_the_pods_token_is_read_before_it_is_refused(pod: Pod) -> None:
    settings = replace(SETTINGS, token_seconds=0.0)
    api = await KubeApi.connect(None, None, settings=settings, service_account=pod.folder)
    for text in ("second", "third"):
        pod.has_token(text)
        await KubeCluster(api).list_chunk(PODS, "")
    assert pod.server.tokens == ["second", "third"]
    await api.close()


async def test_a_pods_token_that_never_works(pod: Pod) -> None:
    pod.server.accepted_tokens = set()
    api = await KubeApi.connect(None, None, service_account=pod.folder)
    with pytest.raises(ClusterUnreachableError, match="does not accept the platform's credentials"):
        await KubeCluster(api).list_chunk(PODS, "")
    assert pod.server.tokens == ["first"]  # nothing else to try with: it was not tried again
    await api.close()


async def test_a_pod_without_its_authority(pod: Pod) -> None:
    (pod.folder / "ca.crt").unlink()
    with pytest.raises(ConfigurationError, match=r"service account in .* cannot be used: Service"):
        await KubeApi.connect(None, None, service_account=pod.folder)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\t{no yaml",
        "[]",
        "just words",
        json.dumps({"current-context": "none", "contexts": [], "clusters": [], "users": []}),
        json.dumps(
            {
                "current-context": "a",
                "contexts": [{"name": "a", "context": {"cluster": "b", "user": "c"}}],
                "clusters": [{"name": "b", "cluster": {"server": "https://127.0.0.1:1",
                              "certificate-authority-data": "%%%"}}],
                "users": [{"name": "c", "user": {"token": "t0ps3cret"}}],
            }
        ),
        json.dumps(
            {
                "current-context": "a",
                "contexts": [{"name": "a", "context": {"cluster": "b", "user": "c"}}],
                "clusters": [{"name": "b", "cluster": {"server": "https://127.0.0.1:1"}}],
                "users": [{"name": "c", "user": {"exec": {"apiVersion": EXEC_API,
                              "command": "/nowhere/plugin"}}}],
            }
        ),
    ],
)  # fmt: skip
async def test_a_kubeconfig_that_cannot_be_used(tmp_path: Path, content: str) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(content)
    with pytest.raises(ConfigurationError) as refused:
        await KubeCluster.connect(file, None)
    assert str(refused.value).startswith(f"The kubeconfig {file} cannot be used: ")
    assert str(refused.value).endswith(
        "Set STORE_PLATFORM_KUBECONFIG to a file that `kubectl` can use."
    )
    assert "t0ps3cret" not in str(refused.value)


async def test_no_kubeconfig_at_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be used"):
        await KubeCluster.connect(tmp_path / "nothing", None)
