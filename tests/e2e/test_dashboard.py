"""The dashboard in a real browser, against the real service on the local cluster.

The tests themselves are in ``dashboard/e2e``; each file there is one test here, with a service of
its own.
"""

import os
from pathlib import Path

import pytest

from app.local.frontend import FOLDER, ensure_built, run_browser_tests
from tests.browser import ensure_browser
from tests.e2e.control import Control, serving
from tests.e2e.service import Service
from tests.issuer import running_issuer

SPECS = sorted(file.name for file in (FOLDER / "e2e").glob("*.spec.ts"))


@pytest.fixture(scope="module")
def browser() -> Path:
    ensure_built()
    return ensure_browser()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("spec", SPECS)
def test_dashboard(spec: str, browser: Path, service: Service) -> None:
    with running_issuer() as issuer, serving(control := Control(service, issuer)) as address:
        try:
            run_browser_tests(
                spec,
                {
                    "E2E_CHROMIUM": str(browser),
                    "E2E_CONTROL": address,
                    "E2E_URL": service.url,
                    "CI": os.environ.get("CI", ""),
                },
            )
        finally:
            control.clear()
