"""A shop is paused and opened again in a cluster: nothing of it runs meanwhile, or is lost."""

from tests.e2e.service import Service
from tests.e2e.test_recovery import Follower, a_store


def left(store: Follower, *kinds: str) -> list[str]:
    return sorted(store.kubectl("get", ",".join(kinds), "--output=name").split())


def replicas(store: Follower) -> set[str]:
    jsonpath = "--output=jsonpath={.items[*].spec.replicas}"
    return set(store.kubectl("get", "deployments,statefulsets", jsonpath).split())


async def test_all_but_the_data_is_stopped_and_comes_back(service: Service) -> None:
    async with a_store(service, "paused") as store:
        await store.until("READY")
        password = service.admin_password(store.namespace)
        routes = left(store, "ingresses", "cronjobs")
        data = left(store, "persistentvolumeclaims", "secrets")
        assert routes

        store.call("suspend")
        paused = await store.until("SUSPENDED")

        assert paused["reason"] is None
        assert replicas(store) == {"0"}
        assert left(store, "ingresses", "cronjobs") == []
        assert left(store, "persistentvolumeclaims", "secrets") == data

        # Somebody starts it, or the service has been away: it stays paused.
        service.stop()
        store.kubectl("scale", "deployment", "--all", "--replicas=1")
        service.start()
        event = await store.until_event("REPAIR")
        assert event["message"].endswith("ran although the shop is paused: it is stopped again.")
        assert replicas(store) == {"0"}

        store.call("resume")
        assert (await store.until("READY", "FAILED"))["status"] == "READY"
        assert replicas(store) == {"1"}
        assert left(store, "ingresses", "cronjobs") == routes
        assert service.admin_password(store.namespace) == password


async def test_a_paused_shop_can_be_deleted(service: Service) -> None:
    async with a_store(service, "paused-and-gone") as store:
        await store.until("READY")
        store.call("suspend")
        await store.until("SUSPENDED")
        assert service.delete(store.token, store.store_id)["errors"] == []
        assert (await store.until("DELETED"))["reason"] is None
