"""helm for tests of charts."""

from pathlib import Path

import pytest

from app.local.cluster.tools import ensure_helm
from tests.charts.rendering import PLATFORM, STORE, WOOCOMMERCE, Helm, Objects


@pytest.fixture(scope="session")
def helm_binary() -> Path:
    """A helm 4."""
    return ensure_helm()


@pytest.fixture(scope="session")
def helm(helm_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """The WooCommerce chart with nothing but what the platform passes."""
    return Helm(helm_binary, tmp_path_factory.mktemp("helm"), WOOCOMMERCE, {"store": STORE})


@pytest.fixture(scope="session")
def platform(helm_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """The platform's own chart."""
    return Helm(helm_binary, tmp_path_factory.mktemp("helm"), PLATFORM)


@pytest.fixture(scope="session")
def shop(helm: Helm) -> Objects:
    """The objects of the WooCommerce chart. Not to be changed."""
    return helm.objects()
