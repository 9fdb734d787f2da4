"""Quotas through the API: what the caller has and may have, and the refusal that names it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.conftest import unreachable_cluster
from tests.e2e.service import Service

QUOTA = "{ viewer { quota { storesUsed storesLimit storesLeft } } }"
PLATFORM = "{ platform { storesUsed storesLimit } }"


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service for two stores a user, and three in all."""
    folder = tmp_path_factory.mktemp("small")
    limits = {"STORE_PLATFORM_MAX_STORES_PER_USER": "2", "STORE_PLATFORM_MAX_STORES": "3"}
    service = Service(folder, unreachable_cluster(folder), limits)
    service.start(wait_until_ready=False)
    yield service
    service.stop()


def quota_of(service: Service, token: str) -> tuple[int, int, int]:
    quota = service.execute(token, QUOTA)["viewer"]["quota"]
    return quota["storesUsed"], quota["storesLimit"], quota["storesLeft"]


def test_used_up(small: Service) -> None:
    merchant, rival = small.token("merchant"), small.token("rival")
    assert quota_of(small, merchant) == (0, 2, 2)
    with ThreadPoolExecutor(6) as pool:
        names = [f"shop-{index}" for index in range(6)]
        payloads = list(pool.map(lambda name: small.create(merchant, name), names))
    assert sum(payload["store"] is not None for payload in payloads) == 2
    refused = [payload["errors"] for payload in payloads if payload["store"] is None]
    assert [(e["code"], e["field"]) for (e,) in refused] == [("USER_QUOTA_REACHED", None)] * 4
    assert "You have 2 stores, and may have 2. Delete one" in refused[0][0]["message"]
    assert (quota_of(small, merchant), quota_of(small, rival)) == ((2, 2, 0), (0, 2, 2))

    small.create(rival, "their-shop", idempotencyKey="first")
    (error,) = small.create(rival, "one-more")["errors"]
    assert (error["code"], error["field"]) == ("PLATFORM_QUOTA_REACHED", None)
    again = small.create(rival, "their-shop", idempotencyKey="first")
    assert (again["errors"], again["store"]["name"]) == ([], "their-shop")
    assert small.execute(rival, PLATFORM) == {"platform": {"storesUsed": 3, "storesLimit": 3}}
    assert quota_of(small, rival) == (1, 2, 1)


def test_the_default(api: Service) -> None:
    quota = api.execute(api.token("merchant"), QUOTA)["viewer"]["quota"]
    assert quota == {"storesUsed": 0, "storesLimit": 20, "storesLeft": 20}
