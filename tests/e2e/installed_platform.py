"""The platform's chart as a real release on the local cluster, and a process that stands in for it.

No container runs on simulated nodes. So what the release's Deployment would run is a process beside
the cluster, with what its container would be given there: the settings in the release's ConfigMap
and Secret, the engines' values, and the rights of its ServiceAccount. Where the process and its
files are is its own matter, and so is a database that is a file: the release's volume has no disk
behind it.
"""

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.local.cluster import LocalCluster, tools
from tests.charts.rendering import PLATFORM
from tests.e2e.platform_account import account_kubeconfig
from tests.e2e.service import Service

_OF_THE_CONTAINER = {"HOST", "PORT", "CLOSED_SHOPS_PORT", "STATE_DIR", "CHART_VALUES"}
_PATIENCE_SECONDS = 90.0
_PREFIX = "STORE_PLATFORM_"


@dataclass
class InstalledPlatform:
    """A release, named as its namespace is; ``database_url`` is PostgreSQL's, None for SQLite."""

    name: str
    cluster: LocalCluster
    folder: Path
    database_url: str | None
    processes: list[Service] = field(default_factory=list)

    def upgrade(self, **values: Any) -> None:
        """Install the release, or upgrade it, with these values and those that every one has."""
        database = {"existingSecret": "database"} if self.database_url else {}
        stores = {"reachabilityCheck": False, **values.pop("stores", {})}
        given = {"database": database, "stores": stores, **values}
        self.helm("upgrade", "--install", self.name, str(PLATFORM), "--values", "-", given=given)
        self._await_rollout()

    def rollback(self, revision: int) -> None:
        self.helm("rollback", self.name, str(revision))
        self._await_rollout()

    def helm(self, *arguments: str, given: dict[str, Any] | None = None) -> str:
        homes = {f"HELM_{kind}_HOME": f"{self.folder}/helm" for kind in ("CACHE", "CONFIG", "DATA")}
        done = subprocess.run(
            [tools.ensure_helm(), *arguments, "--namespace", self.name],
            env={**os.environ, **homes, "KUBECONFIG": str(self.cluster.kubeconfig)},
            input=json.dumps(given or {}), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kubectl(self, *arguments: str) -> str:
        return self.cluster.kubectl("-n", self.name, *arguments)

    def get(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = self.cluster.kubectl_json("-n", self.name, "get", *arguments)
        return found

    def process(self) -> Service:
        """Return what the release's Deployment would run as it is now; not started."""
        folder = self.folder / f"process-{len(self.processes)}"
        folder.mkdir()
        made = Service(folder, self.cluster, self._settings(folder))
        self.processes.append(made)
        return made

    def stop(self) -> None:
        """Stop every process."""
        for process in self.processes:
            process.stop()

    def _settings(self, folder: Path) -> dict[str, str]:
        settings = {
            name: value
            for name, value in self.get("configmap", self.name)["data"].items()
            if name.removeprefix(_PREFIX) not in _OF_THE_CONTAINER
        }
        if values := self._engine_values(folder):
            settings[f"{_PREFIX}CHART_VALUES"] = str(values)
        kubeconfig = folder / "account.kubeconfig"
        account_kubeconfig(self.cluster, self.name, self.name, kubeconfig)
        url = self.database_url or f"sqlite:///{self.folder}/volume.db"
        return {
            **settings,
            f"{_PREFIX}KUBECONFIG": str(kubeconfig),
            f"{_PREFIX}DATABASE_URL": url,
        }

    def _engine_values(self, folder: Path) -> Path | None:
        """Write the engines' values that the release mounts; return their folder."""
        selector = ("configmaps", "--field-selector", f"metadata.name={self.name}-engine-values")
        found = self.get(*selector)["items"]
        if not found:
            return None
        values = folder / "values"
        values.mkdir()
        for file, content in found[0]["data"].items():
            (values / file).write_text(content)
        return values

    def _await_rollout(self) -> None:
        for component in ("api", "dashboard"):
            self.kubectl(
                "rollout", "status", f"deployment/{self.name}-{component}", "--timeout=180s"
            )

    def await_migration(self) -> None:
        """Wait for the word that the migration job has completed: helm removes the job itself."""
        about = f"involvedObject.kind=Job,involvedObject.name={self.name}-migration"
        selector = f"reason=Completed,{about}"
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self.get("events", "--field-selector", selector)["items"]:
            assert time.monotonic() < deadline, self.get("events")
            time.sleep(0.2)
