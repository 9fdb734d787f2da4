"""Attacks by people of an issuer: they are never taken for those whom the platform knows itself."""

from collections.abc import Iterator
from typing import Any

import pytest
from gql.transport.exceptions import TransportQueryError

from tests.api.conftest import running_service
from tests.api.test_token_tree import codes
from tests.api.test_tokens import create, is_signed_in, revoke
from tests.e2e.service import Service
from tests.issuer import AUDIENCE, Issuer, running_issuer

VIEWER = "{ viewer { name source displayName role quota { storesUsed } } }"
STORE = "query ($id: ID!) { store(id: $id) { owner ownerSource ownerName } }"
BY_NAME = "query ($name: String!) { storeByName(name: $name) { id } }"
LISTS = """{ stores(first: 100) { edges { node { name } } }
  tokens(first: 100) { edges { node { owner ownerSource } } } }"""
REVEAL = """mutation ($input: RevealAdminPasswordInput!) { revealAdminPassword(input: $input) {
  password errors { code field } } }"""
RETRY = """mutation ($input: RetryStoreInput!) { retryStore(input: $input) {
  errors { code field } } }"""
DAYS = 2
SUBJECT = "local-admin"

Running = tuple[Service, Issuer]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that trusts an issuer, whose people may make tokens for two days."""
    with running_issuer() as issuer:
        settings = {
            "STORE_PLATFORM_OIDC_ISSUER": issuer.url,
            "STORE_PLATFORM_OIDC_AUDIENCE": AUDIENCE,
            "STORE_PLATFORM_OIDC_TOKEN_DAYS": str(DAYS),
        }
        with running_service(tmp_path_factory.mktemp("issuers"), **settings) as service:
            yield service, issuer


def everything(api: Service) -> dict[str, list[tuple[Any, ...]]]:
    columns = {
        "tokens": "id, digest, owner_source, owner, role, revoked_at",
        "stores": "*", "steps": "*", "events": "*",
    }  # fmt: skip
    return {
        table: api.sql(f"SELECT {chosen} FROM {table} ORDER BY 1, 2")  # noqa: S608
        for table, chosen in columns.items()
    }


def test_the_same_name_is_another_person(running: Running) -> None:
    api, issuer = running
    local, theirs = api.token(SUBJECT), issuer.token(sub=SUBJECT, preferred_username="Mallory")
    store_id = api.create(local, "the-shop", idempotencyKey="k")["store"]["id"]
    token_id = _id_of_local(api)
    before = everything(api)
    assert api.execute(theirs, VIEWER)["viewer"] == {
        "name": SUBJECT, "source": issuer.url, "displayName": "Mallory", "role": "OPERATOR",
        "quota": {"storesUsed": 0},
    }  # fmt: skip
    assert api.execute(theirs, STORE, id=store_id) == {"store": None}
    assert api.execute(theirs, BY_NAME, name="the-shop") == {"storeByName": None}
    assert api.execute(theirs, LISTS) == {"stores": {"edges": []}, "tokens": {"edges": []}}
    assert [error["code"] for error in api.delete(theirs, store_id)["errors"]] == ["NOT_FOUND"]
    for document, field in ((REVEAL, "revealAdminPassword"), (RETRY, "retryStore")):
        refused = api.execute(theirs, document, input={"id": store_id})[field]
        assert codes(refused) == [("NOT_FOUND", "id")]
    assert codes(revoke(api, theirs, token_id)) == [("NOT_FOUND", "id")]
    # The name's own idempotency key is another's, too: it does not give the other's store.
    taken = api.create(theirs, "the-shop", idempotencyKey="k")
    assert [error["code"] for error in taken["errors"]] == ["NAME_TAKEN"]
    assert everything(api) == before
    assert api.execute(local, STORE, id=store_id)["store"] == {
        "owner": SUBJECT, "ownerSource": "local", "ownerName": SUBJECT,
    }  # fmt: skip


def _id_of_local(api: Service) -> str:
    ((found,),) = api.sql("SELECT id FROM tokens WHERE owner = :owner", owner=SUBJECT)
    return f"token_{found}"


def test_an_operator_makes_no_token_for_the_local_one_of_their_name(running: Running) -> None:
    api, issuer = running
    theirs = issuer.token(sub="bob")
    before = everything(api)
    assert codes(create(api, theirs, role="OPERATOR", owner="bob")) == [("FORBIDDEN", "owner")]
    assert everything(api) == before


def test_their_tokens_are_their_own_and_end_by_the_setting(running: Running) -> None:
    api, issuer = running
    theirs = issuer.token(sub="cleo")
    made = create(api, theirs, role="OPERATOR")
    assert api.execute(made["secret"], VIEWER)["viewer"]["source"] == issuer.url
    ((created, expires),) = api.sql(
        "SELECT created_at, expires_at FROM tokens WHERE owner = 'cleo'"
    )
    assert 0 <= created + DAYS * 86_400_000_000 - expires < 60_000_000
    before = everything(api)
    assert codes(create(api, theirs, role="OPERATOR", expiresInDays=DAYS + 1)) == [
        ("EXPIRY_INVALID", "expiresInDays")
    ]
    assert everything(api) == before


def test_where_they_may_make_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_issuer() as issuer:
        settings = {
            "STORE_PLATFORM_OIDC_ISSUER": issuer.url,
            "STORE_PLATFORM_OIDC_AUDIENCE": AUDIENCE,
        }
        with running_service(tmp_path_factory.mktemp("none"), **settings) as api:
            before = everything(api)
            for roles in (["operator"], ["admin"]):
                theirs = issuer.token(sub="dan", roles=roles)
                assert codes(create(api, theirs, role="VIEWER")) == [("FORBIDDEN", None)]
            assert codes(create(api, theirs, role="VIEWER", owner="robot")) == [("FORBIDDEN", None)]
            assert everything(api) == before


def test_what_they_made_ends_with_the_issuer(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("gone")
    with running_issuer() as issuer:
        settings = {
            "STORE_PLATFORM_OIDC_ISSUER": issuer.url,
            "STORE_PLATFORM_OIDC_AUDIENCE": AUDIENCE,
            "STORE_PLATFORM_OIDC_TOKEN_DAYS": str(DAYS),
        }
        with running_service(folder, **settings) as api:
            boss = issuer.token(sub="eve", roles=["admin"])
            made = [
                create(api, boss, role="ADMIN")["secret"],
                create(api, boss, role="OPERATOR", owner="robot")["secret"],
            ]
            assert all(is_signed_in(api, token) for token in made)
            api.stop()
            for name in settings:
                del api.settings[name]
            api.start(wait_until_ready=False)
            for token in made:
                with pytest.raises(TransportQueryError):
                    api.execute(token, VIEWER)
