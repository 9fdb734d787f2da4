"""What ``make up`` asks of kind and Docker, and what the service is told then."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.local.cluster import tools
from app.local.cluster.local_cluster import ClusterError
from app.local.kind import cluster as kind

CLUSTER = "store-platform"


class Commands:
    """Plays kind, Docker and kubectl, and keeps what they were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.stdin: dict[str, str] = {}
        self.clusters = ""
        self.failing: tuple[str, ...] = ()

    def run(self, command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
        line = " ".join(command)
        self.asked.append(line)
        self.stdin[line] = options.get("input") or ""
        is_failing = any(words in line for words in self.failing)
        output = f"{self.clusters}\n" if line == "kind get clusters" else ""
        return subprocess.CompletedProcess(command, int(is_failing), output, "it was refused")


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    played = Commands()
    monkeypatch.setattr(subprocess, "run", played.run)
    monkeypatch.setattr(tools, "ensure_kubectl", lambda: Path("kubectl"))
    monkeypatch.setattr(kind, "first_free", lambda *_: 8000)
    return played


def test_a_new_cluster_has_an_ingress_and_images(commands: Commands, tmp_path: Path) -> None:
    settings = kind.start(tmp_path)

    create = f"kind create cluster --name {CLUSTER} --config -"
    (node,) = yaml.safe_load(commands.stdin[create])["nodes"]
    assert node["extraPortMappings"] == [
        {"containerPort": 80, "hostPort": 8000, "listenAddress": "127.0.0.1"}
    ]
    kubectl = f"kubectl --kubeconfig={tmp_path / 'kind.kubeconfig'}"
    names = [" ".join(line.split()[:3]) for line in commands.asked if line.startswith("kubectl")]
    assert names == [f"{kubectl} apply", f"{kubectl} rollout", f"{kubectl} apply"]
    built = [line.split()[4] for line in commands.asked if line.startswith("docker build")]
    loaded = [line.split()[3] for line in commands.asked if line.startswith("kind load")]
    assert built == loaded
    assert [image.split(":")[0] for image in loaded] == [
        "store-platform/medusa", "store-platform/medusa-storefront", "store-platform/woocommerce",
        "localhost/maildev",
    ]  # fmt: skip
    assert settings == {
        "STORE_PLATFORM_KUBECONFIG": str(tmp_path / "kind.kubeconfig"),
        "STORE_PLATFORM_UNAVAILABLE_ENGINES": "{}",
        "STORE_PLATFORM_INGRESS": "http://127.0.0.1:8000",
        "STORE_PLATFORM_SHOP_URL": "http://{name}.store.localhost:8000",
        "STORE_PLATFORM_REACHABILITY_CHECK": "true",
        "STORE_PLATFORM_SMTP_HOST": "maildev.mail.svc.cluster.local",
        "STORE_PLATFORM_SMTP_PORT": "1025",
        "STORE_PLATFORM_SMTP_SECURITY": "none",
    }


def test_a_cluster_that_runs_is_taken_with_its_port(commands: Commands, tmp_path: Path) -> None:
    first = kind.start(tmp_path)
    commands.clusters = CLUSTER
    commands.asked.clear()
    assert kind.start(tmp_path) == first
    assert not any(line.startswith("kind create") for line in commands.asked)


def test_addresses_of_somebody_elses_cluster_are_not_checked(
    commands: Commands, tmp_path: Path
) -> None:
    commands.clusters = CLUSTER
    settings = kind.start(tmp_path)
    assert settings["STORE_PLATFORM_REACHABILITY_CHECK"] == "false"
    assert "STORE_PLATFORM_INGRESS" not in settings


def test_an_engine_without_image_is_unavailable(commands: Commands, tmp_path: Path) -> None:
    commands.failing = ("--tag store-platform/woocommerce",)
    unavailable = kind.start(tmp_path)["STORE_PLATFORM_UNAVAILABLE_ENGINES"]
    assert json.loads(unavailable).keys() == {"woocommerce"}
    assert not any("load docker-image store-platform/woo" in line for line in commands.asked)


def test_without_the_image_for_mail_shops_send_none(commands: Commands, tmp_path: Path) -> None:
    commands.failing = ("--tag localhost/maildev",)
    assert not [name for name in kind.start(tmp_path) if "SMTP" in name]
    assert not [line for line in commands.asked if "mail.yaml" in line]


def test_without_any_image_there_is_no_platform(commands: Commands, tmp_path: Path) -> None:
    commands.failing = ("docker build",)
    with pytest.raises(ClusterError, match="No engine's image could be built"):
        kind.start(tmp_path)


def test_what_kind_says_is_told(commands: Commands, tmp_path: Path) -> None:
    commands.failing = ("kind create",)
    with pytest.raises(ClusterError, match=r"^kind create cluster .* failed:\nit was refused$"):
        kind.start(tmp_path)
