"""Attacks with a token that was given: nobody gets more by it, for longer, or in another's name.

Each asserts that nothing changed, by all rows that could tell.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioner.storage.token_tree import MAX_GENERATIONS
from tests.api.test_sockets import close_of, connected, follow
from tests.api.test_tokens import create, is_signed_in, revoke
from tests.e2e.service import Service

pytestmark = pytest.mark.both_databases

REVEAL = """mutation ($input: RevealAdminPasswordInput!) { revealAdminPassword(input: $input) {
  password errors { code field message } } }"""
ENTRIES = """query ($filter: AuditFilterInput) { auditLog(first: 100, filter: $filter) {
  edges { node { actor actorSource action code tokenId tokenMadeBy tokenMadeBySource } } } }"""
MINE = (
    "{ tokens(first: 100) { edges { node { id role expiresAt madeBy madeBySource parentId } } } }"
)

Rows = Callable[[], list[tuple[Any, ...]]]


@pytest.fixture
def rows(api: Service) -> Rows:
    """Read all that is known of tokens, but when they were used."""

    def read() -> list[tuple[Any, ...]]:
        return api.sql(
            "SELECT id, digest, owner_source, owner, role, expires_at, revoked_at, maker_source,"
            " maker, parent_id FROM tokens ORDER BY id"
        )

    return read


def codes(payload: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(error["code"], error.get("field")) for error in payload["errors"]]


def own(api: Service, token: str) -> list[dict[str, Any]]:
    return [edge["node"] for edge in api.execute(token, MINE)["tokens"]["edges"]]


def id_of(api: Service, owner: str, role: str) -> str:
    ((found,),) = api.sql(
        "SELECT id FROM tokens WHERE owner = :owner AND role = :role AND revoked_at IS NULL",
        owner=owner, role=role,
    )  # fmt: skip
    return f"token_{found}"


# Roles --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("higher", ["operator", "admin"])
def test_a_viewer_revokes_nothing_that_may_do_more(api: Service, rows: Rows, higher: str) -> None:
    owner = f"victim-{higher}"
    viewer, strong = api.token(owner, role="viewer"), api.token(owner, role=higher)
    before = rows()
    refused = revoke(api, viewer, id_of(api, owner, higher.upper()))
    assert codes(refused) == [("FORBIDDEN", "id")]
    assert rows() == before
    assert is_signed_in(api, strong)


def test_an_operator_does_not_revoke_their_admin_token(api: Service, rows: Rows) -> None:
    operator, admin = api.token("both"), api.token("both", role="admin")
    before = rows()
    assert codes(revoke(api, operator, id_of(api, "both", "ADMIN"))) == [("FORBIDDEN", "id")]
    assert rows() == before
    assert is_signed_in(api, admin)


@pytest.mark.parametrize("role", ["VIEWER", "OPERATOR", "ADMIN"])
def test_a_viewer_makes_no_token(api: Service, rows: Rows, role: str) -> None:
    viewer = api.token("reader", role="viewer")
    before = rows()
    refused = create(api, viewer, role=role)
    assert (refused["token"], refused["secret"]) == (None, None)
    assert codes(refused) == [("FORBIDDEN", None)]
    assert rows() == before


def test_a_viewer_ends_their_own_viewer_tokens(api: Service) -> None:
    first, second = (api.token("quitter", role="viewer") for _ in range(2))
    for token in own(api, first):
        by = second if is_signed_in(api, second) else first
        assert revoke(api, by, token["id"])["errors"] == []
    assert not is_signed_in(api, first)
    assert not is_signed_in(api, second)


# Time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [1, 3650])
def test_a_child_is_not_asked_to_outlive_its_parent(api: Service, rows: Rows, days: int) -> None:
    short = api.token("brief", seconds=3600)
    latest = next(token["expiresAt"] for token in own(api, short))
    before = rows()
    refused = create(api, short, role="OPERATOR", expiresInDays=days)
    assert refused["secret"] is None
    assert codes(refused) == [("EXPIRY_INVALID", "expiresInDays")]
    assert (
        datetime.fromisoformat(latest).isoformat(timespec="seconds")
        in (refused["errors"][0]["message"])
    )
    assert rows() == before


def test_a_child_without_an_end_has_its_parents(api: Service) -> None:
    short = api.token("heir", seconds=3600)
    latest = next(token["expiresAt"] for token in own(api, short))
    child = create(api, short, role="OPERATOR")
    grandchild = create(api, child["secret"], role="VIEWER")
    assert child["token"]["expiresAt"] == grandchild["token"]["expiresAt"] == latest
    parents = {token["id"]: token["parentId"] for token in own(api, short)}
    assert parents[grandchild["token"]["id"]] == child["token"]["id"]


def test_everybody_is_told_when_their_tokens_end_at_the_latest(api: Service) -> None:
    asked = "{ viewer { tokensEndBy } }"
    endless = api.token("told")
    assert api.execute(endless, asked) == {"viewer": {"tokensEndBy": None}}
    child = create(api, endless, role="OPERATOR", expiresInDays=3)
    told = api.execute(child["secret"], asked)["viewer"]["tokensEndBy"]
    ends = {node["id"]: node["expiresAt"] for node in own(api, endless)}
    assert told == ends[child["token"]["id"]]


def test_all_end_when_the_first_does(api: Service) -> None:
    root = api.token("dynasty", seconds=3600)
    child = create(api, root, role="OPERATOR")
    grandchild = create(api, child["secret"], role="OPERATOR")
    # Also where a row says otherwise: the line is what counts, not what was written once.
    api.sql("UPDATE tokens SET expires_at = NULL WHERE parent_id IS NOT NULL RETURNING id")
    assert is_signed_in(api, grandchild["secret"])
    past = int((datetime.now(UTC) - timedelta(seconds=1)).timestamp() * 1_000_000)
    api.sql(
        "UPDATE tokens SET expires_at = :past WHERE owner = 'dynasty' AND parent_id IS NULL"
        " RETURNING id",
        past=past,
    )
    for token in (root, child["secret"], grandchild["secret"]):
        assert not is_signed_in(api, token)


def test_a_row_that_says_more_gives_no_more(api: Service) -> None:
    child = create(api, api.token("climber"), role="OPERATOR")
    api.sql(
        "UPDATE tokens SET role = 'ADMIN' WHERE owner = 'climber' AND parent_id IS NOT NULL"
        " RETURNING id"
    )
    viewer = api.execute(child["secret"], "{ viewer { role } }")["viewer"]
    assert viewer == {"role": "OPERATOR"}


# Revocation ---------------------------------------------------------------------------------------


def family(api: Service, owner: str) -> tuple[str, str, str]:
    """Return a token, one made with it, and one made with that, for somebody else."""
    root = api.token(owner, role="admin")
    child = create(api, root, role="ADMIN")["secret"]
    return root, child, create(api, child, role="OPERATOR", owner=f"{owner}-friend")["secret"]


def test_a_revoked_token_takes_all_made_with_it(api: Service) -> None:
    root, child, grandchild = family(api, "rita")
    other = api.token("rita")
    assert revoke(api, root, _root_of(api, "rita", "ADMIN"))["errors"] == []
    for token in (root, child, grandchild):
        assert not is_signed_in(api, token)
    assert is_signed_in(api, other)
    live = api.sql(
        "SELECT owner FROM tokens WHERE owner IN ('rita', 'rita-friend') AND revoked_at IS NULL"
    )
    assert live == [("rita",)]


def _root_of(api: Service, owner: str, role: str) -> str:
    ((found,),) = api.sql(
        "SELECT id FROM tokens WHERE owner = :owner AND role = :role AND parent_id IS NULL",
        owner=owner, role=role,
    )  # fmt: skip
    return f"token_{found}"


async def test_what_is_open_with_a_grandchild_ends_too(api: Service) -> None:
    _, _, grandchild = family(api, "sol")
    store_id = api.create(grandchild, "sol-shop")["store"]["id"]
    async with connected(api, grandchild) as socket:
        assert (await follow(socket, store_id))["type"] == "next"
        # As another replica, or the command line, would: only the first of the line is marked.
        await asyncio.to_thread(
            api.sql,
            "UPDATE tokens SET revoked_at = 1 WHERE owner = 'sol' AND parent_id IS NULL"
            " RETURNING id",
        )
        code, reason, _ = await close_of(socket)
    assert (code, reason) == (4403, "Credential no longer valid")


def test_a_parent_that_is_gone_ends_its_children(api: Service) -> None:
    _, child, grandchild = family(api, "tess")
    api.sql("DELETE FROM tokens WHERE owner = 'tess' AND parent_id IS NULL RETURNING id")
    assert not is_signed_in(api, child)
    assert not is_signed_in(api, grandchild)


def test_a_line_has_an_end(api: Service, rows: Rows) -> None:
    token = api.token("chain")
    for _ in range(MAX_GENERATIONS - 1):
        token = create(api, token, role="OPERATOR")["secret"]
    before = rows()
    assert codes(create(api, token, role="OPERATOR")) == [("TOKEN_LINE_TOO_LONG", None)]
    assert rows() == before
    assert is_signed_in(api, token)


# In another's name --------------------------------------------------------------------------------


def test_an_admin_does_not_read_passwords_by_a_token_for_another(api: Service, rows: Rows) -> None:
    merchant, admin = api.token("uma"), api.token("boss", role="admin")
    store_id = api.create(merchant, "uma-shop")["store"]["id"]
    made = create(api, admin, role="OPERATOR", owner="uma")["secret"]
    again = create(api, made, role="OPERATOR")["secret"]
    before, shops = rows(), api.sql("SELECT * FROM events ORDER BY store_id, version")
    for stolen in (made, again):
        refused = api.execute(stolen, REVEAL, input={"id": store_id})["revealAdminPassword"]
        assert refused["password"] is None
        assert codes(refused) == [("FORBIDDEN", "id")]
    # The cluster is away, so the owner's own token gets no further than to be asked for it.
    for honest in (merchant, create(api, merchant, role="OPERATOR")["secret"]):
        refused = api.execute(honest, REVEAL, input={"id": store_id})["revealAdminPassword"]
        assert codes(refused) == [("NOT_AVAILABLE", "id")]
    assert api.sql("SELECT * FROM events ORDER BY store_id, version") == shops
    assert set(before) <= set(rows())


def test_the_audit_names_the_token_and_who_made_it(api: Service) -> None:
    admin = api.token("chief", role="admin")
    made = create(api, admin, role="OPERATOR", owner="vic")
    api.create(made["secret"], "vic-shop")
    wanted = {"actor": "vic", "actorSource": "local", "tokenId": made["token"]["id"]}
    edges = api.execute(admin, ENTRIES, filter=wanted)["auditLog"]["edges"]
    assert [edge["node"] for edge in edges] == [
        {
            "actor": "vic",
            "actorSource": "local",
            "action": "createStore",
            "code": None,
            "tokenId": made["token"]["id"],
            "tokenMadeBy": "chief",
            "tokenMadeBySource": "local",
        }
    ]


@pytest.mark.parametrize("name", ["\u0430dmin", "ad\u200bmin", "a" * 129, "\u202eada"])
def test_a_name_that_looks_like_anothers(api: Service, rows: Rows, name: str) -> None:
    admin = api.token("chief", role="admin")
    before = rows()
    assert codes(create(api, admin, role="VIEWER", owner=name)) == [("OWNER_INVALID", "owner")]
    assert rows() == before


def test_a_name_is_written_in_one_way(api: Service) -> None:
    admin = api.token("chief", role="admin")
    assert create(api, admin, role="VIEWER", owner=" \uff21da ")["token"]["owner"] == "Ada"
