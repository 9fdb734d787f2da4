"""Whether paused shops count against the quotas is the operator's choice, and the API says it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.api.conftest import records_of, running_service
from tests.api.test_audit import entries_of, entry
from tests.api.test_quota import quota_of
from tests.api.test_retry_and_cancel import put_in
from tests.api.test_suspension import a_paused_shop, an_open_shop, ask, refused
from tests.e2e.service import Service

PLATFORM = "{ platform { storesUsed storesLimit countsSuspendedStores } }"
LIMITS = {"STORE_PLATFORM_MAX_STORES_PER_USER": "2", "STORE_PLATFORM_MAX_STORES": "3"}
Run = Callable[..., AbstractContextManager[Service]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return what runs a service for two stores a user, and three in all."""
    return partial(running_service, tmp_path, **LIMITS)


@pytest.fixture
def uncounted(run: Run) -> Iterator[Service]:
    """A service that does not count paused shops."""
    with run(STORE_PLATFORM_COUNT_SUSPENDED_STORES="false") as service:
        yield service


def platform(service: Service, token: str) -> tuple[int, int, bool]:
    found = service.execute(token, PLATFORM)["platform"]
    return found["storesUsed"], found["storesLimit"], found["countsSuspendedStores"]


def test_they_count(run: Run) -> None:
    with run() as service:
        token = service.token("mira")
        paused = a_paused_shop(service, token, "paused-shop")
        an_open_shop(service, token, "open-shop")
        assert quota_of(service, token) == (2, 2, 0)
        assert platform(service, token) == (2, 3, True)
        (error,) = service.create(token, "one-more")["errors"]
        assert (error["code"], error["field"], error["message"]) == (
            "USER_QUOTA_REACHED", None,
            ("You have 2 stores, and may have 2. Delete one that you no longer need; its place is"
             " free once it is gone. Or ask an operator for more (max_stores_per_user)."),
        )  # fmt: skip
        # Its place was not given away, so it opens although no other is free
        assert ask(service, token, "resume", paused)["errors"] == []
        assert quota_of(service, token) == (2, 2, 0)


def test_they_do_not_count(uncounted: Service) -> None:
    token = uncounted.token("mira")
    paused = a_paused_shop(uncounted, token, "paused-shop")
    an_open_shop(uncounted, token, "open-shop")
    assert quota_of(uncounted, token) == (1, 2, 1)
    assert platform(uncounted, token) == (1, 3, False)
    last = uncounted.create(token, "one-more")["store"]["id"]
    assert quota_of(uncounted, token) == (2, 2, 0)
    before = records_of(uncounted)

    answer = refused(ask(uncounted, token, "resume", paused))

    assert answer == (
        "USER_QUOTA_REACHED", None,
        ("You have 2 stores, and may have 2. Pause or delete one that you do not need; its place is"
         " free once that is done. Or ask an operator for more (max_stores_per_user)."),
    )  # fmt: skip
    assert records_of(uncounted) == before
    assert entries_of(uncounted, storeId=paused, action="resumeStore") == [
        entry("mira", "resumeStore", "REFUSED", code="USER_QUOTA_REACHED", storeId=paused,
              arguments={"id": paused}),
    ]  # fmt: skip

    put_in(uncounted, last, "DELETED")
    assert ask(uncounted, token, "resume", paused)["errors"] == []
    assert quota_of(uncounted, token) == (2, 2, 0)


def test_while_it_is_being_paused_it_counts(uncounted: Service) -> None:
    token = uncounted.token("mira")
    store_id = an_open_shop(uncounted, token)
    assert ask(uncounted, token, "suspend", store_id)["errors"] == []
    assert quota_of(uncounted, token) == (1, 2, 1)


def test_the_platform_may_be_full(uncounted: Service) -> None:
    token = uncounted.token("mira")
    paused = a_paused_shop(uncounted, token)
    for owner, name in (("ada", "shop-a"), ("ada", "shop-b"), ("bob", "shop-c")):
        assert uncounted.create(uncounted.token(owner), name)["errors"] == []
    before = records_of(uncounted)
    assert refused(ask(uncounted, token, "resume", paused)) == (
        "PLATFORM_QUOTA_REACHED", None,
        ("The platform has 3 stores, and may have 3. Try again once a store was deleted, or ask an"
         " operator for more (max_stores)."),
    )  # fmt: skip
    assert records_of(uncounted) == before


def test_the_last_place_is_given_once(uncounted: Service) -> None:
    token = uncounted.token("mira")
    paused = [a_paused_shop(uncounted, token, f"paused-{number}") for number in range(4)]
    an_open_shop(uncounted, token, "open-shop")
    with ThreadPoolExecutor(5) as pool:
        made = pool.submit(uncounted.create, token, "new-shop")
        asked = list(pool.map(lambda store: ask(uncounted, token, "resume", store), paused))
    codes = [error["code"] for answer in (*asked, made.result()) for error in answer["errors"]]
    assert codes == ["USER_QUOTA_REACHED"] * 4
    assert quota_of(uncounted, token) == (2, 2, 0)
