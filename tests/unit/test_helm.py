"""The helm adapter with programs that only pretend to be helm, each wrong in its own way."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.errors import (
    ClusterUnreachableError,
    HelmError,
    HelmKilledError,
    PassingError,
    TransientError,
)
from provisioner.domain.ports import Doctor
from provisioner.helm import process
from provisioner.helm import program as helm_module
from provisioner.helm.client import HelmClient
from provisioner.helm.program import HelmProgram, HelmSettings

SECRET = "s3cr3t-value"
MakeHelm = Callable[..., HelmClient]


@pytest.fixture
def make_helm(tmp_path: Path) -> MakeHelm:
    """Make a client whose helm is the body of a Python program."""

    def make(
        body: str,
        *,
        kubeconfig: Path | None = None,
        timeout: float = 30,
        doctor: Doctor | None = None,
        states: Mapping[int, str] | None = None,
    ) -> HelmClient:
        program = tmp_path / "helm"
        program.write_text(f"#!{sys.executable} -S\nimport json, os, signal, sys, time\n{body}\n")
        program.chmod(0o700)
        settings = HelmSettings(
            str(program), tmp_path / "state", kubeconfig, timeout_seconds=timeout, grace_seconds=1
        )
        return client(settings, doctor=doctor, states=states)

    return make


def client(
    settings: HelmSettings,
    *,
    doctor: Doctor | None = None,
    states: Mapping[int, str] | None = None,
) -> HelmClient:
    """A client that finds these states of each release's revisions: none, unless they are given."""

    async def found(namespace: str, release: str) -> Mapping[int, str]:
        assert (namespace, release) == ("ns", "shop")
        return states or {}

    return HelmClient(HelmProgram(settings, doctor=doctor), found)


async def install(helm: HelmClient, secrets: Sequence[str] = ()) -> str:
    return await helm.install(
        release="shop",
        namespace="ns",
        chart=Path("chart"),
        values={"password": SECRET},
        secrets=secrets,
    )


async def test_a_helm_that_is_missing(tmp_path: Path) -> None:
    helm = client(HelmSettings(str(tmp_path / "no-helm"), tmp_path / "state"))
    with pytest.raises(HelmError) as failed:
        await install(helm)
    assert failed.value.reason.code == "HELM_MISSING"
    assert failed.value.reason.message == (
        f"helm could not be started: {tmp_path}/no-helm: No such file or directory. Install helm 4"
        " or set STORE_PLATFORM_HELM to its path, then retry the store."
    )


async def test_a_helm_that_may_not_be_run(tmp_path: Path) -> None:
    (tmp_path / "helm").write_text("")
    helm = client(HelmSettings(str(tmp_path / "helm"), tmp_path / "state"))
    with pytest.raises(HelmError, match="Permission denied") as failed:
        await install(helm)
    assert failed.value.reason.code == "HELM_MISSING"


@pytest.mark.parametrize(
    ("states", "runs"),
    [
        ({}, [["upgrade"]]),
        ({1: "superseded", 2: "deployed"}, [["upgrade"]]),
        ({1: "failed"}, [["upgrade"]]),
        ({1: "pending-install"}, [["uninstall"], ["upgrade"]]),
        ({1: "deployed", 2: "uninstalling"}, [["uninstall"], ["upgrade"]]),
        # What was in force last is put back, and not what came after it or before.
        (
            {1: "superseded", 2: "deployed", 3: "failed", 4: "pending-upgrade"},
            [["rollback", "2"], ["upgrade"]],
        ),
        ({10: "pending-rollback", 9: "superseded"}, [["rollback", "9"], ["upgrade"]]),
        ({1: "failed", 2: "pending-upgrade"}, [["uninstall"], ["upgrade"]]),  # none ever was
    ],
)
async def test_what_a_killed_helm_has_left_is_repaired_first(
    make_helm: MakeHelm, tmp_path: Path, states: Mapping[int, str], runs: list[list[str]]
) -> None:
    await install(make_helm(RECORD, states=states))
    told = [given["argv"][1:] for given in recorded(tmp_path)]
    assert [[verb, rest[1]] if verb == "rollback" else [verb] for verb, *rest in told] == runs


