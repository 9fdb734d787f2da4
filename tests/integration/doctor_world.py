"""A healthy installation for the doctor: real servers, and the platform's account on a cluster."""

import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trustme
import yaml

from app.doctor.checks import checks_for
from app.doctor.examination import examine
from app.doctor.findings import Finding
from app.doctor.gateways import GatewayName
from app.doctor.installation import Installation, Resolve
from app.local.cluster import LocalCluster, tools
from app.local.cluster.local_cluster import ClusterError
from app.settings import Settings
from provisioner.domain.clock import SystemClock
from provisioner.storage.cluster_memory import ClusterMemory
from provisioner.storage.database import Database
from tests.charts.rendering import PLATFORM, Helm
from tests.e2e.platform_account import account_kubeconfig
from tests.images.rest_server import RestServer
from tests.integration.doctor_servers import (
    PASSWORD,
    SHOPS,
    USER,
    mail_server,
    shown_by,
    web_server,
)
from tests.issuer import AUDIENCE, Issuer, running_issuer
from tests.redis import RedisServer

NAME = "doctor-test"
WEAK = "doctor-weak"
ACCOUNTS = f"{NAME}-store-platform-backup-accounts"
REMOVAL = f"{NAME}-store-platform-backup-removal"
BACKUPS = {"backups": {"enabled": True, "existingSecret": "backup-key"}}
BACKUP_KEY = "backup-s3cret-" + 32 * "k"
SHOP = "doctor-1.shops.test"
PLATFORM_HOST = "platform.test"
_PATIENCE_SECONDS = 60.0
_ACCOUNT = {
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "Role",
    "RoleBinding",
    "Secret",
}


async def wildcard(_: str) -> list[str]:
    return ["127.0.0.1"]


@dataclass
class World:
    """The servers and files of the installation. ``given`` are its settings."""

    folder: Path
    cluster: LocalCluster
    ca: trustme.CA
    redis: RedisServer
    issuer: Issuer
    web_port: int
    mail_port: int
    backup_server: RestServer
    given: dict[str, Any] = field(default_factory=dict)

    async def examined(
        self,
        *,
        resolve: Resolve = wildcard,
        ahead: timedelta = timedelta(),
        is_before_install: bool = False,
        host: str | None = None,
        gateway: GatewayName | None = None,
        **settings: Any,
    ) -> dict[str, Finding]:
        """Examine the installation with other settings; our clock is ``ahead`` of the others."""
        chosen = Settings(**{**self.given, **settings})
        async with AsyncExitStack() as stack:
            installation = Installation(
                chosen,
                stack,
                host=host or f"https://{PLATFORM_HOST}:{self.web_port}",
                gateway=gateway,
                is_before_install=is_before_install,
                resolve=resolve,
                now=lambda: datetime.now(UTC) + ahead,
                shop_name="doctor-1",
            )
            return await examine(checks_for(chosen), installation)

    def values(self, name: str, **given: str) -> Path:
        """Write the operator's values of the engine, and return their folder."""
        chosen = {
            "storage": "doctor-fast",
            "ingress": "doctor",
            "registry": f"127.0.0.1:{self.web_port}/",
            **given,
        }
        storage = {"className": chosen["storage"]}
        images = chosen["registry"]
        content = {
            "mysql": {"image": {"repository": f"{images}mysql"}, "storage": storage},
            "wordpress": {"image": {"repository": f"{images}woocommerce"}, "storage": storage},
            "ingress": {"className": chosen["ingress"]},
            "gateway": {
                "enabled": "gateway" in chosen,
                "namespace": NAME,
                "name": chosen.get("gateway", ""),
            },
        }
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        (folder / "woocommerce.yaml").write_text(yaml.safe_dump(content))
        return folder

    def kubeconfig(self, account: str) -> Path:
        return self.folder / f"{account}.kubeconfig"


