"""Every mutation leaves an entry, whatever became of it; admins read them, nobody changes them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from gql.transport.exceptions import TransportQueryError
from graphql import GraphQLInputObjectType, GraphQLNonNull
from strawberry.utils.str_converters import to_camel_case

from app.graphql.app import build_schema
from resolvers.auditing import RECORDED
from tests.api.conftest import Records, running_service
from tests.api.test_backups import add_backups
from tests.api.wire import post
from tests.e2e.service import CREATE, Service

LOG = """query ($first: Int! = 100, $after: String, $filter: AuditFilterInput) {
  auditLog(first: $first, after: $after, filter: $filter) {
    pageInfo { hasNextPage endCursor }
    edges { node { id actor role clientAddress action arguments outcome code storeId } } } }"""
NODE = "query ($id: ID!) { node(id: $id) { ... on AuditEntry { action } } }"
CREATE_TOKEN = """mutation ($input: CreateTokenInput!) { createToken(input: $input) {
  secret errors { code } } }"""
PIN_BACKUP = """mutation ($input: PinBackupInput!) { pinBackup(input: $input) {
  backup { isPinned } errors { code } } }"""
CREATE_BACKUP = """mutation ($input: CreateBackupInput!) { createBackup(input: $input) {
  errors { code } } }"""
REVEAL = """mutation ($input: RevealAdminPasswordInput!) { revealAdminPassword(input: $input) {
  password errors { code } } }"""

UNRECORDED = {"redeemSignInCode": {"code"}, "createStore": {"contactEmail"}}
"""What is never recorded: a secret, and an address, which the store has while it is needed."""

Entries = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def entries(api: Service) -> Entries:
    """Read entries, oldest first, without ids."""
    return partial(entries_of, api)


def entries_of(service: Service, **filter_by: Any) -> list[dict[str, Any]]:
    admin = service.token("auditor", role="admin")
    edges = service.execute(admin, LOG, filter=filter_by)["auditLog"]["edges"]
    return [{k: v for k, v in edge["node"].items() if k != "id"} for edge in edges[::-1]]


def entry(actor: str | None, action: str, outcome: str, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "actor": actor,
        "role": None if actor is None else "OPERATOR",
        "clientAddress": "127.0.0.1",
        "action": action,
        "arguments": {},
        "outcome": outcome,
        "code": None,
        "storeId": None,
    }
    return given | more


def test_accepted_and_refused(api: Service, entries: Entries) -> None:
    token = api.token("ada")
    store_id = api.create(token, "ada-shop")["store"]["id"]
    api.create(token, "ada-shop")
    api.delete(token, store_id)
    api.delete(api.token("ada", role="viewer"), store_id)
    created = {"engine": "woocommerce", "name": "ada-shop"}
    by_id = {"id": store_id}
    assert entries(actor="ada") == [
        entry("ada", "createStore", "ACCEPTED", arguments=created, storeId=store_id),
        entry("ada", "createStore", "REFUSED", arguments=created, code="NAME_TAKEN"),
        entry("ada", "deleteStore", "ACCEPTED", arguments=by_id, storeId=store_id),
        entry("ada", "deleteStore", "REFUSED", arguments=by_id, storeId=store_id, role="VIEWER",
              code="FORBIDDEN"),
    ]  # fmt: skip


def test_a_try_on_anothers_store_shows(api: Service, entries: Entries) -> None:
    store_id = api.create(api.token("owner"), "a-shop")["store"]["id"]
    api.delete(api.token("thief"), store_id)
    (tried,) = entries(actor="thief", storeId=store_id)
    assert (tried["action"], tried["outcome"], tried["code"]) == (
        "deleteStore", "REFUSED", "NOT_FOUND",
    )  # fmt: skip


def test_no_secret_is_recorded(api: Service, entries: Entries) -> None:
    given = {"role": "VIEWER", "description": "x" * 150, "expiresInDays": 1}
    made = api.execute(api.token("bo"), CREATE_TOKEN, input=given)["createToken"]
    (created,) = entries(actor="bo")
    assert created["arguments"] == {
        "role": "VIEWER",
        "description": "x" * 150,
        "expiresInDays": 1,
    }
    assert made["secret"] not in str(entries())


def test_long_arguments_are_cut(api: Service, entries: Entries) -> None:
    api.create(api.token("cy"), "x" * 1000)
    (refused,) = entries(actor="cy")
    assert refused["arguments"]["name"] == "x" * 200


def test_arguments_are_short_as_they_are_stored(api: Service, entries: Entries) -> None:
    runners, bells = "\U0001f3c3" * 200, "\x07" * 200
    api.create(api.token("em"), runners, version=bells, idempotencyKey=runners)
    (refused,) = entries(actor="em")
    assert refused["arguments"] == {
        "engine": "woocommerce",
        "idempotencyKey": "\U0001f3c3" * 128,
        "name": "\U0001f3c3" * 128,
        "version": "\x07" * 85,
    }
    ((stored,),) = api.sql("SELECT arguments FROM audit WHERE actor = 'em'")
    assert len(stored.encode()) < 1700


def test_arguments_that_cannot_be_read(api: Service, entries: Entries) -> None:
    broken = ("", "{", "[1]", '{"a": NaN}', '{"a": ' + "[" * 5000)
    for stored in broken:
        api.sql(
            "INSERT INTO audit (at, actor_source, actor, actor_name, address, action, arguments,"
            " outcome) VALUES (0, 'local', 'garbled', '', '127.0.0.1', 'createStore', :stored,"
            " 'ACCEPTED') RETURNING id",
            stored=stored,
        )
    unreadable = entry("garbled", "createStore", "ACCEPTED", role=None, arguments=None)
    assert entries(actor="garbled") == [unreadable] * len(broken)


def test_of_refusals_without_end_few_are_written(api: Service, entries: Entries) -> None:
    token = api.token("flo")
    store_id = api.create(token, "flo-shop")["store"]["id"]
    again = {"input": {"name": "flo-shop", "engine": "woocommerce"}}
    for _ in range(130):
        assert "NAME_TAKEN" in post(api, {"query": CREATE, "variables": again}, token).text
    api.create(api.token("gil"), "flo-shop")
    api.delete(token, store_id)
    told = entries(actor="flo")
    given = {"engine": "woocommerce", "name": "flo-shop"}
    refused = [entry["arguments"] for entry in told if entry["outcome"] == "REFUSED"]
    assert refused == [given] * 50 + [{"numberThisHour": n, **given} for n in (64, 128)]
    # Whatever is accepted is written, and so is what is refused to others
    accepted = [entry["action"] for entry in told if entry["outcome"] == "ACCEPTED"]
    assert accepted == ["createStore", "deleteStore"]
    assert len(entries(actor="gil", outcome="REFUSED")) == 1


def test_a_look_at_a_password(api: Service, entries: Entries) -> None:
    token = api.token("di")
    store_id = api.create(token, "di-shop")["store"]["id"]
    api.execute(token, REVEAL, input={"id": store_id})
    assert entries(actor="di", action="revealAdminPassword") == [
        entry("di", "revealAdminPassword", "REFUSED", code="NOT_AVAILABLE", storeId=store_id,
              arguments={"id": store_id}),
    ]  # fmt: skip


def test_a_backup_that_was_refused(api: Service, entries: Entries) -> None:
    token = api.token("ed")
    store_id = api.create(token, "ed-shop")["store"]["id"]
    api.execute(token, CREATE_BACKUP, input={"id": store_id})
    assert entries(actor="ed", action="createBackup") == [
        entry("ed", "createBackup", "REFUSED", code="BACKUPS_NOT_SET_UP", storeId=store_id,
              arguments={"id": store_id}),
    ]  # fmt: skip


def test_a_pin_is_of_the_store(api: Service, entries: Entries) -> None:
    token = api.token("fay")
    store_id = api.create(token, "fay-shop")["store"]["id"]
    add_backups(api, store_id, 1)
    pinned = f"backup_{store_id.removeprefix('store_')}_1"
    for number in (1, 2):
        api.execute(token, PIN_BACKUP, input={"id": f"{pinned[:-1]}{number}"})
    assert entries(actor="fay", action="pinBackup") == [
        entry("fay", "pinBackup", "ACCEPTED", storeId=store_id, arguments={"id": pinned}),
        entry("fay", "pinBackup", "REFUSED", code="NOT_FOUND", storeId=store_id,
              arguments={"id": f"{pinned[:-1]}2"}),
    ]  # fmt: skip


def test_one_who_has_not_signed_in(api: Service, records: Callable[[], Records]) -> None:
    with pytest.raises(TransportQueryError):
        api.create("sp_wrong", "my-shop")
    assert not any(records().values())


def test_failed_sign_ins(tmp_path: Path) -> None:
    """Of an hour's failures the 1st, 2nd, 4th, 8th … are written, each with its number."""
    with running_service(tmp_path) as service:  # whose failures are all of this test
        for _ in range(5):
            with pytest.raises(TransportQueryError):
                service.execute("sp_wrong", "{ viewer { name } }")
        found = entries_of(service, action="SIGN_IN")
    assert found == [
        entry(
            None, "SIGN_IN", "REFUSED", code="TOKEN_UNKNOWN", arguments={"numberThisHour": number}
        )
        for number in (1, 2, 4)
    ]


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_only_admins_read_it(api: Service, role: str) -> None:
    token = api.token("fay", role=role)
    with pytest.raises(TransportQueryError) as refused:
        api.execute(token, LOG)
    assert refused.value.errors is not None
    assert [error["extensions"]["code"] for error in refused.value.errors] == ["FORBIDDEN"]
    assert api.execute(token, NODE, id="audit_1") == {"node": None}


