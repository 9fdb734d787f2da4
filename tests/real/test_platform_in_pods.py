"""The platform as its users install it: by helm, as pods of its own images, behind an ingress.

It begins on SQLite and moves to PostgreSQL, with a shop.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
import yaml

from app.local.cluster import LocalCluster
from app.local.frontend import run_browser_tests
from tests.browser import ensure_browser
from tests.charts.rendering import PLATFORM as CHART
from tests.e2e.namespaces import leaving_no_stores
from tests.e2e.test_recovery import Follower
from tests.real.backups import backed_up, counts
from tests.real.engines import RealEngine, parameters
from tests.real.life import await_that, created, deleted
from tests.real.platform.database import postgres_for_pods, url_for_pods
from tests.real.platform.guide import KUBERNETES, Terminal, typed_blocks
from tests.real.platform.ingress import ingress_for_pods
from tests.real.platform.installed import InstalledService
from tests.real.platform.production import merged
from tests.real.platform.release import (
    NAMESPACE,
    HelmRefusedError,
    Release,
    give_image_of_backups,
    give_images,
    of_the_node,
)
from tests.real.test_purchase import in_the_browser

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200)]

SHOP = "pod-and-sons"
_RESTIC = {"repository": "localhost/restic", "tag": "0.18.1", "pullPolicy": "Never"}
BACKUPS = {
    "enabled": True,
    "existingSecret": "shop-backups",
    "intervalHours": 0,  # they come only when they are asked for
    "server": {
        "image": _RESTIC,
        "storage": {"size": "1Gi"},
    },
    "removal": {"image": _RESTIC},
    "check": {"days": 0},
}


@dataclass(frozen=True, slots=True)
class Target:
    """The PostgreSQL that the platform moves to. ``url`` is what its pods are given."""

    url: str
    port: int


@pytest.fixture
def target(real_cluster: LocalCluster) -> Iterator[Target]:
    assert real_cluster.layout.node is not None  # which has the address
    with postgres_for_pods(trustme.CA()) as (server, database):
        yield Target(url_for_pods(server, database, "sslmode=require"), server.port)


@pytest.fixture
def release(
    target: Target,  # noqa: ARG001 - which is there for as long as pods use it
    real_cluster: LocalCluster,
    tmp_path: Path,
) -> Iterator[Release]:
    """The release with the values of a laptop; afterwards it is gone, its state too."""
    give_images(real_cluster)
    give_image_of_backups(real_cluster)
    of_node = tmp_path / "node.yaml"
    of_node.write_text(yaml.safe_dump(merged(of_the_node(real_cluster), {"backups": BACKUPS})))
    real_cluster.kubectl("create", "namespace", NAMESPACE)
    terminal = Terminal(tmp_path / "key", real_cluster, {}, "")
    terminal.type(typed_blocks(KUBERNETES)["Back up the shops"])
    made = Release(real_cluster, [CHART / "values-local.yaml", of_node])
    with ingress_for_pods(real_cluster), leaving_no_stores(real_cluster):
        made.upgrade()
        yield made
        made.uninstall()
        real_cluster.kubectl("delete", "namespace", NAMESPACE, "--timeout=180s")


@pytest.mark.parametrize("engine", parameters("medusa"))
async def test_from_the_install_to_an_order(
    release: Release, target: Target, engine: RealEngine, tmp_path: Path
) -> None:
    node = release.cluster.layout.node
    assert node is not None
    service = InstalledService(tmp_path, release.cluster, release=release, address=node.ingress)
    await_that(lambda: service.status("/config.json")[0] == 200)
    # The dashboard answers what is not the API's, and knows no such page
    await_that(lambda: service.status("/readyz")[0] == 404, lambda: service.status("/readyz"))

    store = await created(
        service, SHOP, engine=engine.name, components=set(engine.components),
        email="merchant@example.com",
    )  # fmt: skip
    in_the_browser(f"{engine.steps}/buy", store, ensure_browser(), shop=SHOP)
    in_the_dashboard(service, store.token)

    assert counts(await backed_up(store)) == {"orders": 1, "products": 1}
    assert "Backups removed: 0, whole repositories: 0, failures: 0." in what_is_removed(
        release, tmp_path
    )

    # What the platform knows outlives its pods and its release
    release.uninstall()
    assert release.pods("api") == []
    release.upgrade()
    await still_ready(service, store)

    move_to_postgresql(release, target, tmp_path)
    await still_ready(service, store)
    in_the_browser(f"{engine.steps}/orders", store, ensure_browser(), shop=SHOP)
    await deleted(store)


async def still_ready(service: InstalledService, store: Follower) -> None:
    """Pods that have just come know the store as it was, and nothing happened to it."""
    # Their proxy learns of them a moment after they are ready
    await_that(lambda: service.status("/config.json")[0] == 200)
    seen = len(store.updates)
    assert (await store.until("READY"))["status"] == "READY"
    assert len(store.updates) == seen + 1


def what_is_removed(release: Release, folder: Path) -> str:
    """Have old backups removed now, of which there are none, as docs/kubernetes.md says."""
    terminal = Terminal(folder / "removing", release.cluster, {}, "")
    return terminal.type(typed_blocks(KUBERNETES)["How long backups of shops are kept"])


def move_to_postgresql(release: Release, target: Target, folder: Path) -> None:
    """Do what docs/kubernetes.md says; before that, it is refused while the API works."""
    terminal = Terminal(folder / "typed", release.cluster, {}, "")
    (terminal.folder / "database-url").write_text(target.url)
    of_database = {"database": {"port": target.port}, "backups": BACKUPS}
    values = merged(of_the_node(release.cluster), of_database)
    (terminal.folder / "values.yaml").write_text(yaml.safe_dump(values))
    before = release.ready_pods("api")

    create = f"kubectl create secret generic early --namespace={NAMESPACE}"
    terminal.type(f"{create} --from-file=url=database-url")
    given = ("existingSecret=early", "copySqlite=true", f"port={target.port}")
    with pytest.raises(HelmRefusedError, match="works on the database"):
        release.upgrade(*(f"database.{value}" for value in given))
    assert release.ready_pods("api") == before

    terminal.type(typed_blocks(KUBERNETES)["From SQLite to PostgreSQL"])
    environment = release.exec("printenv", "STORE_PLATFORM_DATABASE_URL")
    assert environment.strip() == target.url


def in_the_dashboard(service: InstalledService, token: str) -> None:
    """Sign in with a link through the ingress: nginx has the pages, and the API the store."""
    run_browser_tests(
        "installed/dashboard.spec.ts",
        {
            "E2E_CHROMIUM": str(ensure_browser()),
            "E2E_URL": f"http://{service.host}",
            "E2E_LINK": service.link(token, f"http://{service.host}/"),
            "E2E_SHOP": SHOP,
        },
    )