@contextmanager
def healthy_world(folder: Path, cluster: LocalCluster, database_url: str) -> Iterator[World]:
    """Give the world; whoever uses it trusts ``ca.pem`` in the folder by SSL_CERT_FILE."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    with ExitStack() as stack:
        world = World(
            folder,
            cluster,
            ca,
            redis=stack.enter_context(RedisServer()),
            issuer=stack.enter_context(running_issuer()),
            web_port=stack.enter_context(
                web_server(shown_by(ca, SHOPS, PLATFORM_HOST, "127.0.0.1"))
            ),
            mail_port=stack.enter_context(mail_server(shown_by(ca, "127.0.0.1"))),
            backup_server=stack.enter_context(RestServer(folder)),
        )
        _install_accounts(world)
        world.given = _settings(world, database_url)
        yield world


def _settings(world: World, database_url: str) -> dict[str, Any]:
    return {
        "database_url": database_url,
        "state_dir": world.folder / "state",
        "helm": str(tools.ensure_helm()),
        "unavailable_engines": {"medusa": "Not here."},
        "chart_values": world.values("healthy"),
        "kubeconfig": world.kubeconfig(NAME),
        "store_role": f"{NAME}-store-platform-in-stores",
        "shop_url": f"https://{{name}}.shops.test:{world.web_port}",
        "rate_limit_storage": world.redis.url,
        "smtp_host": "127.0.0.1",
        "smtp_port": world.mail_port,
        "smtp_username": USER,
        "smtp_password": PASSWORD,
        "oidc_issuer": world.issuer.url,
        "oidc_audience": AUDIENCE,
        "backup_repository": f"rest:http://127.0.0.1:{world.backup_server.port}",
        "backup_key": BACKUP_KEY,
        "backup_accounts": f"{NAME}/{ACCOUNTS}",
        "backup_removal": f"{NAME}/{REMOVAL}",
    }


async def remember(database_url: str, uid: str) -> None:
    database = Database(database_url, connections=1)
    await database.connect()
    await ClusterMemory(database, SystemClock()).recognise(uid)
    await database.close()


def closed_port() -> int:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return int(closed.getsockname()[1])


def _install_accounts(world: World) -> None:
    """Apply the account of the chart, which may besides what its hook's may, and a weaker one."""
    cluster = world.cluster
    cluster.kubectl("create", "namespace", NAME)
    helm = Helm(tools.ensure_helm(), world.folder, PLATFORM, BACKUPS)
    done = helm.template(release=NAME, namespace=NAME)
    assert done.returncode == 0, done.stderr
    objects = [item for item in yaml.safe_load_all(done.stdout) if item]
    wanted = [item for item in objects if item["kind"] in _ACCOUNT]
    wanted.append(_removal(objects))
    roles = {r["metadata"]["name"]: r for r in objects if r["kind"] == "ClusterRole"}
    account, reader = f"{NAME}-store-platform", f"{NAME}-store-platform-doctor"
    weaker = json.loads(json.dumps(roles[account]))
    weaker["metadata"]["name"] = WEAK
    weaker["rules"][0]["verbs"].remove("delete")
    extra = [
        weaker,
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": WEAK, "namespace": NAME},
        },
        _binding(f"{NAME}-reads", reader, account),
        _binding(f"{WEAK}-reads", reader, WEAK),
        _binding(WEAK, WEAK, WEAK),
        {**_binding(f"{WEAK}-backups", ACCOUNTS, WEAK, "Role"), "kind": "RoleBinding"},
        _storage_class("doctor-fast", "csi.test", can_grow=True),
        _storage_class("doctor-folders", "rancher.io/local-path", can_grow=False),
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": "doctor"},
            "spec": {"controller": "test/doctor"},
        },
    ]
    applied = {"apiVersion": "v1", "kind": "List", "items": [*wanted, *extra]}
    cluster.kubectl("-n", NAME, "apply", "-f", "-", stdin=json.dumps(applied))
    account_kubeconfig(cluster, NAME, account, world.kubeconfig(NAME))
    account_kubeconfig(cluster, NAME, WEAK, world.kubeconfig(WEAK))
    for name in (NAME, WEAK):
        _await(world, name, "list", "storageclasses", "-A", said="")
        _await(world, name, "list", "pods", "-A", said="")
        _await(world, name, "get", f"cronjobs/{REMOVAL}", f"--namespace={NAME}", said="")
    _await(world, NAME, said="may write only stores' namespaces")


def _await(world: World, name: str, *right: str, said: str) -> None:
    """Wait until the account has the right; without one, until its policy refuses a namespace."""
    ask = ["auth", "can-i", *right] if right else []
    ask = ask or ["create", "namespace", "refused", "--dry-run=server"]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            world.cluster.kubectl("--kubeconfig", str(world.kubeconfig(name)), *ask)
            is_done = not said
        except ClusterError as error:
            is_done = bool(said) and said in str(error)
        if is_done:
            return
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _removal(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the CronJob that removes backups, which starts nothing here at whatever hour."""
    jobs = [item for item in objects if item["kind"] == "CronJob"]
    (found,) = [item for item in jobs if item["metadata"]["name"] == REMOVAL]
    found["spec"]["suspend"] = True
    return found


def _binding(name: str, role: str, account: str, kind: str = "ClusterRole") -> Mapping[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": NAME}],
    }


def _storage_class(name: str, provisioner: str, *, can_grow: bool) -> Mapping[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": provisioner,
        "allowVolumeExpansion": can_grow,
    }