def test_by_id_and_by_page(api: Service) -> None:
    admin = api.token("gus", role="admin")
    for number in range(3):
        api.create(admin, f"gus-{number}")
    page = api.execute(admin, LOG, first=2, filter={"actor": "gus"})["auditLog"]
    rest = api.execute(
        admin, LOG, first=2, filter={"actor": "gus"}, after=page["pageInfo"]["endCursor"]
    )["auditLog"]
    names = [e["node"]["arguments"]["name"] for e in page["edges"] + rest["edges"]]
    assert names == ["gus-2", "gus-1", "gus-0"]
    assert (page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert api.execute(admin, NODE, id=page["edges"][0]["node"]["id"]) == {
        "node": {"action": "createStore"}
    }
    for unknown in ("audit_", "audit_x", "audit_0", "audit_" + "9" * 30, "audit_²"):
        assert api.execute(admin, NODE, id=unknown) == {"node": None}


def test_of_every_mutation_it_is_decided_what_is_recorded() -> None:
    mutation = build_schema()._schema.mutation_type
    assert mutation is not None
    assert set(RECORDED) == set(mutation.fields)
    for name, field in mutation.fields.items():
        given = field.args["input"].type
        assert isinstance(given, GraphQLNonNull)
        assert isinstance(given.of_type, GraphQLInputObjectType)
        recorded = {to_camel_case(part) for part in RECORDED[name]}
        assert recorded | UNRECORDED.get(name, set()) == set(given.of_type.fields), (
            f"{name}: say if new fields are recorded"
        )
