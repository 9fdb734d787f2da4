"""What a real kubelet and containerd say of stores that cannot run is understood, and told."""

import asyncio
from typing import Any

import pytest

from tests.e2e.test_recovery import Follower
from tests.real.conftest import StartService

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

_PATIENCE_SECONDS = 240.0
_TOO_MUCH = "$all = str_repeat('x', 1 << 30); sleep(600);"

# Each fault: the values of the web server, and what the store's reason is then.
FAULTS: dict[str, tuple[dict[str, Any], set[str], str]] = {
    "image-absent": (
        {"image": {"repository": "localhost/absent", "tag": "none", "pullPolicy": "Never"}},
        {"IMAGE_NOT_FOUND"},
        "localhost/absent:none",
    ),
    "registry-unreachable": (
        {"image": {"repository": "127.0.0.1:1/shop", "tag": "none", "pullPolicy": "Always"}},
        {"IMAGE_PULL_FAILED"},
        "connection refused",
    ),
    "command-absent": (
        {"command": ["/no/such/program"]},
        # RunContainerError at first, StartError while the kubelet backs off: whichever is met.
        {"BAD_CONTAINER_CONFIG", "CONTAINER_CANNOT_RUN"},
        "/no/such/program",
    ),
    "out-of-memory": (
        {"command": ["php", "-d", "memory_limit=-1", "-r", _TOO_MUCH]},
        {"OUT_OF_MEMORY"},
        "OOMKilled",
    ),
}


async def test_stores_that_cannot_run_fail_with_the_reason(start_service: StartService) -> None:
    service = start_service(
        {fault: values for fault, (values, _, _) in FAULTS.items()},
        STORE_PLATFORM_IMAGE_PULL_GRACE_SECONDS="1",
    )
    token = service.token("merchant")
    stores = {}
    for fault in FAULTS:
        payload = service.create(token, fault, engine="wordpress", version=fault)
        assert payload["errors"] == []
        stores[fault] = Follower(
            service, token, payload["store"]["id"], patience_seconds=_PATIENCE_SECONDS
        )

    ended = await asyncio.gather(*(store.until("READY", "FAILED") for store in stores.values()))

    reasons = {fault: store["reason"] for fault, store in zip(FAULTS, ended, strict=True)}
    for fault, (_, codes, words) in FAULTS.items():
        assert reasons[fault] is not None, reasons
        assert reasons[fault]["code"] in codes, reasons
        assert words in reasons[fault]["message"], reasons

    for store in stores.values():
        assert service.delete(token, store.store_id)["errors"] == []
    await asyncio.gather(*(store.until("DELETED") for store in stores.values()))
