"""Backups of local shops: restic's rest-server in the cluster, with its data on a volume there.

``make up`` tells the platform of it on a real node. Where the user names a place for backups,
they go there.
"""

import base64
import os
import secrets
from pathlib import Path
from typing import Any

import yaml

from app.local.cluster import LocalCluster
from app.local.images.recipes import CHARTS

MANIFEST = Path(__file__).with_name("backups.yaml")
SCRIPTS = CHARTS / "store-platform" / "files" / "backups"
_NAMESPACE = "backups"
_ACCOUNTS, _KEY, _REMOVAL = "accounts", "key", "removal"
_REPOSITORY = "STORE_PLATFORM_BACKUP_REPOSITORY"


def start(cluster: LocalCluster) -> dict[str, str]:
    """Start the server; return the service's settings that lead backups there.

    Nothing is started, and there are no settings, where the user has set a place for backups.
    Raises ClusterError.
    """
    if _REPOSITORY in os.environ:
        return {}
    cluster.kubectl("apply", "--filename", str(MANIFEST))
    cluster.kubectl("apply", "--filename=-", stdin=yaml.safe_dump(_scripts()))
    key = _kept(cluster) or _made(cluster)
    return {
        _REPOSITORY: f"rest:http://server.{_NAMESPACE}.svc.cluster.local:8000",
        "STORE_PLATFORM_BACKUP_ACCOUNTS": f"{_NAMESPACE}/{_ACCOUNTS}",
        "STORE_PLATFORM_BACKUP_REMOVAL": f"{_NAMESPACE}/{_REMOVAL}",
        "STORE_PLATFORM_BACKUP_KEY": key,
        # A check takes the room of a shop, which a laptop may not have: only when somebody asks.
        "STORE_PLATFORM_BACKUP_CHECK_DAYS": "0",
    }


def _scripts() -> dict[str, Any]:
    """Return the ConfigMap with the chart's script that removes old backups, and what it reads."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _REMOVAL, "namespace": _NAMESPACE},
        "data": {script.name: script.read_text() for script in sorted(SCRIPTS.iterdir())},
    }


def _kept(cluster: LocalCluster) -> str | None:
    """Return the key that an earlier start made, or None."""
    found = cluster.kubectl_json(
        "get", "secrets", f"--namespace={_NAMESPACE}", f"--field-selector=metadata.name={_KEY}"
    )["items"]
    # In the cluster, since it goes with the backups: those of an ended cluster are gone too.
    return base64.b64decode(found[0]["data"]["key"]).decode() if found else None


def _made(cluster: LocalCluster) -> str:
    key = secrets.token_hex(32)
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": _KEY, "namespace": _NAMESPACE},
        "stringData": {"key": key},
    }
    # By standard input: others can read a command line.
    cluster.kubectl("create", "--filename=-", stdin=yaml.safe_dump(manifest))
    return key
