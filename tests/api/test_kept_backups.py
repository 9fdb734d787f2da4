"""How long backups are kept, in the API: pins, those of deleted stores, and what is removed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import BACKUPS, running_service
from tests.api.test_backups import POLICY, a_store, add_backups
from tests.e2e.service import Service

LIST = """query ($id: ID!) { store(id: $id) { lastBackup { number } backups(first: 20) {
  edges { node { id number isPinned keptUntil } } } } }"""
PIN = """mutation ($id: ID!) { pinBackup(input: {id: $id}) {
  backup { id number isPinned keptUntil } errors { code field message } } }"""
UNPIN = """mutation ($id: ID!) { unpinBackup(input: {id: $id}) {
  backup { id number isPinned keptUntil } errors { code } } }"""
NODE = "query ($id: ID!) { node(id: $id) { ... on Backup { number isPinned keptUntil } } }"
CREATE = """mutation ($input: CreateStoreInput!) { createStore(input: $input) {
  store { id } errors { code field } } }"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("kept-backups")
    with running_service(folder, **BACKUPS) as made:
        yield made


def listed(service: Service, token: str, store_id: str) -> list[dict[str, Any]]:
    edges = service.execute(token, LIST, id=store_id)["store"]["backups"]["edges"]
    return [edge["node"] for edge in edges]


def backup_id(store_id: str, number: int) -> str:
    return f"backup_{store_id.removeprefix('store_')}_{number}"


def test_one_is_pinned_and_let_go(service: Service) -> None:
    token = service.token("mira")
    store_id = a_store(service, token, "pinned")
    add_backups(service, store_id, 1, 2)
    first = backup_id(store_id, 1)

    for _ in range(2):  # pinning it again changes nothing
        pinned = service.execute(token, PIN, id=first)["pinBackup"]
        node = {"id": first, "number": 1, "isPinned": True, "keptUntil": None}
        assert pinned == {"backup": node, "errors": []}
    assert [found["isPinned"] for found in listed(service, token, store_id)] == [False, True]

    let_go = service.execute(token, UNPIN, id=first)["unpinBackup"]
    assert let_go == {"backup": {**node, "isPinned": False}, "errors": []}
    assert [found["isPinned"] for found in listed(service, token, store_id)] == [False, False]


def test_only_so_many_are_pinned(service: Service) -> None:
    token = service.token("mira")
    store_id = a_store(service, token, "all-pinned")
    add_backups(service, store_id, *range(1, 12))
    for number in range(1, 11):
        service.execute(token, PIN, id=backup_id(store_id, number))
    assert service.execute(token, PIN, id=backup_id(store_id, 11))["pinBackup"] == {
        "backup": None,
        "errors": [
            {
                "code": "TOO_MANY_PINNED", "field": "id",
                "message": "A store can have 10 pinned backups; unpin one of them first.",
            }
        ],
    }  # fmt: skip
    assert sum(found["isPinned"] for found in listed(service, token, store_id)) == 10


@pytest.mark.parametrize("given", ["", "store_1", "backup_x_1", backup_id("0" * 32, 1)])
def test_one_that_is_not_there(service: Service, given: str) -> None:
    refused = service.execute(service.token("mira"), PIN, id=given)["pinBackup"]
    assert refused["backup"] is None
    assert [(error["code"], error["field"]) for error in refused["errors"]] == [("NOT_FOUND", "id")]


def test_of_a_deleted_store_it_is_said_until_when(service: Service) -> None:
    token = service.token("mira")
    store_id = a_store(service, token, "gone")
    add_backups(service, store_id, 1, 2)
    assert {found["keptUntil"] for found in listed(service, token, store_id)} == {None}
    service.execute(token, PIN, id=backup_id(store_id, 1))
    service.sql(
        "UPDATE stores SET status = 'DELETED', target = 'DELETED', deleted_at = 1780000000000000"
        " WHERE id = :id RETURNING id",
        id=store_id.removeprefix("store_"),
    )

    until = "2026-06-27T20:26:40+00:00"  # 30 days later
    found = [(found["number"], found["keptUntil"]) for found in listed(service, token, store_id)]
    assert found == [(2, until), (1, None)]
    node = service.execute(token, NODE, id=backup_id(store_id, 2))["node"]
    assert node == {"number": 2, "isPinned": False, "keptUntil": until}


def test_what_is_to_be_removed_is_gone_for_people(service: Service) -> None:
    token = service.token("mira")
    store_id = a_store(service, token, "old-ones", engine="medusa")
    add_backups(service, store_id, 1, 2)
    service.sql(
        "UPDATE backups SET expired_at = 1780000000000001 WHERE store_id = :id AND number = 1"
        " RETURNING number",
        id=store_id.removeprefix("store_"),
    )

    assert [found["number"] for found in listed(service, token, store_id)] == [2]
    first = backup_id(store_id, 1)
    assert service.execute(token, NODE, id=first)["node"] is None
    assert service.execute(token, PIN, id=first)["pinBackup"]["errors"][0]["code"] == "NOT_FOUND"
    given = {"name": "from-an-old-one", "fromBackup": first}
    refused = service.execute(token, CREATE, input=given)["createStore"]
    assert refused == {"store": None, "errors": [{"code": "BACKUP_UNKNOWN", "field": "fromBackup"}]}


def test_where_nothing_is_removed_that_is_said(tmp_path: Path) -> None:
    with running_service(tmp_path, **{**BACKUPS, "STORE_PLATFORM_BACKUP_REMOVAL": ""}) as service:
        token = service.token("mira")
        found = service.execute(token, POLICY)["platform"]["backups"]
        assert found["retention"] is None
