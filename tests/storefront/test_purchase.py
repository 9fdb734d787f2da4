"""A purchase in a real browser, on a fake Medusa. Its steps are in ``dashboard/e2e/storefront``."""

from pathlib import Path

import pytest

from app.local.frontend import run_browser_tests
from tests.browser import ensure_browser
from tests.storefront.running import running_storefront


@pytest.fixture(scope="module")
def browser() -> Path:
    return ensure_browser()


@pytest.mark.timeout(600)
def test_purchase(browser: Path, tmp_path: Path) -> None:
    with running_storefront(tmp_path / "storefront.log") as address:
        run_browser_tests(
            "storefront/purchase.spec.ts", {"E2E_CHROMIUM": str(browser), "E2E_URL": address}
        )
