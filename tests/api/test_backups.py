"""Backups in the API: who may make and see them, in pages, and what is refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import BACKUPS, running_service
from tests.e2e.service import Service

MAKE = """mutation ($id: ID!) { createBackup(input: {id: $id}) { store { status }
  operation { number kind status askedBy steps { name } } errors { code field } } }"""
LIST = """query ($id: ID!, $first: Int! = 20, $after: String) { store(id: $id) {
  lastBackup { number } backups(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor } edges { node {
      id number madeAt sizeInBytes addedInBytes engine engineVersion
      counts { name number } } } } } }"""
NODE = "query ($id: ID!) { node(id: $id) { id ... on Backup { number } } }"
POLICY = """{ platform { backups { intervalHours isInCluster
  retention { allDays days weeks months deletedDays } } } }"""
INSERT = """INSERT INTO backups (store_id, number, snapshot, size, added, engine, engine_version,
  counts, made_at) VALUES (:id, :number, 'snap', 5000000000, 70, 'medusa', '2.21',
  :counts, 1780000000000000) RETURNING 1 AS one"""
COUNTS = '{"orders":3,"products":2}'


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("backups")
    with running_service(folder, **BACKUPS) as made:
        yield made


def a_store(
    service: Service, token: str, name: str, *, status: str = "READY", **more: object
) -> str:
    """Return the id of a store with this status, for whose cluster nothing answers."""
    made: str = service.create(token, name, **more)["store"]["id"]
    service.sql(
        "UPDATE stores SET status = :status, ready_at = created_at WHERE id = :id RETURNING id",
        status=status, id=made.removeprefix("store_"),
    )  # fmt: skip
    service.sql(
        "UPDATE operations SET status = 'SUCCEEDED', finished_at = queued_at WHERE store_id = :id"
        " RETURNING number",
        id=made.removeprefix("store_"),
    )
    return made


def add_backups(service: Service, store_id: str, *numbers: int) -> None:
    for number in numbers:
        service.sql(INSERT, id=store_id.removeprefix("store_"), number=number, counts=COUNTS)


def listed(service: Service, token: str, store_id: str, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = service.execute(token, LIST, id=store_id, **given)["store"]
    return found


def test_one_is_made_beside_what_the_store_is(service: Service) -> None:
    token = service.token("mira")
    store_id = a_store(service, token, "beside")

    made = service.execute(token, MAKE, id=store_id)["createBackup"]

    assert made["errors"] == []
    assert made["store"] == {"status": "READY"}
    operation = made["operation"]
    assert [step["name"] for step in operation.pop("steps")] == ["REPOSITORY", "SAVE", "CHECK"]
    assert operation == {"number": 2, "kind": "BACKUP", "status": "QUEUED", "askedBy": "mira"}
    again = service.execute(token, MAKE, id=store_id)["createBackup"]
    assert again == {
        "store": None,
        "operation": None,
        "errors": [{"code": "OPERATION_UNDER_WAY", "field": "id"}],
    }


@pytest.mark.parametrize("status", ["QUEUED", "PROVISIONING", "FAILED", "DELETING", "DELETED"])
def test_only_a_finished_store_is_backed_up(service: Service, status: str) -> None:
    token = service.token("mira")
    store_id = a_store(service, token, f"is-{status.lower()}", status=status)
    refused = service.execute(token, MAKE, id=store_id)["createBackup"]
    assert refused["errors"] == [{"code": "NOT_READY", "field": "id"}]


def test_a_store_of_somebody_else_is_not_found(service: Service) -> None:
    token, stranger = service.token("mira"), service.token("stranger")
    store_id = a_store(service, token, "not-yours")
    add_backups(service, store_id, 1)

    refused = service.execute(stranger, MAKE, id=store_id)["createBackup"]
    assert refused["errors"] == [{"code": "NOT_FOUND", "field": "id"}]
    assert service.execute(stranger, LIST, id=store_id)["store"] is None
    (edge,) = listed(service, token, store_id)["backups"]["edges"]
    backup_id = edge["node"]["id"]
    assert service.execute(stranger, NODE, id=backup_id)["node"] is None
    assert service.execute(token, NODE, id=backup_id)["node"] == {"id": backup_id, "number": 1}
    admin = service.token("boss", role="admin")
    assert service.execute(admin, NODE, id=backup_id)["node"]["number"] == 1


def test_a_viewer_sees_them_and_makes_none(service: Service) -> None:
    token, viewer = service.token("mira"), service.token("mira", role="viewer")
    store_id = a_store(service, token, "looked-at")
    add_backups(service, store_id, 1)
    assert listed(service, viewer, store_id)["lastBackup"] == {"number": 1}
    refused = service.execute(viewer, MAKE, id=store_id)["createBackup"]
    assert refused["errors"] == [{"code": "FORBIDDEN", "field": None}]


def test_pages_go_from_the_newest_on(service: Service) -> None:
    token = service.token("mira")
    store_id = a_store(service, token, "in-pages")
    assert listed(service, token, store_id) == {
        "lastBackup": None,
        "backups": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "edges": []},
    }
    add_backups(service, store_id, 1, 2, 3)

    first = listed(service, token, store_id, first=2)
    assert first["lastBackup"] == {"number": 3}
    assert [edge["node"]["number"] for edge in first["backups"]["edges"]] == [3, 2]
    assert first["backups"]["pageInfo"]["hasNextPage"] is True
    after = first["backups"]["pageInfo"]["endCursor"]
    rest = listed(service, token, store_id, first=2, after=after)["backups"]
    (edge,) = rest["edges"]
    assert rest["pageInfo"]["hasNextPage"] is False
    assert edge["node"] == {
        "id": f"backup_{store_id.removeprefix('store_')}_1", "number": 1,
        "madeAt": "2026-05-28T20:26:40+00:00", "sizeInBytes": 5e9, "addedInBytes": 70,
        "engine": "medusa", "engineVersion": "2.21",
        "counts": [{"name": "orders", "number": 3}, {"name": "products", "number": 2}],
    }  # fmt: skip


def test_the_platform_says_how_they_are_made(service: Service) -> None:
    found = service.execute(service.token("mira"), POLICY)["platform"]["backups"]
    assert found == {
        "intervalHours": 24, "isInCluster": True,
        "retention": {"allDays": 2, "days": 7, "weeks": 4, "months": 6, "deletedDays": 30},
    }  # fmt: skip


def test_where_none_are_kept_that_is_said(api: Service) -> None:
    token = api.token("mira")
    store_id = a_store(api, token, "without")
    assert api.execute(token, POLICY)["platform"]["backups"] is None
    refused = api.execute(token, MAKE, id=store_id)["createBackup"]
    assert refused["errors"] == [{"code": "BACKUPS_NOT_SET_UP", "field": None}]
    assert api.sql("SELECT task FROM stores") == [(None,)]