async def test_a_release_is_looked_at_once_no_helm_works_on_it(
    make_helm: MakeHelm, tmp_path: Path
) -> None:
    """Its state is another one while a helm of an earlier service works on it."""
    make_helm(RECORD)
    settings = HelmSettings(str(tmp_path / "helm"), tmp_path / "state", grace_seconds=30)
    program, looks = HelmProgram(settings), list[str]()

    async def found(*_: str) -> Mapping[int, str]:
        looks.append("looked")
        return {}

    async with program.kept_off("shop"):
        installing = asyncio.create_task(install(HelmClient(program, found)))
        await asyncio.sleep(3 * process._LOCK_POLL_SECONDS)
        assert looks == []
    await installing
    assert looks == ["looked"]


class Finds:
    """A doctor with an answer of its own; ``asked`` is what it was asked about."""

    def __init__(self, trouble: TransientError | None) -> None:
        self.answer = trouble
        self.asked: list[tuple[str, str, bool]] = []

    async def trouble(
        self, namespace: str, release: str, *, is_removal: bool
    ) -> TransientError | None:
        self.asked.append((namespace, release, is_removal))
        return self.answer


FAILS = "sys.exit('Error: context deadline exceeded')"


@pytest.mark.parametrize("is_removal", [False, True])
async def test_what_the_api_server_says_is_why_helm_failed(
    make_helm: MakeHelm,
    is_removal: bool,  # noqa: FBT001
) -> None:
    away = ClusterUnreachableError("The cluster did not answer: refused")
    doctor = Finds(away)
    helm = make_helm(FAILS, doctor=doctor)
    with pytest.raises(ClusterUnreachableError) as told:
        await (helm.uninstall(release="shop", namespace="ns") if is_removal else install(helm))
    assert told.value is away
    assert doctor.asked == [("ns", "shop", is_removal)]


@pytest.mark.parametrize(
    "said",
    [
        "Error: Kubernetes cluster unreachable: an error on the server",
        'Error: Get "https://10.0.0.1/version": dial tcp 10.0.0.1:443: connect: connection refused',
        "Error: the server has asked for the client to provide credentials",
        "Error: etcdserver: request timed out",
        "Error: net/http: TLS handshake timeout",
    ],
)
async def test_a_connection_that_was_lost_for_a_moment(make_helm: MakeHelm, said: str) -> None:
    with pytest.raises(PassingError) as told:
        await install(make_helm(f"sys.exit({said!r})", doctor=Finds(None)))
    assert told.value.reason.code == "HELM_FAILED"
    assert told.value.reason.message == (
        f"helm could not install release shop: {said}. See that helm reaches the API server as the"
        " platform itself does, then try again."
    )


async def test_where_the_api_server_finds_no_fault_helm_has_the_word(make_helm: MakeHelm) -> None:
    with pytest.raises(HelmError) as failed:
        await install(make_helm("sys.exit('Error: bad chart.')", doctor=Finds(None)))
    assert str(failed.value) == (
        "helm could not install release shop: Error: bad chart. Mend what it names in the chart or"
        " its values, then try again."
    )


async def test_what_the_cluster_refused_to_helm_has_the_remedy_that_fits(
    make_helm: MakeHelm,
) -> None:
    said = 'Error: secrets is forbidden: User "me" cannot list resource "secrets"'
    with pytest.raises(HelmError) as failed:
        await install(make_helm(f"sys.exit({said!r})", doctor=Finds(None)))
    assert str(failed.value) == (
        f"helm could not install release shop: {said}. Give the platform's account the right that"
        " this names (the ClusterRoles of its chart hold all that it needs), then try again."
    )


