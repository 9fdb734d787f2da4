"""The metrics of stores that are really made, and really fail."""

import asyncio

from tests.api.test_operations import scrape
from tests.e2e.conftest import NewService
from tests.e2e.service import follow

TOKEN = "a-token-for-the-metrics"


async def test_a_store_from_create_to_delete(new_service: NewService) -> None:
    service = new_service(STORE_PLATFORM_METRICS_TOKEN=TOKEN)
    service.start()
    token = service.token("merchant")
    store_id = service.create(token, "measured-shop")["store"]["id"]
    async with service.websocket(token) as session, asyncio.timeout(90):
        await follow(session, store_id, until={"READY"})
        service.delete(token, store_id)
        await follow(session, store_id, until={"DELETED"})

    found = scrape(service)

    # By label, in the order of the labels' names: action, engine, outcome
    work = found["store_platform_work_seconds_count"]
    assert work["PROVISION", "woocommerce", "READY"] == 1.0
    assert work["DELETE", "woocommerce", "DELETED"] == 1.0
    # engine, outcome, step
    steps = found["store_platform_step_seconds_count"]
    assert steps == {
        ("woocommerce", "SUCCEEDED", "NAMESPACE"): 1.0,
        ("woocommerce", "SUCCEEDED", "CREDENTIALS"): 1.0,
        ("woocommerce", "SUCCEEDED", "HELM_INSTALL"): 1.0,
        ("woocommerce", "SUCCEEDED", "WORKLOADS_READY"): 1.0,
        ("woocommerce", "SUCCEEDED", "SETUP_JOB"): 1.0,
        ("woocommerce", "SKIPPED", "REACHABLE"): 1.0,
        ("woocommerce", "SUCCEEDED", "HELM_UNINSTALL"): 1.0,
        ("woocommerce", "SUCCEEDED", "NAMESPACE_GONE"): 1.0,
    }
    # outcome, verb
    helm = found["store_platform_helm_run_seconds_count"]
    assert helm["SUCCEEDED", "upgrade"] == helm["SUCCEEDED", "uninstall"] == 1.0
    assert found["store_platform_stores"]["DELETED",] == 1.0
    staleness = found["store_platform_watch_staleness_seconds"]
    assert set(staleness.values()) == {0.0}
    assert set(found["store_platform_watch_lists_total"].values()) == {1.0}
    assert set(found["store_platform_part_up"].values()) == {1.0}
