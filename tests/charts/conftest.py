"""helm for tests of charts."""

from functools import cache
from pathlib import Path

import pytest
from kubernetes_validate import utils

from app.local.cluster.tools import ensure_helm
from tests.charts.rendering import ENGINES, MEDUSA, PLATFORM, STORE, WOOCOMMERCE, Helm, Objects

# Else it lists its folders and reads all of Kubernetes' definitions again for every object.
utils.all_versions = cache(utils.all_versions)
utils.schema_contents = cache(utils.schema_contents)


@pytest.fixture(scope="session")
def helm_binary() -> Path:
    """A helm 4."""
    return ensure_helm()


@pytest.fixture(scope="session")
def helm(helm_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """The WooCommerce chart with nothing but what the platform passes."""
    return Helm(helm_binary, tmp_path_factory.mktemp("helm"), WOOCOMMERCE, {"store": STORE})


@pytest.fixture(scope="session")
def medusa(helm_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """The Medusa chart with nothing but what the platform passes."""
    return Helm(helm_binary, tmp_path_factory.mktemp("helm"), MEDUSA, {"store": STORE})


@pytest.fixture(scope="session", params=ENGINES, ids=lambda chart: str(chart.name))
def any_engine(
    request: pytest.FixtureRequest, helm_binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Helm:
    """Each engine's chart in turn, with nothing but what the platform passes."""
    home = tmp_path_factory.mktemp("helm")
    return Helm(helm_binary, home, request.param, {"store": STORE})


@pytest.fixture(scope="session")
def any_shop(any_engine: Helm) -> Objects:
    """The objects of each engine's chart. Not to be changed."""
    return any_engine.objects()


@pytest.fixture(scope="session")
def medusa_shop(medusa: Helm) -> Objects:
    """The objects of the Medusa chart. Not to be changed."""
    return medusa.objects()


@pytest.fixture(scope="session")
def platform(helm_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """The platform's own chart: the release, without what looks at the cluster before it."""
    given = {"doctor": {"enabled": False}}
    return Helm(helm_binary, tmp_path_factory.mktemp("helm"), PLATFORM, given)


@pytest.fixture(scope="session")
def doctor(helm_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """The same chart as it is by default."""
    return Helm(helm_binary, tmp_path_factory.mktemp("helm"), PLATFORM)


@pytest.fixture(scope="session")
def shop(helm: Helm) -> Objects:
    """The objects of the WooCommerce chart. Not to be changed."""
    return helm.objects()
