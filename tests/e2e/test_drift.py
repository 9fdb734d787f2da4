"""What is changed behind the platform's back is put back, and the store's owner is told."""

import shutil

from tests.e2e.conftest import NewService
from tests.e2e.service import ROOT, Service, events_of
from tests.e2e.test_recovery import a_store, release_states

NEWER = """apiVersion: v1
kind: ConfigMap
metadata: {name: only-in-the-newer-chart}
"""


def give_charts(service: Service) -> None:
    """Have the service use charts of its own, which a test can change."""
    shutil.copytree(ROOT / "charts" / "woocommerce", service.folder / "charts" / "woocommerce")
    service.settings["STORE_PLATFORM_CHARTS"] = str(service.folder / "charts")


def make_newer(service: Service) -> None:
    chart = service.folder / "charts" / "woocommerce"
    (chart / "templates" / "newer.yaml").write_text(NEWER)
    described = (chart / "Chart.yaml").read_text()
    (chart / "Chart.yaml").write_text(described.replace("\nversion: ", "\nversion: 9"))


async def test_found_at_the_start_and_put_back_as_it_was(new_service: NewService) -> None:
    # Given two ready stores, one changed while the service is down, and a chart newer than both
    service = new_service()
    give_charts(service)
    service.start()
    async with a_store(service, "untouched") as untouched, a_store(service, "changed") as changed:
        await untouched.until("READY")
        await changed.until("READY")
        service.stop()
        changed.kubectl("delete", "ingress", "--all")
        wordpress = f"deployment/{changed.namespace}-wordpress"
        changed.kubectl("set", "image", wordpress, "wordpress=example.com/mine:1")
        make_newer(service)
        service.start()

        # Then the one is put back as its release has it, and says so
        event = await changed.until_event("REPAIR")
        assert (event["status"], event["subject"]) == ("REPAIRED", "release")
        words = event["message"]
        assert words.startswith("Drift was found and put back: ")
        assert f"Ingress {changed.namespace} was missing" in words
        assert 'containers[wordpress].image was "example.com/mine:1" instead of' in words
        assert changed.kubectl("get", "ingress", changed.namespace, "-o", "name")
        image = changed.kubectl("get", wordpress, "-o", "jsonpath={..containers[*].image}")
        assert image.startswith("store-platform/woocommerce:")
        names = changed.kubectl("get", "configmaps", "-o", "name")
        assert "only-in-the-newer-chart" not in names
        assert release_states(service.cluster, changed.namespace) == ["superseded", "deployed"]

        # And the other, which was looked at before it, has no event and the release it had
        await untouched.until("READY")
        assert not [e for e in events_of(untouched.updates) if e["kind"] == "REPAIR"]
        assert release_states(service.cluster, untouched.namespace) == ["deployed"]


async def test_a_degraded_store_is_looked_at_soon(service: Service) -> None:
    async with a_store(service, "soon") as store:
        await store.until("READY")
        store.kubectl("delete", "deployment", f"{store.namespace}-wordpress")
        assert (await store.until("DEGRADED"))["reason"]["code"] == "NOT_READY"
        event = await store.until_event("REPAIR")
        assert event["message"] == (
            f"Drift was found and put back: Deployment {store.namespace}-wordpress was missing."
        )
        assert (await store.until("READY", "FAILED"))["status"] == "READY"


async def test_switched_off(new_service: NewService) -> None:
    service = new_service(STORE_PLATFORM_DRIFT_CHECK_MINUTES="0")
    service.start()
    async with a_store(service, "alone") as store:
        await store.until("READY")
        store.kubectl("delete", "deployment", f"{store.namespace}-wordpress")
        await store.until("DEGRADED")
        service.stop()
        service.start()
        assert (await store.until("DEGRADED", "READY"))["status"] == "DEGRADED"
        assert not [e for e in events_of(store.updates) if e["kind"] == "REPAIR"]
