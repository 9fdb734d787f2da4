"""The backups of local shops: the settings lead to what the manifest makes."""

import base64
import json
from typing import Any, cast

import pytest
import yaml

from app.backup_settings import BackupSettings
from app.local import backups
from app.local.cluster import LocalCluster

OBJECTS = {
    (item["kind"], item["metadata"]["name"]): item
    for item in yaml.safe_load_all(backups.MANIFEST.read_text())
}


class Cluster:
    """Has the Secrets that it is given."""

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, Any]] = {}
        self.config_maps: list[dict[str, Any]] = []
        self.commands: list[tuple[str, ...]] = []

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        self.commands.append(arguments)
        if stdin is not None:
            made = yaml.safe_load(stdin)
            if made["kind"] == "ConfigMap":
                self.config_maps.append(made)
                return ""
            text = made.pop("stringData")["key"]
            made["data"] = {"key": base64.b64encode(text.encode()).decode()}
            self.secrets[made["metadata"]["name"]] = made
        return ""

    def kubectl_json(self, *arguments: str) -> Any:
        assert arguments == (
            "get", "secrets", "--namespace=backups", "--field-selector=metadata.name=key",
        )  # fmt: skip
        return json.loads(json.dumps({"items": list(self.secrets.values())}))


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def test_the_settings_lead_to_the_server(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in backups.start(cast("LocalCluster", cluster)).items():
        monkeypatch.setenv(name, value)
    found = BackupSettings.model_validate({}).backups()
    assert found is not None
    assert found.accounts is not None
    namespace, accounts = found.accounts
    service = OBJECTS["Service", "server"]
    assert found.repository == f"rest:http://server.{namespace}.svc.cluster.local:{found.port}"
    assert [port["port"] for port in service["spec"]["ports"]] == [found.port]
    assert ("Secret", accounts) in OBJECTS
    assert "data" not in OBJECTS["Secret", accounts]  # it is the platform's to fill


def test_the_key_is_made_once_and_is_on_no_command_line(cluster: Cluster) -> None:
    first = backups.start(cast("LocalCluster", cluster))
    assert backups.start(cast("LocalCluster", cluster)) == first
    key = first["STORE_PLATFORM_BACKUP_KEY"]
    assert len(key) == 64
    assert not any(key in word for command in cluster.commands for word in command)


def test_old_ones_are_removed_by_the_charts_script(cluster: Cluster) -> None:
    settings = backups.start(cast("LocalCluster", cluster))
    assert settings["STORE_PLATFORM_BACKUP_REMOVAL"] == "backups/removal"
    assert "data" not in OBJECTS["Secret", "removal"]  # it is the platform's to fill
    (made,) = cluster.config_maps
    assert made["metadata"] == {"name": "removal", "namespace": "backups"}
    assert made["data"] == {
        name: (backups.SCRIPTS / name).read_text() for name in ("remove", "s3", "volume")
    }
    pod = OBJECTS["CronJob", "removal"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["command"] == ["/bin/sh", "/scripts/remove"]
    server = OBJECTS["Deployment", "server"]["spec"]["template"]["spec"]
    assert pod["securityContext"] == server["securityContext"]
    assert server["volumes"][1] in pod["volumes"]


def test_a_place_of_the_users_own_is_used(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_PLATFORM_BACKUP_REPOSITORY", "rest:http://backups.example.com")
    assert backups.start(cast("LocalCluster", cluster)) == {}
    assert cluster.commands == []
