"""helm for tests of charts."""

from pathlib import Path

import pytest

from tests.charts.rendering import Helm, Objects
from tests.cluster.tools import ensure_helm


@pytest.fixture(scope="session")
def helm_binary() -> Path:
    """A helm 4."""
    return ensure_helm()


@pytest.fixture(scope="session")
def helm(helm_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    return Helm(helm_binary, tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session")
def shop(helm: Helm) -> Objects:
    """The WooCommerce chart with nothing but what the platform passes. Not to be changed."""
    return helm.objects()
