"""Access tokens: everybody's own, admins everyone's, and never more than one has oneself."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from gql.transport.exceptions import TransportQueryError

from app import __version__
from tests.e2e.service import Service

pytestmark = pytest.mark.both_databases

CREATE = """mutation ($input: CreateTokenInput!) { createToken(input: $input) {
  token { id owner role description expiresAt lastUsedAt revokedAt } secret
  errors { code field message } } }"""
REVOKE = """mutation ($input: RevokeTokenInput!) { revokeToken(input: $input) {
  token { id owner revokedAt } errors { code field message } } }"""
LIST = """query ($first: Int! = 20, $after: String, $all: Boolean! = false) {
  tokens(first: $first, after: $after, includeRevoked: $all) { totalCount
    pageInfo { hasNextPage endCursor } edges { node { id owner role revokedAt } } } }"""
NODE = "query ($id: ID!) { node(id: $id) { ... on AccessToken { owner } } }"
VIEWER = "{ viewer { name role } }"

Rows = Callable[[], list[tuple[Any, ...]]]


@pytest.fixture
def rows(api: Service) -> Rows:
    """Read the tokens in the database, without what use changes."""

    def read() -> list[tuple[Any, ...]]:
        return api.sql("SELECT id, digest, owner, role, revoked_at FROM tokens ORDER BY id")

    return read


def create(api: Service, token: str, **given: Any) -> dict[str, Any]:
    payload: dict[str, Any] = api.execute(token, CREATE, input=given)["createToken"]
    return payload


def revoke(api: Service, token: str, token_id: str) -> dict[str, Any]:
    payload: dict[str, Any] = api.execute(token, REVOKE, input={"id": token_id})["revokeToken"]
    return payload


def owners(api: Service, token: str, **variables: Any) -> list[str]:
    edges = api.execute(token, LIST, **variables)["tokens"]["edges"]
    return [edge["node"]["owner"] for edge in edges]


def is_signed_in(api: Service, token: str) -> bool:
    try:
        api.execute(token, VIEWER)
    except TransportQueryError:
        return False
    return True


def test_a_token_of_ones_own(api: Service, rows: Rows) -> None:
    made = create(api, api.token("merchant"), role="VIEWER", description="a script")
    assert made["errors"] == []
    assert made["token"]["id"].startswith("token_")
    assert {key: made["token"][key] for key in ("owner", "role", "description", "expiresAt")} == {
        "owner": "merchant",
        "role": "VIEWER",
        "description": "a script",
        "expiresAt": None,
    }
    assert re.fullmatch(r"sp_[\w-]{43}", made["secret"])
    assert api.execute(made["secret"], VIEWER) == {"viewer": {"name": "merchant", "role": "VIEWER"}}
    assert made["secret"] not in str(rows())


def test_an_admin_makes_one_for_another(api: Service) -> None:
    admin = api.token("root", role="admin")
    made = create(api, admin, owner="new-merchant", role="OPERATOR", expiresInDays=30)
    assert made["token"]["owner"] == "new-merchant"
    assert made["token"]["expiresAt"] is not None
    viewer = api.execute(made["secret"], VIEWER)["viewer"]
    assert viewer == {"name": "new-merchant", "role": "OPERATOR"}


@pytest.mark.parametrize(
    ("role", "given", "code", "field"),
    [
        ("operator", {"role": "ADMIN"}, "FORBIDDEN", "role"),
        ("operator", {"role": "VIEWER", "owner": "rival"}, "FORBIDDEN", "owner"),
        ("admin", {"role": "VIEWER", "owner": ""}, "OWNER_INVALID", "owner"),
        ("admin", {"role": "VIEWER", "owner": "a\nb"}, "OWNER_INVALID", "owner"),
        ("admin", {"role": "VIEWER", "owner": " "}, "OWNER_INVALID", "owner"),
        ("admin", {"role": "VIEWER", "owner": "a" * 129}, "OWNER_INVALID", "owner"),
        ("operator", {"role": "VIEWER", "description": "x" * 201}, "DESCRIPTION_INVALID",
         "description"),
        ("operator", {"role": "VIEWER", "expiresInDays": 0}, "EXPIRY_INVALID", "expiresInDays"),
        ("operator", {"role": "VIEWER", "expiresInDays": 3651}, "EXPIRY_INVALID", "expiresInDays"),
    ],
)  # fmt: skip
def test_refused(
    api: Service, rows: Rows, role: str, given: dict[str, Any], code: str, field: str
) -> None:
    token = api.token("somebody", role=role)
    before = rows()
    refused = create(api, token, **given)
    assert (refused["token"], refused["secret"]) == (None, None)
    assert [(error["code"], error["field"]) for error in refused["errors"]] == [(code, field)]
    assert rows() == before


def test_everything_that_is_wrong_is_said_at_once(api: Service) -> None:
    refused = create(api, api.token("a"), role="ADMIN", owner="b", expiresInDays=-1)
    assert [error["field"] for error in refused["errors"]] == ["owner", "role", "expiresInDays"]


def test_a_hundred_at_a_time(api: Service, rows: Rows) -> None:
    token = api.token("hoarder")
    more = ", ".join(f"('h{number}', 'h{number}', 'hoarder', 'VIEWER', 1)" for number in range(99))
    api.sql(
        f"INSERT INTO tokens (id, digest, owner, role, created_at) VALUES {more} RETURNING id"  # noqa: S608 - the rows above
    )
    before = rows()
    refused = create(api, token, role="VIEWER")
    assert [error["code"] for error in refused["errors"]] == ["TOKEN_LIMIT_REACHED"]
    assert rows() == before
    assert revoke(api, token, "token_h0")["errors"] == []
    assert create(api, token, role="VIEWER")["errors"] == []


def test_nobody_sees_or_revokes_anothers(api: Service, rows: Rows) -> None:
    theirs = create(api, api.token("alice"), role="VIEWER")
    bob = api.token("bob")
    before = rows()
    assert set(owners(api, bob, all=True)) == {"bob"}
    assert api.execute(bob, NODE, id=theirs["token"]["id"]) == {"node": None}
    refused, unknown = revoke(api, bob, theirs["token"]["id"]), revoke(api, bob, "token_0")
    assert refused == unknown
    assert [(error["code"], error["field"]) for error in refused["errors"]] == [("NOT_FOUND", "id")]
    assert rows() == before
    assert is_signed_in(api, theirs["secret"])


def test_an_admin_sees_and_revokes_everyones(api: Service) -> None:
    theirs, admin = create(api, api.token("carol"), role="VIEWER"), api.token("root", role="admin")
    assert {"carol", "root"} <= set(owners(api, admin, first=100))
    assert api.execute(admin, NODE, id=theirs["token"]["id"]) == {"node": {"owner": "carol"}}
    assert revoke(api, admin, theirs["token"]["id"])["token"]["owner"] == "carol"
    assert not is_signed_in(api, theirs["secret"])


def test_a_revoked_token_signs_nobody_in_and_leaves_the_list(api: Service) -> None:
    token = api.token("dave")
    made = create(api, token, role="OPERATOR")
    assert len(owners(api, token)) == 2
    revoked = revoke(api, token, made["token"]["id"])
    assert revoked["token"]["revokedAt"] is not None
    assert revoke(api, token, made["token"]["id"]) == revoked
    assert not is_signed_in(api, made["secret"])
    assert (len(owners(api, token)), len(owners(api, token, all=True))) == (1, 2)


def test_pages_without_gap_or_repetition(api: Service) -> None:
    token = api.token("erin")
    ids = [create(api, token, role="VIEWER")["token"]["id"] for _ in range(4)]
    seen, after = [], None
    while True:
        page = api.execute(token, LIST, first=2, after=after)["tokens"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen[:4] == ids[::-1]
    assert len(seen) == len(set(seen)) == page["totalCount"] == 5


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"first": 0}, "PAGE_SIZE_INVALID"),
        ({"first": 101}, "PAGE_SIZE_INVALID"),
        ({"after": "nonsense"}, "CURSOR_INVALID"),
        ({"after": "WyJ0b2tlbnMiLCA5OTk5OTk5OTk5OTk5OTk5OTk5OTksICJhIl0="}, "CURSOR_INVALID"),
    ],
)
def test_a_page_that_cannot_be(api: Service, variables: dict[str, Any], code: str) -> None:
    with pytest.raises(TransportQueryError) as refused:
        api.execute(api.token("erin"), LIST, **variables)
    assert refused.value.errors is not None
    assert [error["extensions"]["code"] for error in refused.value.errors] == [code]


def test_config_for_the_pages(api: Service) -> None:
    status, body = api.status("/config.json")
    assert (status, body) == (200, f'{{"version":"{__version__}","oidc":null}}')
