"""What a store is told to do about what the platform itself lacks helps."""

import shutil
from pathlib import Path

import pytest

from app.local.cluster import stages, tools
from tests.e2e.conftest import NewService
from tests.e2e.remedies import (
    chart_of,
    engines,
    set_values,
)
from tests.e2e.service import Service
from tests.e2e.test_recovery import Follower, a_store, behaving

ENGINE = "shop"


def restarted(service: Service, **settings: str) -> None:
    """Start the service anew with other settings."""
    service.stop()
    service.settings |= settings
    service.start(wait_until_ready=False)
    service.await_page("/livez")


async def retried(store: Follower) -> tuple[str, str]:
    """Retry a store, and return the code and the sentence with which it fails; or "" and ""."""
    store.call("retry")
    ended = await store.until("READY", "FAILED")
    reason = ended["reason"] or {"code": "", "message": ""}
    return reason["code"], reason["message"]


def a_slow_helm(folder: Path) -> Path:
    """Return a helm that takes two seconds before it does anything, as on a busy API server."""
    file = folder / "slow-helm"
    file.write_text(f'#!/bin/sh\nsleep 2\nexec "{tools.ensure_helm()}" "$@"\n')
    file.chmod(0o755)
    return file


@pytest.mark.timeout(600)
async def test_what_the_platform_lacks_one_thing_after_another(new_service: NewService) -> None:
    service = new_service(STORE_PLATFORM_HELM="/nowhere/helm")
    engines(service, [ENGINE, "other"])
    service.start(wait_until_ready=False)
    async with a_store(service, "lacking", engine=ENGINE, patience_seconds=240) as store:
        failed = await store.until("FAILED", "READY")
        assert failed["reason"]["code"] == "HELM_MISSING"
        assert "set STORE_PLATFORM_HELM to its path" in failed["reason"]["message"]

        slow_helm = str(a_slow_helm(service.folder))
        restarted(service, STORE_PLATFORM_HELM=slow_helm, STORE_PLATFORM_HELM_TIMEOUT_SECONDS="1")
        code, told = await retried(store)
        assert code == "HELM_TIMEOUT"
        assert "raise STORE_PLATFORM_HELM_TIMEOUT_SECONDS" in told

        chart, elsewhere = chart_of(service, ENGINE), service.folder / "elsewhere"
        shutil.move(chart, elsewhere)
        restarted(service, STORE_PLATFORM_HELM_TIMEOUT_SECONDS="300")
        code, told = await retried(store)
        assert code == "ENGINE_MISSING"
        assert "Add it back to the charts and restart the platform" in told

        shutil.move(elsewhere, chart)
        set_values(service, ENGINE, behaving(stages.NEVER_READY))
        restarted(service, STORE_PLATFORM_PROVISION_TIMEOUT_SECONDS="6")
        code, told = await retried(store)
        assert code == "NOT_READY_IN_TIME"
        assert "Look at its pods and steps for what is slow" in told

        set_values(service, ENGINE, {})
        restarted(service, STORE_PLATFORM_PROVISION_TIMEOUT_SECONDS="600")
        assert await retried(store) == ("", "")