@pytest.mark.parametrize(
    ("number", "name"),
    [(9, "SIGKILL, most often because memory has run out"), (15, "SIGTERM"), (40, "signal 40")],
)
async def test_a_helm_that_is_killed(make_helm: MakeHelm, number: int, name: str) -> None:
    with pytest.raises(HelmKilledError) as killed:
        await install(make_helm(f"os.kill(os.getpid(), {number})"))
    assert str(killed.value) == f"helm was killed ({name})."


async def test_a_helm_that_hangs(make_helm: MakeHelm) -> None:
    with pytest.raises(HelmError) as failed:
        await install(make_helm("time.sleep(60)", timeout=0.3))
    assert failed.value.reason.code == "HELM_TIMEOUT"
    assert failed.value.reason.message == (
        "helm did not finish within 0.3 s and was ended. See whether the API server is slow, or"
        " raise STORE_PLATFORM_HELM_TIMEOUT_SECONDS, then retry the store."
    )


async def test_a_helm_that_gives_the_secret_away(make_helm: MakeHelm) -> None:
    body = """
sys.stderr.buffer.write(b"Error: \\x1b[31m\\xff" + sys.stdin.buffer.read())
sys.exit(1)
"""
    with pytest.raises(HelmError) as failed:
        await install(make_helm(body), [SECRET])
    message = failed.value.reason.message
    assert message.startswith("helm could not install release shop: Error: ")
    assert "[hidden]" in message
    assert SECRET not in message + failed.value.output
    assert "\x1b" not in message + failed.value.output


RECORD = """
with open(os.path.dirname(sys.argv[0]) + "/record", "a") as file:
    given = dict(argv=sys.argv, environ=dict(os.environ), stdin=sys.stdin.read())
    file.write(json.dumps(given) + "\\n")
"""


def recorded(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "record").read_text().splitlines()]


async def test_values_come_on_stdin_alone(make_helm: MakeHelm, tmp_path: Path) -> None:
    await install(make_helm(RECORD), [SECRET])
    (installed,) = recorded(tmp_path)
    assert installed["argv"][1] == "upgrade"
    assert json.loads(installed["stdin"]) == {"password": SECRET}
    assert SECRET not in json.dumps([installed["argv"], installed["environ"]])


async def test_helm_is_given_what_it_needs_and_no_more(
    make_helm: MakeHelm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_PLATFORM_DATABASE_URL", "postgresql://user:password@db/x")
    monkeypatch.setenv("HELM_NAMESPACE", "elsewhere")
    monkeypatch.setenv("HELM_KUBETOKEN", "t0ken")
    monkeypatch.setenv("KUBECONFIG", "/nowhere/own")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid")
    await install(make_helm(RECORD, kubeconfig=tmp_path / "given"))
    (given,) = recorded(tmp_path)
    home = str(tmp_path / "state" / "home")
    environ = given["environ"]
    assert environ["KUBECONFIG"] == str(tmp_path / "given")
    assert environ["HTTPS_PROXY"] == "http://proxy.invalid"
    for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "KUBECACHEDIR"):
        assert environ[name].startswith(home)
    allowed = {"PATH", "HOME", "KUBECONFIG", "LC_CTYPE", *helm_module._PASSED_ON}
    private = {"HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "KUBECACHEDIR"}
    assert set(environ) <= allowed | private


async def test_in_a_pod_helm_reads_the_service_account_itself(
    make_helm: MakeHelm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere/own")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    await install(make_helm(RECORD))
    (given,) = recorded(tmp_path)
    assert "KUBECONFIG" not in given["environ"]
    assert given["environ"]["HOME"] == str(tmp_path / "state" / "home")
    assert given["environ"]["KUBERNETES_SERVICE_HOST"] == "10.0.0.1"
    assert given["environ"]["KUBERNETES_SERVICE_PORT"] == "443"
    assert not [part for part in given["argv"] if "token" in part]
